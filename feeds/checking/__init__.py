"""What feeds/check.py judges a calendar by: the twenty rules, one file a kind of thing that they speak of."""
