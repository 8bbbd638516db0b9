"""Telephone carriers: their numbers, what they told us, and how each of them is spoken to."""
