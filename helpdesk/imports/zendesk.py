"""Records of Zendesk: its JSON export (an object a line) and pages of its API. Pure.

A ticket of the export carries requester, assignee, organization and comments; pages of the API name
them by ids, and comments may come as lists of their own with `ticket_id`. Own fields of tickets are
named by ids, which the list `ticket_fields` explains.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.imports import own_fields, plain_text, records
from helpdesk.imports.records import (
    Case,
    FieldName,
    Organisation,
    Person,
    Record,
    RowProblem,
    Words,
)

CONTAINERS = {
    "tickets": "ticket",
    "users": "user",
    "organizations": "organisation",
    "comments": "words",
    "ticket_fields": "field",
}
STATES = {
    "new": "new",
    "open": "open",
    "pending": "waiting_on_customer",
    "hold": "waiting_on_third_party",
    "solved": "resolved",
    "closed": "closed",
}
CHANNELS = {"email": "email", "web": "form", "voice": "call", "chat": "chat", "sms": "sms"}


def kind_of(name: str, raw: Mapping[str, Any]) -> str:
    """ticket, user, organisation or words; empty for what is none of them."""
    if name in CONTAINERS:
        return CONTAINERS[name]
    if "requester_id" in raw or "requester" in raw or "raw_subject" in raw:
        return "ticket"
    if "domain_names" in raw:
        return "organisation"
    if "role" in raw or "email" in raw:
        return "user"
    return "words" if "body" in raw and "author_id" in raw else ""


def convert(kind: str, raw: Mapping[str, Any], now: datetime, region: str | None) -> Record:
    if kind == "organisation":
        return _organisation(raw)
    if kind == "user":
        return _person(raw, now, region)
    if kind == "field":
        return FieldName(
            external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
            name=records.line(raw.get("title"), "title", records.LONGEST_ID, cut=True),
        )
    if kind == "words":
        said = _words(raw, now)
        if said is None or not said.ticket_id:
            raise RowProblem("It does not say which ticket it belongs to, or is empty.")
        return said
    return _case(raw, now)


def _organisation(raw: Mapping[str, Any]) -> Organisation:
    return Organisation(
        external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
        name=records.needed(
            records.line(raw.get("name"), "name", records.LONGEST_NAME, cut=True),
            "It has no name.",
        ),
        domains=tuple(str(d) for d in _list(raw.get("domain_names")) if isinstance(d, str)),
        custom=own_fields.named(raw.get("organization_fields")),
    )


def _person(raw: Mapping[str, Any], now: datetime, region: str | None) -> Person:
    more = [
        one.get("value")
        for one in _list(raw.get("identities"))
        if isinstance(one, Mapping) and one.get("type") == "email"
    ]
    return Person(
        external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
        name=records.line(raw.get("name"), "name", records.LONGEST_NAME, cut=True),
        emails=records.emails([raw.get("email"), *more]),
        phones=records.phones_that_fit([raw.get("phone")], region),
        organisation_id=records.identity(raw.get("organization_id")),
        ours=raw.get("role") in ("agent", "admin"),
        language=records.language(raw.get("locale")),
        tags=records.tags(raw.get("tags")),
        custom=own_fields.named(raw.get("user_fields")),
        created_at=records.instant(raw.get("created_at"), "time", now),
    )


def _case(raw: Mapping[str, Any], now: datetime) -> Case:
    external_id = records.needed(records.identity(raw.get("id")), "It has no id.")
    if raw.get("status") == "deleted":
        raise RowProblem("It was deleted there.")
    opened = records.instant(raw.get("created_at"), "opening time", now)
    if opened is None:
        raise RowProblem("It does not say when it was opened.")
    state = STATES.get(str(raw.get("status")).lower())
    if state is None:
        raise RowProblem(f"Its status is not known here: {str(raw.get('status'))[:40]}")
    requester, assignee = _part(raw, "requester"), _part(raw, "assignee")
    comments = [_words(one, now) for one in _list(raw.get("comments")) if isinstance(one, Mapping)]
    said = [one for one in comments if one is not None]
    first = records.text(raw.get("description")).strip()
    if not said and first:
        said = [Words(f"{external_id}:first", first, opened, author_id=_id(raw, "submitter"))]
    return Case(
        external_id=external_id,
        number=external_id,
        subject=records.line(
            raw.get("subject") or raw.get("raw_subject"), "subject", records.LONGEST_SUBJECT,
            cut=True,
        )
        or "(no subject)",
        state=state,
        priority=str(raw.get("priority") or "normal").lower(),
        channel=CHANNELS.get(str(_part(raw, "via").get("channel")), "form"),
        opened_at=opened,
        requester_id=_id(raw, "requester"),
        requester_name=records.line(requester.get("name"), "name", records.LONGEST_NAME, cut=True),
        requester_email=(records.emails([requester.get("email")]) or ("",))[0],
        assignee_id=_id(raw, "assignee"),
        assignee_email=(records.emails([assignee.get("email")]) or ("",))[0],
        organisation_id=_id(raw, "organization"),
        group=records.line(_part(raw, "group").get("name"), "group", 160, cut=True),
        tags=records.tags(raw.get("tags")),
        updated_at=records.instant(raw.get("updated_at"), "time of change", now),
        solved_at=records.instant(
            _part(raw, "metric_set").get("solved_at") or raw.get("solved_at"),
            "resolution time", now,
        ),
        words=said,
        fields=own_fields.named(raw.get("custom_fields") or raw.get("fields")),
    )  # fmt: skip


def _words(raw: Mapping[str, Any], now: datetime) -> Words | None:
    text = records.text(raw.get("plain_body") or raw.get("body"), "comment").strip()
    if not text and isinstance(raw.get("html_body"), str):
        text = plain_text.from_html(raw["html_body"])
    at = records.instant(raw.get("created_at"), "time of a comment", now)
    external_id = records.identity(raw.get("id"))
    files = records.files(raw.get("attachments"), f"comment {external_id}")
    if not (text or files) or at is None:
        return None
    return Words(
        external_id=external_id,
        text=text,
        at=at,
        public=raw.get("public") is True,
        author_id=records.identity(raw.get("author_id")),
        ticket_id=records.identity(raw.get("ticket_id")),
        files=files,
    )


def _part(raw: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = raw.get(name)
    return found if isinstance(found, Mapping) else {}


def _id(raw: Mapping[str, Any], name: str) -> str:
    return records.identity(raw.get(f"{name}_id") or _part(raw, name).get("id"))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
