"""The tests. They are a package, so that `python -m tests.sink` starts and test files may share a name."""
