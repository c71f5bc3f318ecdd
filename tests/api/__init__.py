"""The JSON API, asked over HTTP in this process."""
