"""The service: events, registrations, the reminder ledger, and the doors people reach them through."""
