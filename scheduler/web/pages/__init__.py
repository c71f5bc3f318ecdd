"""Pages for people: HTML made on the server, complete without any script."""
