"""What the service does: rules and one transaction each."""
