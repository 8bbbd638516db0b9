"""Rules: when something happens to a ticket, or when time has passed, then do this."""
