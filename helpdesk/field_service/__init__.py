"""Visits: booked, planned, driven and finished."""
