"""Whole ways through the service, as the people it is for go them."""
