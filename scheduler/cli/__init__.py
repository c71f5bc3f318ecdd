"""The `enspired` command."""
