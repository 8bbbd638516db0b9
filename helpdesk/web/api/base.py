"""The API's door, and how an operation is declared and carried out.

A resource's module writes `@operation(...)` over a function that takes the work and what was
asked, and answers a struct. Everything around it (reading in, transaction, repeats, writing out,
the OpenAPI document) follows from that declaration. Not for rules of any subject.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import msgspec
from flask import Blueprint, Response, make_response
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from helpdesk.core.db import is_contention
from helpdesk.core.errors import Conflict, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors
from helpdesk.web.api import idempotency
from helpdesk.web.api.reading_in import has_body, read_body, read_query
from helpdesk.web.api.shapes import Query
from helpdesk.web.bodies import Body

Handler = TypeVar("Handler", bound=Callable[..., Any])
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]

PREFIX = "/api/v1"
TRIES = 4

DESK = ("agent", "supervisor", "admin")
STAFF = (*DESK, "technician")
DESK_AND_CUSTOMERS = (*DESK, "customer")
SUPERVISE = ("supervisor", "admin")
ADMIN = ("admin",)

door = Blueprint("api", __name__, url_prefix=PREFIX)


@dataclass(frozen=True, slots=True)
class Operation:
    """One method on one path, as the code declares it and the document shows it."""

    name: str
    method: Method
    rule: str
    who: tuple[str, ...]
    query: type[Query] | None
    body: type[Body] | None
    body_needed: bool
    gives: tuple[Any, ...]
    status: int
    versioned: bool
    resource: str
    summary: str
    description: str
    takes: str = "application/json"
    answers: str = "application/json"

    @property
    def path(self) -> str:
        """The path as OpenAPI writes it."""
        return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", self.rule)

    @property
    def ids(self) -> list[str]:
        return re.findall(r"<(?:\w+:)?(\w+)>", self.rule)


BYTES = "application/octet-stream"
FORM = "multipart/form-data"


class Undo(Exception):
    """Answer `result` with 200, but keep nothing of this transaction."""

    def __init__(self, result: Any) -> None:
        super().__init__("given up")
        self.result = result


operations: list[Operation] = []


def operation(
    method: Method,
    rule: str,
    *,
    who: tuple[str, ...],
    gives: Any = None,
    query: type[Query] | None = None,
    body: type[Body] | None = None,
    body_needed: bool = True,
    status: int = 200,
    versioned: bool = False,
) -> Callable[[Handler], Handler]:
    """Make the function an operation of the API.

    It is called with the work, the ids of the path by name, `query` and `body` where declared.
    `gives` is the answer's struct or several that it may be, None for an empty answer.
    `versioned`: a change that needs the version it was made from (see `version_asked`).
    """

    def register(handler: Handler) -> Handler:
        words = inspect.getdoc(handler) or ""
        summary, _, description = words.partition("\n")
        one = Operation(
            name=handler.__name__,
            method=method,
            rule=rule,
            who=who,
            query=query,
            body=body,
            body_needed=body_needed,
            gives=gives if isinstance(gives, tuple) else (gives,) if gives else (),
            status=status if gives else 204,
            versioned=versioned,
            resource=rule.split("/")[1],
            summary=" ".join(summary.split()).rstrip("."),
            description=" ".join(description.split()),
        )
        operations.append(one)

        @doors.allow(*who)
        @functools.wraps(handler)
        def view(**ids: str) -> Response:
            return _carry_out(one, handler, ids)

        door.add_url_rule(
            rule,
            endpoint=one.name,
            view_func=view,
            methods=[method],
            merge_slashes=False,
            provide_automatic_options=False,
        )
        return handler

    return register


def plain_operation(
    method: Method,
    rule: str,
    *,
    who: tuple[str, ...],
    gives: Any = None,
    status: int = 200,
    takes: str = "",
    answers: str = "application/json",
) -> Callable[[Handler], Handler]:
    """An operation that carries files: it reads its request and makes its answer by itself."""

    def register(handler: Handler) -> Handler:
        summary, _, description = (inspect.getdoc(handler) or "").partition("\n")
        one = Operation(
            name=handler.__name__,
            method=method,
            rule=rule,
            who=who,
            query=None,
            body=None,
            body_needed=False,
            gives=(gives,) if gives else (),
            status=status,
            versioned=False,
            resource=rule.split("/")[1],
            summary=" ".join(summary.split()).rstrip("."),
            description=" ".join(description.split()),
            takes=takes,
            answers=answers,
        )
        operations.append(one)
        door.add_url_rule(
            rule,
            endpoint=one.name,
            view_func=doors.allow(*who, uploads=bool(takes))(handler),
            methods=[method],
            merge_slashes=False,
            provide_automatic_options=False,
        )
        return handler

    return register


def _carry_out(one: Operation, handler: Callable[..., Any], ids: dict[str, str]) -> Response:
    given: dict[str, Any] = dict(ids)
    asked = read_query(one.query or Query)
    if one.query is not None:
        given["query"] = asked
    if one.body is not None:
        given["body"] = (
            read_body(one.body) if one.body_needed or has_body() else msgspec.convert({}, one.body)
        )
    elif one.method != "GET" and has_body():
        read_body(Body)

    def run(work: Work) -> tuple[int, str]:
        return one.status, _text(one, handler(work, **given))

    return _respond(one, _with_work(one, run))


def _with_work(one: Operation, run: Callable[[Work], tuple[int, str]]) -> idempotency.Answer:
    """One transaction; tried again when the database gave it up for another one."""
    actor = doors.actor()
    key = idempotency.key_of_request(actor) if one.method == "POST" else None
    for attempt in range(1, TRIES + 1):
        try:
            if one.method == "GET":
                with reading(actor) as work:
                    return idempotency.Answer(*run(work))
            if key is not None:
                return idempotency.once(actor, key, run)
            with begin(actor) as work:
                answer = run(work)
            return idempotency.Answer(*answer)
        except Undo as undo:
            return idempotency.Answer(200, _text(one, undo.result))
        except IntegrityError as error:
            # The checks before it passed: somebody else did the same at this moment.
            raise Conflict("Somebody changed this meanwhile. Look again and repeat.") from error
        except DataError as error:
            raise Invalid("A value can't be stored as it is.", code="bad_value") from error
        except DBAPIError as error:
            if not is_contention(error) or attempt == TRIES:
                raise
    raise AssertionError("the last try answers or raises")


def _text(one: Operation, result: Any) -> str:
    return msgspec.json.encode(result).decode() if one.gives else ""


def _respond(one: Operation, answer: idempotency.Answer) -> Response:
    response = make_response(answer.body, answer.status)
    if not answer.body:
        response.headers.pop("Content-Type", None)
        return response
    response.mimetype = "application/json"
    if answer.repeated:
        response.headers["Idempotency-Replayed"] = "true"
    _point_at(one, response, answer.body)
    return response


class _Made(msgspec.Struct):
    id: str | None = None
    version: int | None = None


def _point_at(one: Operation, response: Response, body: str) -> None:
    """Location of what was made, ETag of what has a version."""
    made = msgspec.json.decode(body, type=_Made)
    if answer_is_new(one) and made.id and len(one.ids) == 0:
        response.headers["Location"] = f"{PREFIX}{one.path}/{made.id}"
    if made.version is not None:
        response.headers["ETag"] = f'"{made.version}"'


def answer_is_new(one: Operation) -> bool:
    return one.status == 201
