"""The wording of each cause: a function from a letter to its content, in the recipient's language."""
