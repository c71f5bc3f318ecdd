"""The doors over HTTP: JSON under api/, HTML under pages/."""
