"""The way in for the command line: one process owns a database file, and takes orders over a Unix socket."""
