"""The admin area: people, queues, hours, chat sites and the rest of what is set up once."""

from __future__ import annotations

from flask import Blueprint

door = Blueprint("admin", __name__, url_prefix="/admin")

from helpdesk.web.admin import (  # noqa: E402, F401  views register themselves on the door
    aftersales,
    announcements,
    audit_log,
    calling_hours,
    canned,
    custom_fields,
    done_tickets,
    flows,
    hours,
    imports,
    macros,
    mail_boxes,
    mail_quarantine,
    mail_wordings,
    overview,
    people,
    people_actions,
    phone,
    presences,
    privacy,
    products,
    providers,
    queue_scenario,
    queues,
    recording,
    rules,
    shops,
    site_look,
    sites,
    skills,
    sla,
    sounds,
    survey_answers,
    surveys,
    teams,
    text_templates,
    ticket_types,
    triage,
    web_lookups,
    webhooks,
)
