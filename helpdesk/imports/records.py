"""What every format is turned into: organisations, people, cases and words, checked and bounded.

Pure. A record that can't be used raises `RowProblem` with a sentence for the report. Ids are those
of the other desk, as text; whom they lead to here is found by `workflows.importing_rows`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from helpdesk.core.errors import Invalid
from helpdesk.customers import contact_points, field_values

LONGEST_ID = 120
LONGEST_TEXT = 100_000
LONGEST_SUBJECT = 200
LONGEST_NAME = 160
MOST_ADDRESSES = 20
MOST_TAGS = 30
MOST_FILES = 50
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
STATES = ("new", "open", "waiting_on_customer", "waiting_on_third_party", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")

_DAY_FIRST = ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M", "%d/%m/%Y")


class RowProblem(Exception):
    """Why a row is not taken over, in a sentence for people."""


@dataclass(frozen=True, slots=True)
class FieldName:
    """What a field is called that records name by its id only."""

    external_id: str
    name: str


@dataclass(frozen=True, slots=True)
class File:
    """Something attached. `key` is unlike that of any other file of the export."""

    key: str
    name: str
    own_id: str = ""
    path: str = ""
    data: str = ""  # in base64, where the record holds it


@dataclass(frozen=True, slots=True)
class Organisation:
    external_id: str
    name: str
    domains: tuple[str, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    """`ours`: works at the other desk, and may be somebody who works here."""

    external_id: str
    name: str
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    organisation_id: str = ""
    organisation_name: str = ""
    ours: bool = False
    language: str | None = None
    tags: tuple[str, ...] = ()
    custom: Mapping[str, Any] = field(default_factory=dict)
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """One thing said. `ours` None: whether it was us is seen by who its author is."""

    external_id: str
    text: str
    at: datetime
    public: bool = True
    author_id: str = ""
    author_name: str = ""
    author_email: str = ""
    ours: bool | None = None
    ticket_id: str = ""
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    external_id: str
    subject: str
    state: str
    opened_at: datetime
    priority: str = "normal"
    channel: str = "email"
    number: str = ""
    requester_id: str = ""
    requester_name: str = ""
    requester_email: str = ""
    requester_phone: str = ""
    assignee_id: str = ""
    assignee_email: str = ""
    organisation_id: str = ""
    group: str = ""
    tags: tuple[str, ...] = ()
    updated_at: datetime | None = None
    solved_at: datetime | None = None
    words: Sequence[Words] = ()
    fields: Mapping[str, Any] = field(default_factory=dict)


Record = FieldName | Organisation | Person | Case | Words


def identity(value: Any, what: str = "id") -> str:
    """An id of the other desk as text; empty for none."""
    if value is None or value == "" or isinstance(value, (bool, dict, list)):
        return ""
    text = field_values.storable(str(value)).strip()
    if len(text) > LONGEST_ID:
        raise RowProblem(f"Its {what} is longer than {LONGEST_ID} characters.")
    return text


def fingerprint(record: Person | Case) -> str:
    """An id for a row that has none: the same row is known again.

    Own fields take no part, since the columns for them may be chosen differently each time.
    """
    bare = replace(record, custom={}) if isinstance(record, Person) else replace(record, fields={})
    text = repr(bare).encode("utf-8", "replace")
    return f"row:{hashlib.sha256(text).hexdigest()[:40]}"


def needed(value: str, sentence: str) -> str:
    if not value:
        raise RowProblem(sentence)
    return value


def line(value: Any, what: str, longest: int, *, cut: bool = False) -> str:
    """One line; too long a one is a problem, or cut where nothing depends on its end."""
    if value is None:
        return ""
    if not isinstance(value, (str, int, float)):
        raise RowProblem(f"Its {what} is not text.")
    text = str(value)
    if cut:
        text = text[: longest * 2]
    try:
        kept = field_values.line(text, what, longest=max(len(text), longest))
    except Invalid as error:
        raise RowProblem(f"Its {what} can't be used.") from error
    if len(kept) > longest:
        if not cut:
            raise RowProblem(f"Its {what} is longer than {longest} characters.")
        kept = kept[: longest - 1] + "…"
    return kept


def text(value: Any, what: str = "text") -> str:
    """Several lines, cut at a length that nobody reads."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowProblem(f"Its {what} is not text.")
    kept = field_values.storable(value[: LONGEST_TEXT + 1])
    return kept if len(kept) <= LONGEST_TEXT else kept[:LONGEST_TEXT] + "…"


def instant(value: Any, what: str, now: datetime, *, day_first: bool = False) -> datetime | None:
    """A time in ISO 8601 (UTC where it names no zone); None for none.

    What lies in the future becomes now, since clocks of other desks may be ahead.
    """
    if value in (None, ""):
        return None
    found = _read_instant(str(value).strip()[:40], day_first)
    if found is None:
        raise RowProblem(f"Its {what} is not a time: {str(value)[:40]}")
    found = (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    if found < EARLIEST:
        raise RowProblem(f"Its {what} lies before {EARLIEST.year}.")
    return min(found, now)


def _read_instant(given: str, day_first: bool) -> datetime | None:
    try:
        return datetime.fromisoformat(given.replace(" UTC", "+00:00"))
    except (ValueError, OverflowError):
        pass
    for shape in _DAY_FIRST if day_first else ():
        try:
            return datetime.strptime(given, shape).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def emails(values: Sequence[Any]) -> tuple[str, ...]:
    """Addresses in their compared form, each once; a bad one is a problem of its row."""
    found: dict[str, None] = {}
    for value in values[:MOST_ADDRESSES]:
        given = line(value, "e-mail address", 254)
        if given:
            try:
                found[contact_points.address("email", given).value] = None
            except Invalid as error:
                raise RowProblem(f"{given[:80]} is not an e-mail address.") from error
    return tuple(found)


def phones(values: Sequence[Any], region: str | None) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for value in values[:MOST_ADDRESSES]:
        given = line(value, "phone number", 60)
        if given:
            try:
                found[contact_points.address("phone", given, region=region).value] = None
            except Invalid as error:
                raise RowProblem(f"{given[:60]} is not a phone number.") from error
    return tuple(found)


def phones_that_fit(values: Sequence[Any], region: str | None) -> tuple[str, ...]:
    """The same for desks that store whatever was typed: what is no number is left out."""
    found: list[str] = []
    for value in values[:MOST_ADDRESSES]:
        try:
            found += phones([value], region)
        except RowProblem:
            continue
    return tuple(dict.fromkeys(found))


def tags(values: Any) -> tuple[str, ...]:
    """Tags as they are kept here; at most so many, what is no tag is left out."""
    if isinstance(values, str):
        values = values.replace(";", ",").split(",")
    if not isinstance(values, (list, tuple)):
        return ()
    found: dict[str, None] = {}
    for value in values:
        if isinstance(value, str) and value.strip():
            found[field_values.tag_name(value.strip()[: field_values.LONGEST_TAG])] = None
    return tuple(found)[:MOST_TAGS]


def files(values: Any, owner: str) -> tuple[File, ...]:
    """Attachments as other desks list them, under the names that they have there."""
    found = []
    for place, raw in enumerate(values[:MOST_FILES] if isinstance(values, list) else ()):
        if not isinstance(raw, Mapping):
            continue
        name = next((raw[key] for key in ("file_name", "name", "filename") if raw.get(key)), "file")
        own_id = identity(raw.get("id"))
        path = next((raw[key] for key in ("path", "file") if isinstance(raw.get(key), str)), "")
        data = raw.get("data")
        found.append(
            File(
                key=f"file {own_id}" if own_id else f"{owner}, file {place + 1}",
                name=line(name, "file name", 200, cut=True) or "file",
                own_id=own_id,
                path=path[:500],
                data=data if isinstance(data, str) else "",
            )
        )
    return tuple(found)


def language(value: Any) -> str | None:
    """A language code where it is one; other desks hold all sorts of things there."""
    if not isinstance(value, str) or not value:
        return None
    main, _, country = value.replace("_", "-").partition("-")
    try:
        return field_values.language(
            f"{main.lower()}-{country.upper()}" if country else main.lower()
        )
    except Invalid:
        return None
