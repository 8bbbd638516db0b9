"""Complaints: acknowledged and answered in time, with an outcome, and escalated by name."""
