"""Tests of our events as calendars: what a query selects, how it is written, when it is made again."""
