"""The calendar's language: RFC 5545 in, RFC 5545 out. Knows no database, clock or configuration."""
