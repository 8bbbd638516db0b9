"""Helpdesk: contact centre, service desk and field service on one customer record."""

__version__ = "0.1.0"
