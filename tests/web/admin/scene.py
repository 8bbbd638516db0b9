"""What the tests of the admin area start from: forms as a browser would send them back."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

from sqlalchemy import Engine, event

from helpdesk.core.actors import Actor, system
from helpdesk.core.work import begin
from helpdesk.routing import setup
from tests.web.signed_in import Browser

PAYLOAD = "<img src=x onerror=window.__pwn=1>\"'{{7*7}}"


class _Fields(HTMLParser):
    """The successful controls of the first form that has a save button."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self.actions: list[str] = []
        self._select: str | None = None
        self._first: str | None = None
        self._text: str | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        at = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
            self.actions.append(at.get("action", ""))
        if not self.forms:
            return
        fields, name = self.forms[-1], at.get("name", "")
        if tag == "input" and name:
            ticked = at.get("type") not in ("checkbox", "radio") or "checked" in at
            if ticked and at.get("type") not in ("file", "search"):
                fields.append((name, at.get("value", "")))
        elif tag == "textarea" and name:
            self._text, self._words = name, ""
        elif tag == "select":
            self._select, self._first = name, None
        elif tag == "option" and self._select:
            if self._first is None:
                self._first = at.get("value", "")
                fields.append((self._select, self._first))
            if "selected" in at:
                fields[-1] = (self._select, at.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._text is not None:
            self.forms[-1].append((self._text, self._words))
            self._text = None
        elif tag == "select":
            self._select = None


def form_of(page: str) -> dict[str, Any]:
    """The edit form of a page as fields; a name that stands several times becomes a list."""
    parser = _Fields()
    parser.feed(page)
    [fields] = [form for form in parser.forms if any(name == "_was" for name, _ in form)]
    found: dict[str, Any] = {}
    for name, value in fields:
        if name in ("teams", "queues", "members", "instead"):
            found.setdefault(name, []).append(value)
        elif name.endswith("-values") and name in found:
            found[name] = [*([found[name]] if isinstance(found[name], str) else found[name]), value]
        elif name and name != "_csrf":
            found[name] = value
    return found


def fields_of(page: str, action: str) -> list[tuple[str, str]]:
    """The fields of the form that goes to `action` (the way back after a removal)."""
    parser = _Fields()
    parser.feed(page)
    [fields] = [form for form, to in zip(parser.forms, parser.actions, strict=True) if to == action]
    return [(name, value) for name, value in fields if name != "_csrf"]


def save(browser: Browser, path: str, **changes: Any) -> Any:
    """Open the page, change some fields and send its form."""
    fields = form_of(browser.get(path).text) | changes
    return browser.post(path, data=fields)


def queue(name: str = "General", **facts: Any) -> str:
    with begin(system("test")) as work:
        return setup.create_queue(work, name=name, **facts).id


def skill(name: str) -> str:
    with begin(system("test")) as work:
        return setup.create_skill(work, name).id


def words_of(page: str) -> str:
    """The page as it reads, without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def admin(user_id: str) -> Actor:
    return Actor("user", user_id, role="admin")


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of any database meanwhile."""
    asked: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SET")):
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", note)
