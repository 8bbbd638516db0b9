"""The one customer record and its timeline."""
