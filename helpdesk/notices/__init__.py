"""What the program has to tell one person of the desk, until they have read it."""
