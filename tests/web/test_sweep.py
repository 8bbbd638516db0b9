"""Every address with odd words in every place it reads: no error of ours, nothing of the inside.

The words go into what a view's module asks for: the names of its query, the fields of its bodies.
Ids are those of a desk with something in it, so that views get far (A15, J1, J2, J9, K5, E8).
"""

from __future__ import annotations

import inspect
import itertools
import re
import sys
import types
import typing
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from helpdesk.core.ids import new_id
from helpdesk.mail.reading import readers
from helpdesk.web.bodies import Body
from tests.web.reach_scene import furnished
from tests.web.signed_in import browser_as

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.timeout(600),  # every address with every odd word
]

WORDS = [
    "' OR '1'='1' --", "'; DROP TABLE ticket; --", "1) UNION SELECT 1,2--", '" AND OR NOT * ( :',
    "%" * 10_000, "{{7*7}}", "{0.__class__.__mro__}", "%s%n", "${jndi:ldap://x}", "\ud800", "\0",
    "<script>alert(1)</script>", "../../../etc/passwd", "a" * 50_000, "\u202egnp.exe",
    "𝕬\u0301" * 50, "-1", "1e9", "99999999999999999999", "NaN", "0x10", "null", "true", "[]",
    "2026-02-30T25:61:00Z", "http://169.254.169.254/", "=cmd|' /C calc'!A0",
    "\r\nSet-Cookie: x=1", "(a+)+$", "\x1b[31m", "",
]  # fmt: skip
ODD: list[Any] = [None, True, -1, 2**70, 1.5, [], ["x"], {}, {"a": {"b": []}}]
INSIDE = re.compile(r"Traceback \(most|sqlite3\.|psycopg|SELECT .+ FROM|/tmp/|site-packages")
LEFT_OUT = {"static", "auth.sign_out"}
_QUERY = re.compile(r"(?:query_\w+|args\.get(?:list)?|wanted)\(\s*\"(\w+)\"")


class Source:
    """One odd thing after the other, so that each place sees some and all are seen."""

    def __init__(self) -> None:
        self._words, self._odd = itertools.cycle(WORDS), itertools.cycle(ODD)
        self._turn = itertools.count()

    def word(self) -> str:
        return next(self._words)

    def value(self, hint: Any) -> Any:
        """Something for a field: mostly of the right kind, sometimes not at all."""
        if next(self._turn) % 7 == 0:
            return next(self._odd)
        kinds = [hint, *(typing.get_args(hint) if _is_choice(hint) else ())]
        for kind in kinds:
            if typing.get_origin(kind) in (list, tuple, set, frozenset):
                return [self.word(), self.word()]
            if typing.get_origin(kind) is typing.Literal and next(self._turn) % 2:
                return typing.get_args(kind)[0]
        for kind, value in ((bool, True), (int, 2**40), (float, -1.5), (dict, {"a": self.word()})):
            if kind in kinds:
                return value
        return self.word()


def _is_choice(hint: Any) -> bool:
    return typing.get_origin(hint) in (typing.Union, types.UnionType)


def paths(rule: Rule, ids: dict[str, str]) -> list[str]:
    """With ids of the scene and, where the rule takes other words, with odd ones."""
    special = dict(ids)
    special["merge_id"] = ids["tickets.merge_id" if "ticket" in rule.rule else "customers.merge_id"]
    path = re.sub(r"<(?:id|int):([^>]+)>", lambda one: special.get(one[1]) or new_id(), rule.rule)
    path = re.sub(r"<any\(([^),]+)[^>]*>", lambda one: one[1].strip("'\" "), path)
    odd = ("something", "%27%20OR%201--", "..%2f..%2fetc", "%00")
    return [re.sub(r"<[^>]+>", word, path) for word in odd] if "<" in path else [path]


def names_asked(app: Flask, endpoint: str) -> list[str]:
    module = sys.modules[inspect.unwrap(app.view_functions[endpoint]).__module__]
    return sorted({"cursor", "q", "sort", *_QUERY.findall(inspect.getsource(module))})


def shapes(app: Flask, endpoint: str) -> list[type[msgspec.Struct]]:
    """The bodies that the view's module knows, its own and those it borrows."""
    module = sys.modules[inspect.unwrap(app.view_functions[endpoint]).__module__]
    found = [one for one in vars(module).values() if isinstance(one, type)]
    return [one for one in found if issubclass(one, Body) and one is not Body]


def bodies(app: Flask, rule: Rule, source: Source) -> Iterator[dict[str, Any]]:
    """What is sent along: as JSON and as a form, each shape of the module, and none of them."""
    yield {"json": {"is_admin": True, "id": new_id(), "created_at": "2020-01-01T00:00:00Z"}}
    yield {"data": "[" * 10_000, "content_type": "application/json"}
    for shape in shapes(app, rule.endpoint):
        fields = msgspec.structs.fields(shape)
        good = {f.encode_name: _good(f.type) for f in fields if f.required}
        for f in fields:
            given = good | {f.encode_name: source.value(f.type)}
            yield {"data": msgspec.json.encode(_plain(given)), "content_type": "application/json"}
            form = {name: str(value) for name, value in good.items()}
            yield {"data": form | {f.encode_name: _plain(source.word())}}


def _good(hint: Any) -> Any:
    """What may pass for a field of this kind, so that the odd one beside it is looked at."""
    if typing.get_origin(hint) is typing.Literal:
        return typing.get_args(hint)[0]
    kinds = {hint, typing.get_origin(hint), *typing.get_args(hint)}
    for kind, value in ((bool, True), (int, 1), (float, 1.0), (list, []), (tuple, []), (dict, {})):
        if kind in kinds:
            return value
    return "Ada"


def _plain(value: Any) -> Any:
    """Half a character has no place in JSON; the rest goes as it is."""
    if isinstance(value, str):
        return value.replace("\ud800", "?")
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value


def asked(app: Flask, rule: Rule, method: str, source: Source) -> Iterator[dict[str, Any]]:
    if method == "GET":
        for name in names_asked(app, rule.endpoint):
            for _ in range(3):
                yield {"query_string": {name: source.word().encode("utf-8", "surrogatepass")}}
    else:
        yield from bodies(app, rule, source)


def wrong_with(answer: TestResponse) -> str:
    text = answer.get_data().decode("utf-8", "replace")  # some are sounds and pictures
    if answer.status_code >= 500 and answer.status_code != 503:
        return text[:300]
    if found := INSIDE.search(text):
        return found[0]
    lines = [value for _, value in answer.headers if "\n" in value or "\r" in value]
    return f"a broken header {lines[0]!r}" if lines else ""


def test_J1_J2_J9_K5_odd_words_anywhere_are_no_error_of_ours(
    app: Flask,
) -> None:
    app.testing, ids = False, furnished(app).ids
    source, wrong, seen = Source(), [], Counter[int]()
    accepts = itertools.cycle(("application/json", "text/html"))
    for rule in app.url_map.iter_rules():
        if rule.endpoint in LEFT_OUT:
            continue
        admin = browser_as(app, "admin")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            for path in paths(rule, ids):
                for given in asked(app, rule, method, source):
                    given["headers"] = {"Accept": next(accepts)}
                    with admin.open(path, method, buffered=True, **given) as answer:
                        seen[answer.status_code] += 1
                        if found := wrong_with(answer):
                            wrong.append((method, rule.rule, str(given)[:200], found))
    readers.close()
    assert not wrong, "\n".join(map(str, wrong))
    assert seen[200] > 500  # so it is no row of closed doors
    assert seen[400] > 500
