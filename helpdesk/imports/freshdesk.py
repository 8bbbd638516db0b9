"""Records of Freshdesk: its account export (each in an object that names it) and its API. Pure.

States and priorities are numbers there. Conversations carry `ticket_id`, or stand inside their
ticket as `conversations` or `notes`; `private` ones are notes, `incoming` ones the customer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.imports import own_fields, plain_text, records
from helpdesk.imports.records import Case, Organisation, Person, Record, RowProblem, Words

CONTAINERS = {
    "tickets": "ticket",
    "contacts": "user",
    "users": "user",
    "agents": "agent",
    "companies": "organisation",
    "conversations": "words",
}
WRAPPERS = {
    "helpdesk_ticket": "ticket",
    "ticket": "ticket",
    "user": "user",
    "contact": "user",
    "agent": "agent",
    "company": "organisation",
    "customer": "organisation",
    "helpdesk_note": "words",
    "note": "words",
}
STATES = {"2": "open", "3": "waiting_on_customer", "4": "resolved", "5": "closed"}
STATES |= {"6": "waiting_on_customer", "7": "waiting_on_third_party"}
PRIORITIES = {"1": "low", "2": "normal", "3": "high", "4": "urgent"}
CHANNELS = {"1": "email", "2": "form", "3": "call", "7": "chat", "9": "form", "10": "email"}


def unwrapped(raw: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """(kind, record) of an object that holds one record under its name; ("", raw) otherwise."""
    if len(raw) == 1:
        [(name, inner)] = raw.items()
        if name in WRAPPERS and isinstance(inner, Mapping):
            return WRAPPERS[name], inner
    return "", raw


def kind_of(name: str, raw: Mapping[str, Any]) -> str:
    """ticket, user, agent, organisation or words; empty for what is none of them."""
    if name in CONTAINERS:
        return CONTAINERS[name]
    if "ticket_id" in raw and ("body" in raw or "body_text" in raw):
        return "words"
    if "requester_id" in raw or ("subject" in raw and "status" in raw):
        return "ticket"
    if "occasional" in raw or isinstance(raw.get("contact"), Mapping):
        return "agent"
    if "domains" in raw:
        return "organisation"
    return "user" if "email" in raw or "mobile" in raw else ""


def convert(kind: str, raw: Mapping[str, Any], now: datetime, region: str | None) -> Record:
    if kind == "organisation":
        return _organisation(raw)
    if kind in ("user", "agent"):
        return _person(raw, now, region, ours=kind == "agent")
    if kind == "words":
        said = _words(raw, now)
        if said is None or not said.ticket_id:
            raise RowProblem("It does not say which ticket it belongs to, or is empty.")
        return said
    return _case(raw, now)


def _organisation(raw: Mapping[str, Any]) -> Organisation:
    domains = raw.get("domains")
    name = records.line(raw.get("name"), "name", records.LONGEST_NAME, cut=True)
    return Organisation(
        external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
        name=records.needed(name, "It has no name."),
        domains=tuple(str(one) for one in domains) if isinstance(domains, list) else (),
        custom=_own_fields(raw),
    )


def _person(raw: Mapping[str, Any], now: datetime, region: str | None, *, ours: bool) -> Person:
    inner = raw.get("contact")
    facts: Mapping[str, Any] = {**raw, **inner} if isinstance(inner, Mapping) else raw
    others = facts.get("other_emails")
    return Person(
        external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
        name=records.line(facts.get("name"), "name", records.LONGEST_NAME, cut=True),
        emails=records.emails([facts.get("email"), *(others if isinstance(others, list) else ())]),
        phones=records.phones_that_fit([facts.get("phone"), facts.get("mobile")], region),
        organisation_id=records.identity(facts.get("company_id") or facts.get("customer_id")),
        ours=ours or facts.get("helpdesk_agent") is True,
        language=records.language(facts.get("language")),
        tags=records.tags(facts.get("tags")),
        custom=_own_fields(facts),
        created_at=records.instant(facts.get("created_at"), "time", now),
    )


def _case(raw: Mapping[str, Any], now: datetime) -> Case:
    number = records.identity(raw.get("display_id") or raw.get("id"))
    external_id = records.needed(records.identity(raw.get("id")) or number, "It has no id.")
    opened = records.instant(raw.get("created_at"), "opening time", now)
    if opened is None:
        raise RowProblem("It does not say when it was opened.")
    state = STATES.get(str(raw.get("status")))
    if state is None:
        raise RowProblem(f"Its status is not known here: {str(raw.get('status'))[:40]}")
    if raw.get("spam") is True or raw.get("deleted") is True:
        raise RowProblem("It was deleted there, or is spam.")
    first = records.text(raw.get("description_text")).strip()
    if not first and isinstance(raw.get("description"), str):
        first = plain_text.from_html(raw["description"])
    files = records.files(raw.get("attachments"), f"ticket {external_id}")
    said = []
    if first or files:
        said = [Words(f"{external_id}:first", first, opened, ours=False, files=files)]
    for one in raw.get("conversations") or raw.get("notes") or ():
        if isinstance(one, Mapping):
            _, inner = unwrapped(one)
            found = _words(inner, now)
            said += [found] if found is not None else []
    requester, stats = raw.get("requester"), raw.get("stats")
    requester = requester if isinstance(requester, Mapping) else {}
    solved = stats.get("resolved_at") if isinstance(stats, Mapping) else None
    subject = records.line(raw.get("subject"), "subject", records.LONGEST_SUBJECT, cut=True)
    return Case(
        external_id=external_id,
        number=number,
        subject=subject or "(no subject)",
        state=state,
        priority=PRIORITIES.get(str(raw.get("priority")), "normal"),
        channel=CHANNELS.get(str(raw.get("source")), "form"),
        opened_at=opened,
        requester_id=records.identity(raw.get("requester_id") or requester.get("id")),
        requester_name=records.line(requester.get("name"), "name", records.LONGEST_NAME, cut=True),
        requester_email=(records.emails([requester.get("email") or raw.get("email")]) or ("",))[0],
        assignee_id=records.identity(raw.get("responder_id")),
        organisation_id=records.identity(raw.get("company_id")),
        group=records.line(raw.get("group_name"), "group", 160, cut=True),
        tags=records.tags(raw.get("tags")),
        updated_at=records.instant(raw.get("updated_at"), "time of change", now),
        solved_at=records.instant(solved, "resolution time", now),
        words=said,
        fields=_own_fields(raw),
    )


def _words(raw: Mapping[str, Any], now: datetime) -> Words | None:
    text = records.text(raw.get("body_text"), "message").strip()
    if not text and isinstance(raw.get("body"), str):
        text = plain_text.from_html(raw["body"])
    at = records.instant(raw.get("created_at"), "time of a message", now)
    external_id = records.identity(raw.get("id"))
    files = records.files(raw.get("attachments"), f"message {external_id}")
    if not (text or files) or at is None:
        return None
    incoming = raw.get("incoming")
    return Words(
        external_id=external_id,
        text=text,
        at=at,
        public=raw.get("private") is False,
        author_id=records.identity(raw.get("user_id")),
        author_email=str(raw.get("from_email") or "")[:254],
        ours=not incoming if isinstance(incoming, bool) else None,
        ticket_id=records.identity(raw.get("ticket_id")),
        files=files,
    )


def _own_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    return own_fields.named(raw.get("custom_fields") or raw.get("custom_field"))
