"""A request to the REST API, read and judged: which parameters there are and what they may be.

Pure. A parameter that the API does not have is refused by name, though the carrier would let it
pass: a misspelled one would else be noticed only on a real account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from helpdesk.exchange.calls import Watch
from helpdesk.exchange.values import Check

UNKNOWN_PARAMETER, BAD_PARAMETER, MISSING = 20001, 20001, 20001
NOT_FOUND, NO_ACCESS, NO_METHOD = 20404, 20003, 20004


class ApiError(Exception):
    """What goes wrong in a request; `code` is the carrier's number for it."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status, self.code = status, code

    def body(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": str(self),
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }


def not_found(uri: str) -> ApiError:
    return ApiError(404, NOT_FOUND, f"The requested resource {uri} was not found")


def wrong(code: int, message: str) -> ApiError:
    return ApiError(400, code, message)


@dataclass(frozen=True, slots=True)
class Takes:
    """The parameters of one operation."""

    params: Mapping[str, Check] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    many: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """`ids` are the sids out of the address, in order."""

    method: str
    path: str
    ids: tuple[str, ...] = ()
    values: Mapping[str, list[str]] = field(default_factory=dict)
    query: Mapping[str, list[str]] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def get(self, name: str, default: str = "") -> str:
        return self.values[name][0] if name in self.values else default

    def many(self, name: str) -> list[str]:
        return list(self.values.get(name, ()))

    def flag(self, name: str, default: bool = False) -> bool:
        return self.get(name).lower() == "true" if name in self.values else default

    def number(self, name: str, default: int) -> int:
        return int(self.get(name, str(default)))

    def watch(self, prefix: str, events: frozenset[str], default: str) -> Watch | None:
        """Who is told: `prefix`, `prefix`Method, and `prefix`Event, repeated or with spaces."""
        if not self.get(prefix):
            return None
        wanted = " ".join(self.many(f"{prefix}Event")).split() or default.split()
        if not set(wanted) <= events:
            raise wrong(21626, f"{prefix}Event may have {', '.join(sorted(events))}")
        return Watch(self.get(prefix), self.get(f"{prefix}Method", "POST"), frozenset(wanted))


def dates(*names: str) -> dict[str, Check]:
    """The parameters that limit a list by a date or instant: on it, from it on, or up to it."""
    return {f"{name}{sign}": _instant for name in names for sign in ("", "<", ">")}


def _instant(value: str) -> str | None:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return "must be a date or an instant as ISO 8601 writes it"
    return None


def within(asked: Asked, name: str, at: datetime | None) -> bool:
    """Whether an instant meets what `dates` of that name ask; an absent one never does."""
    for sign in ("", "<", ">"):
        wanted = asked.get(f"{name}{sign}")
        if wanted and (at is None or not _meets(sign, wanted, at)):
            return False
    return True


def _meets(sign: str, wanted: str, at: datetime) -> bool:
    limit = datetime.fromisoformat(wanted)
    limit = limit if limit.tzinfo else limit.replace(tzinfo=UTC)
    whole_day = len(wanted) == len("2026-01-31")
    if sign == "":
        return at.date() == limit.date()
    if sign == ">":
        return at >= limit
    return at < limit + timedelta(days=1) if whole_day else at <= limit


def judged(asked: Asked, takes: Takes) -> Asked:
    """The request if every parameter is one of the operation's and well-formed."""
    given = asked.query if asked.method == "GET" else asked.values
    if asked.method != "GET" and asked.query:
        raise wrong(UNKNOWN_PARAMETER, "parameters belong into the body of a POST")
    for name, written in given.items():
        check = takes.params.get(name)
        if check is None:
            raise wrong(UNKNOWN_PARAMETER, f"There is no parameter {name} here")
        if len(written) > 1 and name not in takes.many:
            raise wrong(BAD_PARAMETER, f"{name} is given twice")
        for value in written:
            if problem := check(value):
                raise wrong(BAD_PARAMETER, f"{name} {problem}: {value!r}")
    for name in takes.required:
        if not any(given.get(name, [])):
            raise wrong(MISSING, f"Required parameter {name} is missing")
    return Asked(asked.method, asked.path, asked.ids, given, asked.query)
