"""A POST with an Idempotency-Key has one effect, however often it is sent.

The key's row is written first in the transaction that has the effect, so two at once take turns
and the second finds the first's answer. A request that was refused had no effect; it may be tried
again with the same key. Not for the chat's own `client_msg_id`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from flask import request
from sqlalchemy import bindparam, update

from helpdesk.core import secrets
from helpdesk.core.actors import Actor
from helpdesk.core.db import insert_if_absent, table_of
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


class _KnownError(Exception):
    """The key has been used; the transaction must not go on."""


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
                row = {
                    "key_hash": key_hash,
                    "request_hash": content,
                    "status": 0,
                    "body": "",
                    "at": work.at,
                }
                if not insert_if_absent(work.session, IdempotentAnswer, row):
                    raise _KnownError
                status, body = run(work)
                _keep(work, key_hash, status, body)
            return Answer(status, body)
        except _KnownError:
            if known := _known(actor, key_hash, content):
                return known
    raise Conflict("The first request with this key is still under way.", code="in_progress")


def _keep(work: Work, key_hash: str, status: int, body: str) -> None:
    work.session.flush()
    # Some answers hold a secret that nothing else in the database shows.
    kept = {"key": key_hash, "answer": status, "sealed": secrets.seal(body)}
    work.sql.execute(_ANSWERED, kept)


_TABLE = table_of(IdempotentAnswer)
_ANSWERED = (
    update(_TABLE)
    .where(_TABLE.c.key_hash == bindparam("key"))
    .values(status=bindparam("answer"), body=bindparam("sealed"))
)


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
