"""Whether this process lives, whether it can work, and what it counts.

Outsiders learn one word. Not for an operator's advice (see `helpdesk check`).
"""

from __future__ import annotations

import ipaddress
import logging

from flask import Blueprint, Response, request
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from helpdesk.core import db, migrating, redis
from helpdesk.core.errors import NotFound
from helpdesk.web import doors, measures
from helpdesk.web.doors import allow

log = logging.getLogger("helpdesk.web.health")
door = Blueprint("health", __name__)
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@door.get("/livez")
@allow("public", cookies=False)
def livez() -> dict[str, str]:
    """The process answers; nothing else is asked, so that a slow database restarts nobody."""
    return {"status": "alive"}


@door.get("/readyz")
@allow("public", cookies=False)
def readyz() -> tuple[dict[str, object], int]:
    """Database, migrations and Redis; which of them fails is told only on this machine."""
    failing = [name for name, fails in (("database", _database), ("redis", _redis)) if fails()]
    told: dict[str, object] = {"status": "not ready" if failing else "ready"}
    if failing and from_this_machine():
        told["failing"] = failing
    return told, 503 if failing else 200


@door.get("/metrics")
@allow("public")
def metrics() -> Response:
    """For a scraper on this machine, or with an administrator's bearer token."""
    here = doors.standing()
    if not from_this_machine() and not (here.by_token and here.actor.is_admin):
        raise NotFound()
    return Response(measures.exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")


def from_this_machine() -> bool:
    """A direct call over loopback; one that a proxy passed on comes from anywhere."""
    forwarded = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via")
    if any(name in request.headers for name in forwarded):
        return False
    try:
        near = ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
    host = request.host.rsplit(":", 1)[0] if not request.host.endswith("]") else request.host
    return near and host.strip("[]") in LOOPBACK


def _database() -> bool:
    """True when the database does not answer, or lacks migrations of this version."""
    try:
        return bool(migrating.pending(db.current()))
    except (SQLAlchemyError, RuntimeError) as error:
        log.warning("the database is not ready: %s", type(error).__name__)
        return True


def _redis() -> bool:
    if not redis.is_configured():
        return False
    try:
        redis.client().ping()
    except (RedisError, OSError) as error:
        log.warning("redis is not ready: %s", type(error).__name__)
        return True
    return False
