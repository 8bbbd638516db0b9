"""Processes behind the doors: relay, sweeper, worker."""
