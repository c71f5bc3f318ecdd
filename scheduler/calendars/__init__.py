"""Our events as calendars: which entries a query selects, rendered once per public revision."""
