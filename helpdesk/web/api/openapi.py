"""The OpenAPI 3.1 document, made from the declared operations and their structs.

Built once per process, since the code does not change while it runs. Not written by hand
anywhere: what is not declared is not in it, and what is in it is what the checks use.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import msgspec
from flask import Response, make_response

from helpdesk import __version__
from helpdesk.web import doors
from helpdesk.web.api import idempotency
from helpdesk.web.api.base import FORM, Operation, door, operations
from helpdesk.web.api.shapes import ID

PROBLEM = "application/problem+json"
REF = "#/components/schemas/{name}"

_ERRORS = {
    400: "Something in the request can't be used.",
    401: "The token is missing or no longer good.",
    403: "Your role does not allow this.",
    404: "It does not exist, or not for you.",
    405: "This address does not take this method.",
    409: "It has changed meanwhile, or can't be done as things stand.",
    413: "The request is larger than is taken here.",
    415: "The body is not application/json.",
    429: "Too many requests; `Retry-After` says when to go on.",
}


class Problem(msgspec.Struct, kw_only=True):
    """What went wrong (RFC 9457). `code` is stable for programs, `detail` is for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    fields: dict[str, str] | msgspec.UnsetType = msgspec.UNSET
    reference: str | msgspec.UnsetType = msgspec.UNSET


@door.get("/openapi.json", provide_automatic_options=False, merge_slashes=False)
@doors.allow("public")
def openapi() -> Response:
    """This document."""
    response = make_response(_encoded())
    response.mimetype = "application/json"
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


@lru_cache(maxsize=1)
def _encoded() -> bytes:
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The document as plain JSON values."""
    bodies = [one.body for one in operations if one.body is not None]
    answers = [shape for one in operations for shape in one.gives]
    refs, components = msgspec.json.schema_components(
        [*bodies, *answers, Problem], ref_template=REF
    )
    wanted = [*bodies, *answers]
    named = {repr(shape): ref for shape, ref in zip(wanted, refs, strict=False)}
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, named)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Helpdesk",
            "version": __version__,
            "description": "Customers, conversations and the people who answer them.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/api/v1"}],
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in dict.fromkeys(one.resource for one in operations)],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token that a person made under Account, API tokens.",
                }
            },
            "schemas": components,
        },
    }


def _operation(one: Operation, named: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.name,
        "tags": [one.resource],
        "summary": one.summary,
        "description": _description(one),
        "parameters": [*_path_parameters(one), *_query_parameters(one), *_headers(one)],
        "responses": {**_good(one, named), **_bad(one)},
    }
    if one.takes == FORM:
        told["requestBody"] = {"required": True, "content": {FORM: {"schema": _UPLOAD}}}
    if one.body is not None:
        told["requestBody"] = {
            "required": one.body_needed,
            "content": {"application/json": {"schema": named[repr(one.body)]}},
        }
    return told


def _description(one: Operation) -> str:
    words = f"For {', '.join(one.who[:-1])} and {one.who[-1]}." if len(one.who) > 1 else ""
    words = words or f"For {one.who[0].replace('signed_in', 'everybody with a token')}."
    return f"{one.description} {words}".strip()


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    found = re.findall(r"<(?:(\w+):)?(\w+)>", one.rule)
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARTS[kind]}
        for kind, name in found
    ]


# What a part of a path may hold, by its converter.
_PARTS: dict[str, dict[str, Any]] = {
    "id": {"type": "string", "pattern": ID, "format": "uuid"},
    "int": {"type": "integer", "minimum": 0},
    "": {"type": "string", "minLength": 1},
}


def _query_parameters(one: Operation) -> list[dict[str, Any]]:
    if one.query is None:
        return []
    (_,), components = msgspec.json.schema_components([one.query], ref_template=REF)
    shape = components[one.query.__name__]
    parameters = []
    for name, schema in shape["properties"].items():
        told = {"name": name, "in": "query", "required": name in shape["required"]}
        words = schema.pop("description", "")
        parameters.append({**told, **({"description": words} if words else {}), "schema": schema})
    return parameters


def _headers(one: Operation) -> list[dict[str, Any]]:
    if one.method == "POST" and one.takes != FORM:
        return [
            {
                "name": idempotency.HEADER,
                "in": "header",
                "required": False,
                "description": "A new random text for each thing you want done; sent again with "
                "the same text, the request has no second effect and gets the first answer.",
                "schema": {"type": "string", "pattern": idempotency.PATTERN},
            }
        ]
    if one.versioned:
        return [
            {
                "name": "If-Match",
                "in": "header",
                "required": False,
                "description": "The version you have read (the ETag), instead of `version`.",
                "schema": {"type": "string", "pattern": r'^"?[0-9]{1,9}"?$'},
            }
        ]
    return []


def _good(one: Operation, named: dict[str, Any]) -> dict[str, Any]:
    if one.answers != "application/json":
        content = {one.answers: {"schema": {"type": "string", "format": "binary"}}}
        return {"200": {"description": "The file.", "content": content}}
    if not one.gives:
        return {"204": {"description": "Done."}}
    shapes = [named[repr(shape)] for shape in one.gives]
    schema = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
    answer = {"description": "Done.", "content": {"application/json": {"schema": schema}}}
    if one.status == 201:
        # Sent again (same key, same client_msg_id), some things are answered as they are.
        return {"201": {**answer, "description": "Made."}, "200": answer}
    return {str(one.status): answer}


def _bad(one: Operation) -> dict[str, Any]:
    statuses = {400, 401, 403, 404, 405, 409, 429}
    if one.method != "GET":
        statuses |= {413, 415}
    schema = {"$ref": REF.format(name="Problem")}
    return {
        str(status): {
            "description": _ERRORS[status],
            "content": {PROBLEM: {"schema": schema}},
            **({"headers": {"Retry-After": _RETRY}} if status == 429 else {}),
        }
        for status in sorted(statuses)
    }


_UPLOAD = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
_RETRY = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
