"""Other shapes of a selection of entries, beside iCalendar."""
