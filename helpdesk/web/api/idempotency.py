"""A POST with an Idempotency-Key has one effect, however often it is sent.

The key's row is written last in the transaction that has the effect, and its primary key lets
only one of two in: the other's effect is undone, and it finds the first's answer. Whatever a
request fails with, an answer given before is looked for first. A request that was refused had no
effect; it may be tried again with the same key. Not for the chat's own `client_msg_id`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import request
from sqlalchemy.exc import IntegrityError

from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.db import is_duplicate
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.tables import IdempotentAnswer
from helpdesk.core.work import Work, begin, reading

HEADER = "Idempotency-Key"
PATTERN = r"^[!-~]{1,200}$"
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and JSON text; `repeated` when it was given before."""

    status: int
    body: str
    repeated: bool = False


def key_of_request(actor: Actor) -> str | None:
    """What the key's row is named: bound to who asks, and for what."""
    key = request.headers.get(HEADER)
    if key is None:
        return None
    if not re.fullmatch(PATTERN, key):
        raise Invalid(
            "An Idempotency-Key has 1 to 200 printable ASCII characters without blanks.",
            code="bad_idempotency_key",
        )
    named = f"{actor.label}\n{request.method}\n{request.path}\n{key}"
    return hashlib.sha256(named.encode()).hexdigest()


def content_of_request() -> str:
    digest = hashlib.sha256(request.query_string)
    digest.update(b"\n" + request.get_data(cache=True))
    return digest.hexdigest()


def once(actor: Actor, key_hash: str, run: Callable[[Work], tuple[int, str]]) -> Answer:
    """Run in a transaction of its own, or answer what the first such request was answered.

    Conflict (`idempotency_key_reused`) when the key came with other content before.
    """
    content = content_of_request()
    for _ in range(_ATTEMPTS):
        try:
            with begin(actor) as work:
                status, body = run(work)
                _keep(work, key_hash, content, status, body)
            return Answer(status, body)
        except Exception as error:
            if known := _known(actor, key_hash, content):
                return known
            if not _was_first(error):
                raise
    raise Conflict("The first request with this key is still under way.", code="in_progress")


def _keep(work: Work, key_hash: str, content: str, status: int, body: str) -> None:
    work.insert_later(
        IdempotentAnswer,
        key_hash=key_hash,
        request_hash=content,
        status=status,
        # Some answers hold a secret that nothing else in the database shows.
        body=secrets.seal(body),
        at=work.at,
    )


def _was_first(error: Exception) -> bool:
    """Another had the key, and its row was gone again when we looked: it was cleaned away."""
    return isinstance(error, IntegrityError) and is_duplicate(error, "pk_idempotent_answer")


def _known(actor: Actor, key_hash: str, content: str) -> Answer | None:
    with reading(actor) as work:
        row = work.session.get(IdempotentAnswer, key_hash)
        if row is None:
            return None
        if row.request_hash != content:
            raise Conflict(
                "This Idempotency-Key was used for another request. Make a new one.",
                code="idempotency_key_reused",
            )
        try:
            return Answer(row.status, secrets.unseal(row.body), repeated=True)
        except ValueError:
            raise Conflict(
                "This request was carried out, but its answer can't be shown again.",
                code="answer_lost",
            ) from None
