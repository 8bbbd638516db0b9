"""Measurements; each file says what it measures and prints it with spread."""
