"""Routing: which work item goes to which agent, when, and why."""
