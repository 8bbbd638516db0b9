"""Cases to be resolved: what they are, what may happen to them, and what did."""
