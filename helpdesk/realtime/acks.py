"""What socket handlers have in common: clean input, errors as answers, one acknowledgement."""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from helpdesk.channels.service import Repeated
from helpdesk.core.db import is_contention
from helpdesk.core.errors import HelpdeskError, Invalid, TooMany
from helpdesk.core.ids import is_id

Answer = dict[str, Any]
TRIES = 3

log = logging.getLogger(__name__)


def failure(error: HelpdeskError) -> Answer:
    """An error as an acknowledgement."""
    told: dict[str, Any] = {"code": error.code, "message": error.message}
    if isinstance(error, TooMany):
        told["retry_after_s"] = error.retry_after_s
    if isinstance(error, Invalid) and error.fields:
        told["fields"] = error.fields
    return {"error": told}


def answered(handler: Callable[[dict[str, Any]], Answer]) -> Callable[..., Answer]:
    """Wrap a handler: takes any payload, always answers, never lets an error out.

    Two transactions that waited for each other are tried again: the database chose one to give up.
    So is one whose unique row another has just made: now it finds that row.
    """

    @functools.wraps(handler)
    def handle(payload: Any = None, *rest: Any) -> Answer:
        if payload is None:
            payload = {}
        if not isinstance(payload, dict) or rest:
            return failure(Invalid("Send one object.", code="bad_payload"))
        for attempt in range(1, TRIES + 1):
            try:
                return handler(payload)
            except Repeated as repeated:
                return {"seq": repeated.posted.seq}
            except HelpdeskError as error:
                return failure(error)
            except (OperationalError, DBAPIError) as error:
                lost_a_race = is_contention(error) or isinstance(error, IntegrityError)
                if lost_a_race and attempt < TRIES:
                    continue
                log.error(
                    "the database refused %s: %s", handler.__name__, type(error.orig).__name__
                )
                return _unavailable()
            except Exception:
                log.exception("%s failed", handler.__name__)
                return _unavailable()
        return _unavailable()

    return handle


def _unavailable() -> Answer:
    message = "That did not work on our side. Nothing was changed; try again in a moment."
    return {"error": {"code": "unavailable", "message": message, "retry_after_s": 1}}


def text_of(payload: dict[str, Any], key: str, most: int, *, needed: bool = False) -> str | None:
    """A text field; Invalid when it is no text, too long, or needed and absent."""
    value = payload.get(key)
    if value is None or value == "":
        if needed:
            raise Invalid(f"{key} is missing.", fields={key: "missing"})
        return None
    if not isinstance(value, str) or len(value) > most:
        raise Invalid(f"{key} is not usable.", fields={key: f"text of up to {most} characters"})
    return value


def id_of(payload: dict[str, Any], key: str) -> str:
    """An id; what is no id cannot exist, so it reads like any unknown one."""
    value = payload.get(key)
    if not is_id(value):
        raise Invalid(f"{key} is not an id.", fields={key: "an id"}, code="not_found")
    return str(value)


def whole_of(payload: dict[str, Any], key: str) -> int:
    value = payload.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 2**31 - 1:
        raise Invalid(f"{key} is not usable.", fields={key: "a whole number"})
    return value


def moment_of(payload: dict[str, Any], key: str) -> datetime | None:
    """An instant in ISO 8601 with its zone, or None."""
    value = payload.get(key)
    if value in (None, ""):
        return None
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise Invalid(f"{key} is not usable.", fields={key: "a time with its zone"})
    return at


def ids_of(payload: dict[str, Any], key: str, most: int) -> list[str]:
    value = payload.get(key) or []
    if not isinstance(value, list) or len(value) > most or not all(is_id(v) for v in value):
        raise Invalid(f"{key} is not usable.", fields={key: f"up to {most} ids"})
    return value
