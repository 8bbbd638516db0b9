"""Records of Zammad, as its API lists them with `expand=true`, in lists or an object a line. Pure.

Articles carry `ticket_id`, or stand inside their ticket as `articles`. `internal` ones are notes.
Own fields stand among the others there, so each value may be one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.imports import own_fields, plain_text, records
from helpdesk.imports.records import Case, Organisation, Person, Record, RowProblem, Words

CONTAINERS = {
    "tickets": "ticket",
    "users": "user",
    "organizations": "organisation",
    "ticket_articles": "words",
    "articles": "words",
}
STATES = {
    "new": "new",
    "open": "open",
    "pending reminder": "waiting_on_customer",
    "pending close": "waiting_on_customer",
    "closed": "closed",
    "merged": "closed",
}
# What it calls its own; of a person or ticket, everything else may be a field that was added.
_WORDS = """
    id number title state priority group owner customer organization organizations note email login
    phone mobile web fax address street zip city country department firstname lastname roles active
    vip verified source created_by updated_by created_at updated_at last_login tags articles domain
    domain_assignment shared members name image type
"""
USUAL = frozenset(_WORDS.split())
PRIORITIES = {"1 low": "low", "2 normal": "normal", "3 high": "high"}
CHANNELS = {"email": "email", "phone": "call", "web": "form", "chat": "chat", "sms": "sms"}


def kind_of(name: str, raw: Mapping[str, Any]) -> str:
    """ticket, user, organisation or words; empty for what is none of them."""
    if name in CONTAINERS:
        return CONTAINERS[name]
    if "ticket_id" in raw and "body" in raw:
        return "words"
    if "title" in raw and ("customer_id" in raw or "customer" in raw):
        return "ticket"
    if "login" in raw or "firstname" in raw:
        return "user"
    return "organisation" if "domain" in raw or "member_ids" in raw else ""


def convert(kind: str, raw: Mapping[str, Any], now: datetime, region: str | None) -> Record:
    if kind == "organisation":
        return _organisation(raw)
    if kind == "user":
        return _person(raw, now, region)
    if kind == "words":
        said = _words(raw, now)
        if said is None or not said.ticket_id:
            raise RowProblem("It does not say which ticket it belongs to, or is empty.")
        return said
    return _case(raw, now)


def _organisation(raw: Mapping[str, Any]) -> Organisation:
    domain = raw.get("domain")
    name = records.line(raw.get("name"), "name", records.LONGEST_NAME, cut=True)
    return Organisation(
        external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
        name=records.needed(name, "It has no name."),
        domains=(domain,) if isinstance(domain, str) and domain else (),
        custom=_own_fields(raw),
    )


def _person(raw: Mapping[str, Any], now: datetime, region: str | None) -> Person:
    roles = raw.get("roles")
    names = [str(raw.get(part) or "") for part in ("firstname", "lastname")]
    return Person(
        external_id=records.needed(records.identity(raw.get("id")), "It has no id."),
        name=records.line(" ".join(names).strip(), "name", records.LONGEST_NAME, cut=True),
        emails=records.emails([raw.get("email")]),
        phones=records.phones_that_fit([raw.get("phone"), raw.get("mobile")], region),
        organisation_id=records.identity(raw.get("organization_id")),
        ours=isinstance(roles, list) and bool({"Agent", "Admin"} & {str(role) for role in roles}),
        custom=_own_fields(raw),
        created_at=records.instant(raw.get("created_at"), "time", now),
    )


def _case(raw: Mapping[str, Any], now: datetime) -> Case:
    external_id = records.needed(records.identity(raw.get("id")), "It has no id.")
    opened = records.instant(raw.get("created_at"), "opening time", now)
    if opened is None:
        raise RowProblem("It does not say when it was opened.")
    state = STATES.get(str(raw.get("state")).lower())
    if state is None:
        raise RowProblem(
            f"Its state is not known here: {str(raw.get('state'))[:40]}. Export with expand=true."
        )
    said = [_words(one, now) for one in raw.get("articles") or () if isinstance(one, Mapping)]
    customer, owner = (
        str(raw.get(name) or "") if "@" in str(raw.get(name)) else ""
        for name in ("customer", "owner")
    )
    title = records.line(raw.get("title"), "title", records.LONGEST_SUBJECT, cut=True)
    return Case(
        external_id=external_id,
        number=records.identity(raw.get("number")) or external_id,
        subject=title or "(no subject)",
        state=state,
        priority=PRIORITIES.get(str(raw.get("priority")).lower(), "normal"),
        channel=CHANNELS.get(str(raw.get("create_article_type")).lower(), "form"),
        opened_at=opened,
        requester_id=records.identity(raw.get("customer_id")),
        requester_email=(records.emails([customer]) or ("",))[0],
        assignee_id=records.identity(raw.get("owner_id")),
        assignee_email=(records.emails([owner]) or ("",))[0],
        organisation_id=records.identity(raw.get("organization_id")),
        group=records.line(raw.get("group"), "group", 160, cut=True),
        tags=records.tags(raw.get("tags")),
        updated_at=records.instant(raw.get("updated_at"), "time of change", now),
        solved_at=records.instant(raw.get("close_at"), "closing time", now),
        words=[one for one in said if one is not None],
        fields=_own_fields(raw),
    )


def _words(raw: Mapping[str, Any], now: datetime) -> Words | None:
    text = records.text(raw.get("body"), "article").strip()
    if "html" in str(raw.get("content_type")):
        text = plain_text.from_html(text)
    at = records.instant(raw.get("created_at"), "time of an article", now)
    external_id = records.identity(raw.get("id"))
    files = records.files(raw.get("attachments"), f"article {external_id}")
    if not (text or files) or at is None:
        return None
    sender = str(raw.get("sender")).lower()
    return Words(
        external_id=external_id,
        text=text,
        at=at,
        # What does not say that it is public stays inside.
        public=raw.get("internal") is False,
        author_id=records.identity(raw.get("origin_by_id") or raw.get("created_by_id")),
        author_name=records.line(raw.get("from"), "sender", 120, cut=True),
        ours={"agent": True, "customer": False}.get(sender),
        ticket_id=records.identity(raw.get("ticket_id")),
        files=files,
    )


def _own_fields(raw: Mapping[str, Any]) -> dict[str, Any]:
    return own_fields.named({name: value for name, value in raw.items() if name not in USUAL})
