"""The nouns of the service and the decisions about them: frozen structs, pure functions, no I/O."""
