"""Triage: what a new ticket is about, learned from how people have sorted those before it."""
