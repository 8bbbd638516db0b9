"""REST for programs under /api/v1, described by its own OpenAPI document."""

from __future__ import annotations

from helpdesk.web.api import (
    agents,
    audit,
    calendars,
    canned_replies,
    conversations,
    customer_parts,
    customers,
    merging,
    offers,
    openapi,
    organisations,
    queues,
    searching,
    ticket_parts,
    ticket_setup,
    ticket_tasks,
    ticket_words,
    tickets,
    users,
    webhooks,
    widget_sites,
)
from helpdesk.web.api.base import door

__all__ = [
    "agents",
    "audit",
    "calendars",
    "canned_replies",
    "conversations",
    "customer_parts",
    "customers",
    "door",
    "merging",
    "offers",
    "openapi",
    "organisations",
    "queues",
    "searching",
    "ticket_parts",
    "ticket_setup",
    "ticket_tasks",
    "ticket_words",
    "tickets",
    "users",
    "webhooks",
    "widget_sites",
]
