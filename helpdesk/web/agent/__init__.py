"""The desk: one workspace for an agent's whole day."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("agent", __name__, url_prefix="/desk")

from helpdesk.web.agent import (  # noqa: E402, F401  views register themselves on the door
    addresses,
    articles,
    card,
    clocks,
    complaints,
    conversations,
    customers,
    desk,
    files,
    handover,
    macros,
    mail,
    merging,
    notices,
    offers,
    owned,
    palette,
    privacy,
    promises,
    recordings,
    returns,
    searching,
    texts,
    ticket_list,
    ticket_list_bulk,
    ticket_list_views,
    ticket_merging,
    tickets,
    tickets_changes,
    tickets_drafts,
    tickets_new,
    tickets_parts,
    tickets_pending,
    tickets_triage,
    tickets_writing,
    visits,
    visits_booking,
    why,
)
