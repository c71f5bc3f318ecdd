"""All SQL. One file a table family; every function takes a SQLAlchemy Core connection."""
