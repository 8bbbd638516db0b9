"""The REST API as one function: a request in, a status and a body out.

Addresses, access, errors and pages stand here; what a resource does in its own file.
"""

from __future__ import annotations

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from helpdesk.exchange.rest import (
    account,
    calls,
    conferences,
    messages,
    participants,
    queues,
    recordings,
)
from helpdesk.exchange.rest.requests import (
    NO_ACCESS,
    NO_METHOD,
    ApiError,
    Asked,
    judged,
    not_found,
)
from helpdesk.exchange.rest.resources import (
    AS_FILE,
    PAGING,
    File,
    Json,
    Listed,
    Made,
    Outcome,
    Route,
)
from helpdesk.exchange.switch import Switch

VERSION = "/2010-04-01"
_ROUTES: list[Route] = [
    *account.ROUTES,
    *calls.ROUTES,
    *conferences.ROUTES,
    *participants.ROUTES,
    *recordings.ROUTES,
    *queues.ROUTES,
    *messages.ROUTES,
]


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Json | bytes | None
    content_type: str = "application/json"


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{\w+\}", "([^/]+)", path))


_COMPILED = [(_pattern(route[1]), route) for route in _ROUTES]


def respond(
    switch: Switch, method: str, path: str, query: Mapping[str, list[str]],
    form: Mapping[str, list[str]], authorization: str,
) -> Reply:  # fmt: skip
    try:
        inside = _inside(switch, path, authorization)
        (_, _, takes, handler), ids = _routed(method, inside, path)
        asked = judged(Asked(method, path, ids, form, query), takes)
        return _reply(handler(switch, asked), asked)
    except ApiError as error:
        return Reply(error.status, error.body())


def _inside(switch: Switch, path: str, authorization: str) -> str:
    """The address below the account, for those who may see it."""
    ours = switch.account
    wanted = "Basic " + base64.b64encode(f"{ours.sid}:{ours.token}".encode()).decode()
    if not hmac.compare_digest(wanted.encode(), authorization.encode()):
        raise ApiError(401, NO_ACCESS, "Authenticate")
    root = f"{VERSION}/Accounts/{ours.sid}"
    if path == f"{root}.json":
        return ".json"
    if not path.startswith(f"{root}/"):
        raise not_found(path)
    return path.removeprefix(f"{root}/")


def _routed(method: str, inside: str, path: str) -> tuple[Route, tuple[str, ...]]:
    wanted = inside.removesuffix(".json") if inside.endswith(".json") else inside + AS_FILE
    others = False
    for pattern, route in _COMPILED:
        if match := pattern.fullmatch(wanted):
            if route[0] == method:
                return route, match.groups()
            others = True
    if others:
        raise ApiError(405, NO_METHOD, "Method not allowed")
    raise not_found(path)


def _reply(made: Outcome, asked: Asked) -> Reply:
    if made is None:
        return Reply(204, None)
    if isinstance(made, File):
        return Reply(200, made.data, made.content_type)
    if isinstance(made, Listed):
        return Reply(200, _page(made, asked))
    if isinstance(made, Made):
        return Reply(201, made.body)
    return Reply(200, made)


def _page(listed: Listed, asked: Asked) -> Json:
    size = int(_one(asked, "PageSize", "50"))
    page = int(_one(asked, "Page", "0"))
    items = listed.items[page * size : (page + 1) * size]
    more = len(listed.items) > (page + 1) * size
    return {
        listed.name: items,
        "first_page_uri": _uri(asked, 0, size),
        "next_page_uri": _uri(asked, page + 1, size) if more else None,
        "previous_page_uri": _uri(asked, page - 1, size) if page else None,
        "page": page,
        "page_size": size,
        "start": page * size,
        "end": page * size + max(0, len(items) - 1),
        "uri": asked.path + (f"?{urlencode(asked.query, doseq=True)}" if asked.query else ""),
    }


def _one(asked: Asked, name: str, default: str) -> str:
    return asked.query[name][0] if name in asked.query else default


def _uri(asked: Asked, page: int, size: int) -> str:
    query = {name: values for name, values in asked.query.items() if name not in PAGING}
    paging = {"PageSize": [str(size)], "Page": [str(page)], "PageToken": [f"PT{page}"]}
    return f"{asked.path}?{urlencode(query | (paging if page else {}), doseq=True)}"
