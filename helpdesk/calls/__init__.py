"""Calls: who is in one, who hears whom, and how its seconds are booked."""
