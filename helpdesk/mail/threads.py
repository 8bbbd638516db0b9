"""Which conversation a mail belongs to, and what proves it. Pure.

A mail joins when it carries a proof (the id of a mail in that conversation, our token behind a plus
sign, our number in its subject) AND its sender is the correspondent there, or one whom a colleague
has written to. Who has only the proof, by forwarding, by a copy, or by tricking a third party into
writing to the address, gets a case of their own beside it, and hears nothing of the other.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from helpdesk.core import secrets

Proof = Literal["reference", "plus", "subject"]
_STRENGTH: dict[Proof, int] = {"reference": 0, "plus": 1, "subject": 2}
_TOKEN = re.compile(r"\[(T-\d{3,12})(?:[ .]([a-z0-9]{8}))?\]", re.I)
_PLUS = re.compile(r"^[^@+]{1,64}\+t(\d{3,12})-([a-z0-9]{16})@", re.I)
_OURS = re.compile(r"\bhd\.([a-z0-9]{20,40})\.([a-z0-9]{20})@([\w.-]{1,200})", re.I)
_REPLY = re.compile(
    r"^\s*((re|aw|fw|fwd|wg|sv|vs|antw|odp|ynt|tr|rif|res|回复|答复|转发|返信)(\[\d+\])?\s*[:：]\s*)+",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A conversation that some proof points to. `correspondents` are lower-case addresses."""

    conversation_id: str
    ticket_id: str | None
    proof: Proof
    correspondents: frozenset[str]


@dataclass(frozen=True, slots=True)
class Place:
    """`joins`: the mail belongs there. Not: it only speaks of it (`related`)."""

    joins: Candidate | None
    related: Candidate | None


def place(candidates: Sequence[Candidate], address: str | None, *, sure: bool) -> Place:
    """Where the mail goes; nowhere when nothing points anywhere."""
    ordered = sorted(candidates, key=lambda c: _STRENGTH[c.proof])
    for candidate in ordered:
        if sure and address is not None and address in candidate.correspondents:
            return Place(candidate, None)
    return Place(None, ordered[0] if ordered else None)


def new_message_id(conversation_id: str, unique: str, host: str) -> str:
    """An id for a mail of ours, without brackets, that nobody else can make up."""
    local = unique.replace("-", "")
    return f"hd.{local}.{_mark(conversation_id, local)}@{host}"


def is_ours(message_id: str, conversation_id: str) -> bool:
    """Whether we made this id, for this conversation."""
    found = _OURS.fullmatch(message_id)
    if not found:
        return False
    local, mark = found.group(1).lower(), found.group(2).lower()
    return hmac.compare_digest(mark, _mark(conversation_id, local))


def _mark(conversation_id: str, local: str) -> str:
    return secrets.sign("mail message id", f"{conversation_id} {local}")[:20]


def ids_of_ours(text: str) -> list[str]:
    """Ids in our form anywhere in a text, as bounces in no standard form quote them."""
    return list(dict.fromkeys(m.group(0) for m in _OURS.finditer(text)))[:20]


def plus_address(address: str, ticket_number: int) -> str:
    """The address to which answers about one ticket go: `support+t10432-…@example.org`."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}+t{ticket_number}-{_plus_mark(ticket_number)}@{domain}"


def plus_numbers(addresses: Iterable[str]) -> list[int]:
    """The ticket numbers behind plus signs whose token is ours."""
    found = []
    for address in addresses:
        match = _PLUS.match(address)
        if match and hmac.compare_digest(_plus_mark(int(match.group(1))), match.group(2).lower()):
            found.append(int(match.group(1)))
    return list(dict.fromkeys(found))


def without_plus(address: str) -> str:
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def subject_numbers(subject: str) -> list[int]:
    """Ticket numbers in brackets; a bare number or one inside a colour code is none."""
    return list(dict.fromkeys(int(m.group(1)[2:]) for m in _TOKEN.finditer(subject)))[:5]


def with_number(subject: str, number: int) -> str:
    """The subject of an answer: one `Re:`, our number once."""
    bare = bare_subject(subject) or "Your message"
    return f"Re: {bare} [T-{number}]"


def bare_subject(subject: str) -> str:
    """Without reply marks and without our number."""
    return " ".join(_TOKEN.sub("", _REPLY.sub("", subject)).split())


def _plus_mark(number: int) -> str:
    return secrets.sign("mail plus address", str(number))[:16]
