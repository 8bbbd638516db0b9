"""Where a customer's words and addresses lie, kept as data: what is blanked, what is deleted.

A table without a line here fails tests/privacy/test_erasing.py, so nobody can forget a new one.
Rows that count in figures stay, empty; the others go. What needs more than a statement (files, the
search, accounts, events) is named under SPECIAL and done by `erasing_parts`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

GONE = "Erased"


@dataclass(frozen=True, slots=True)
class Line:
    """Rows of `table` whose `by` names one of the subjects; without `blank` they are deleted.

    `through` (table, key, column): `by` names a row of that table, whose column names the subject.
    """

    table: str
    by: str
    blank: Mapping[str, Any] | None = None
    through: tuple[str, str, str] | None = None


_MAIL_OUT: Mapping[str, Any] = {
    "to_address": "", "to_name": "", "subject": "", "text": "", "html": "", "in_reply_to": "",
    "references": [], "attachments": [], "unsubscribe_url": "", "calendar": "", "error": "",
    "is_sealed": False,
    "reply_to": "",
}  # fmt: skip
_TEXT_OUT: Mapping[str, Any] = {
    "text": "", "theirs": "", "attachments": [], "variables": {}, "error": "",
}  # fmt: skip
MAIL_IN: Mapping[str, Any] = {
    "sha256": "", "message_id": "", "envelope_from": None, "envelope_to": [], "reason": "",
    "sender_name": "", "sender_address": "", "doubt": "", "subject": "",
}  # fmt: skip
MAIL_BODY: Mapping[str, Any] = {
    "text": "", "quoted": "", "signature": "", "html": "", "remote": [], "inline": [],
    "headers": {}, "notes": [], "defects": [],
}  # fmt: skip
_SURVEY: Mapping[str, Any] = {"comment": "", "address": "", "token_hash": None}
_ITEM = ("work_item", "id", "subject_id")
_WORK = (
    Line("offer", "work_item_id", {"reason": "", "why": {}}, through=_ITEM),
    Line("assignment", "work_item_id", {"note": "", "next_step": ""}, through=_ITEM),
    Line("routing_note", "work_item_id", {"details": {}}, through=_ITEM),
    Line("work_item", "subject_id", {"reason": ""}),
)

TICKET = (
    Line("ticket_change", "ticket_id", {"changes": {}, "details": {}}),
    Line("ticket_checklist_item", "ticket_id"),
    Line("ticket_draft", "ticket_id"),
    Line("ticket_pending_reply", "ticket_id"),
    Line("ticket_time_entry", "ticket_id", {"note": ""}),
    Line("ticket_merge", "source_id", {"before": {}, "chosen": {}}),
    Line("ticket_split", "source_id", {"details": {}}),
    Line("ticket_split", "made_id", {"details": {}}),
    Line("ticket_bulk_item", "ticket_id", {"before": {}, "after": {}}),
    Line("ticket_tag", "ticket_id"),
    Line("clock", "ticket_id", {"text": ""}),
    Line("notice", "ticket_id"),
    Line("rule_firing", "ticket_id", {"done": {}}),
    Line("triage_suggestion", "ticket_id"),
    Line("triage_due", "ticket_id"),
    Line("survey", "ticket_id", _SURVEY),
    Line("outgoing_mail", "ticket_id", _MAIL_OUT),
    Line("complaint", "ticket_id", {"remedy": "", "escalated_why": ""}),
    Line("return_step", "return_id", {"note": ""}, through=("return_case", "id", "ticket_id")),
    Line("return_case", "ticket_id", {"label_url": "", "order_number": GONE}),
    *_WORK,
    Line("ticket", "id", {"subject": GONE, "fields": {}, "tags": []}),
)

CONVERSATION = (
    Line("call_leg", "conversation_id", {"question": ""}),
    Line("participant", "conversation_id", {"question": ""}),
    Line("callback", "conversation_id", {"number": "", "open_number": None, "window": None}),
    Line("carrier_order", "conversation_id", {"wanted": {}, "error": ""}),
    Line("carrier_repair", "conversation_id", {"told": ""}),
    Line("carrier_event", "sid", through=("carrier_call", "sid", "conversation_id")),
    Line("dialled", "conversation_id", {"number": "", "told": ""}),
    Line("ivr_step", "conversation_id", {"given": ""}),
    Line("ivr_walk", "conversation_id", {"state": {}, "caller": {}}),
    Line("recording_consent", "conversation_id", {"waits_for": {}}),
    Line("mail_body", "mail_id", MAIL_BODY, through=("incoming_mail", "id", "conversation_id")),
    Line("incoming_mail", "conversation_id", MAIL_IN),
    Line("mail_correspondent", "conversation_id"),
    Line("outgoing_mail", "conversation_id", _MAIL_OUT),
    Line("text_delivery", "conversation_id", _TEXT_OUT),
    Line("text_media", "conversation_id"),
    Line("text_thread", "conversation_id"),
    Line("survey", "conversation_id", _SURVEY),
    *_WORK,
    Line("message", "conversation_id", {"text": "", "attachments": []}),
    Line(
        "conversation",
        "id",
        {"reason": GONE, "answers": {}, "page_url": None, "transcript_to": None, "start_key": None},
    ),
)

_ACCOUNT = ("app_user", "id", "customer_id")
_OWNER: Mapping[str, Any] = {
    "said_name": GONE, "said_email": None, "said_phone": None, "said_external": None,
}  # fmt: skip
ORDER = (
    Line("shop_message", "order_id", {"body": ""}),
    Line("shop_order_line", "order_id", {"serials": []}),
    Line("shop_order", "id", {**_OWNER, "tracking_url": ""}),
)

_VISITS = ("visit", "id", "customer_id")
_WAS_DONE: Mapping[str, Any] = {"checklist": {}, "parts_used": [], "note": ""}
_SIGNED: Mapping[str, Any] = {
    "content": {}, "signed_name": "", "strokes": [], "attachment_id": None, "digest": "",
    "due_at": None, "mails": False,
}  # fmt: skip
_PLACE: Mapping[str, Any] = {
    "name": "", "address": GONE, "postcode": "", "lat": None, "lon": None, "pin": "none",
    "access": "", "zone": "",
}  # fmt: skip

CUSTOMER = (
    Line("technician_command", "visit_id", {"body": {}, "receipt": {}}, through=_VISITS),
    Line("visit_work", "visit_id", _WAS_DONE, through=_VISITS),
    Line("visit_report", "visit_id", _SIGNED, through=_VISITS),
    Line("visit_file", "visit_id", through=_VISITS),
    Line("visit_reminder", "visit_id", through=_VISITS),
    Line("slot_offer", "customer_id"),
    Line("slot_ask", "customer_id"),
    Line("maintenance_plan", "customer_id", {"note": "", "is_active": False}),
    Line("visit", "customer_id", {"note": "", "reason": ""}),
    Line("visit_place", "customer_id", _PLACE),
    Line("shop_message", "order_id", {"body": ""}, through=("shop_order", "id", "customer_id")),
    Line("asset_change", "asset_id", {"changes": {}}, through=("asset", "id", "customer_id")),
    Line(
        "asset",
        "customer_id",
        {**_OWNER, "name": GONE, "serial": "", "serial_key": "", "place": "", "external_id": None},
    ),
    Line("household_member", "customer_id"),
    Line("household_invitation", "invited_by", through=_ACCOUNT),
    Line("phone_proof", "user_id", through=_ACCOUNT),
    Line("customer_note", "customer_id"),
    Line("customer_tag", "customer_id"),
    Line("kb_remark", "customer_id", {"text": ""}),
    # Once settled they name nobody; before that they could only be settled wrongly.
    Line("kb_offered", "offer_id", through=("kb_offer", "id", "customer_id")),
    Line("kb_offer", "customer_id"),
    Line("kb_reading", "customer_id"),
    Line("ivr_refusal", "customer_id"),
    Line("survey", "customer_id", _SURVEY),
    Line("survey_turn", "customer_id"),
    Line("outgoing_mail", "customer_id", _MAIL_OUT),
    Line("text_delivery", "customer_id", _TEXT_OUT),
    Line("ticket_participant", "customer_id"),
    Line("duplicate_suggestion", "first_id"),
    Line("duplicate_suggestion", "second_id"),
    Line("customer_merge", "kept_id", {"undo": {}, "choices": {}}),
    Line("customer_merge", "merged_id", {"undo": {}, "choices": {}}),
    Line("import_link", "own_id"),
    Line("consent", "customer_id"),
    Line("consent_link", "customer_id"),
    Line("timeline_entry", "customer_id"),
    Line("contact_point", "customer_id"),
)

ADDRESS = (
    Line("mail_correspondent", "address"),
    Line("mail_fuse", "address"),
    Line("sign_in_link", "email"),
    Line("household_invitation", "email"),
    Line("household_invitation", "from_address"),
    Line("phone_proof", "number"),
    Line("text_thread", "theirs"),
    Line("ivr_refusal", "number"),
    Line("ivr_refusal", "caller"),
    Line("consent", "address"),
    Line("consent_link", "address"),
    Line("outgoing_mail", "to_address", _MAIL_OUT),
)
"""Only for addresses that are theirs alone (see `erasing_parts.addresses_of`)."""

SAID_IN = {
    "carrier_event": "facts",
    "import_problem": "cells",
    "idempotent_answer": "body",
    "shop_message": "body",
}
"""Rows that no key leads to: those whose text says one of the addresses are deleted."""

SPECIAL = frozenset(
    {
        "customer", "app_user", "visitor", "attachment", "call_recording", "search_document",
        "clock_ledger", "event", "delivery", "delivery_failure", "webhook_delivery",
        "webhook_attempt", "sign_in_session", "password_reset", "known_device", "api_token",
        "data_copy", "erasure", "rule_trial", "provider_subject", "household",
    }
)  # fmt: skip

NAMED = frozenset({"audit_entry", "audit_seal", "text_opt_out", "no_calls", "legal_hold"})
"""What the dry run names as kept."""

NOTHING = frozenset(
    {
        "agent_connection", "agent_state", "bulletin", "calendar", "call", "call_sound",
        "call_span", "calling_hours", "canned_reply", "carrier_call", "clock_recompute",
        "clock_span", "clock_terms", "consent_purpose", "consent_text", "counter", "custom_field",
        "heartbeat", "import_run", "ivr_flow", "ivr_version", "ivr_web_lookup", "kb_article",
        "kb_article_label", "kb_asked", "kb_file", "kb_file_use", "kb_rating", "kb_section",
        "kb_segment", "kb_slug", "kb_translation", "kb_unsaved", "kb_use", "kb_version", "lease",
        "mail_brand", "mail_wording", "mailbox", "organisation", "organisation_domain", "part",
        "phone_number", "plan_change", "plan_run", "presence_choice", "presence_span",
        "privacy_notice", "product", "provider_outing", "queue", "queue_member", "recording_pause",
        "recording_rule", "return_item", "route", "route_stop", "rule", "rule_cause", "rule_cut",
        "rule_version", "rule_watch", "saved_search", "search_synonyms", "shop", "sign_in_failure",
        "sign_in_provider", "site_picture", "skill", "sla_policy", "slot", "stored_setting",
        "survey_plan", "tag", "team", "team_member", "technician", "technician_absence",
        "technician_day", "technician_position", "territory", "text_arrival", "text_template",
        "ticket_about", "ticket_bulk", "ticket_follower", "ticket_link", "ticket_macro",
        "ticket_queue_rule", "ticket_type", "ticket_view", "travel_near", "triage_model", "trip",
        "van_stock",
        "visit_duration", "visit_needs", "visit_promise", "visit_type", "webhook_endpoint",
        "widget_site",
    }
)  # fmt: skip
"""Of the house, not of a customer, or figures and ids alone."""


def known() -> frozenset[str]:
    """Every table that somebody has thought about."""
    lines = (*TICKET, *CONVERSATION, *ORDER, *CUSTOMER, *ADDRESS)
    return frozenset({one.table for one in lines} | SAID_IN.keys() | SPECIAL | NAMED | NOTHING)
