"""What every page of the knowledge area stands in: its navigation, notes, and words for states.

Not for the pages themselves.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.work import Work
from helpdesk.kb import permissions, reading, sections, settings
from helpdesk.kb.models import Section
from helpdesk.web import doors

# Sentences after something was done; the address names them, so that nobody can write his own.
NOTES = {
    "begun": "A draft with what was asked and answered. The question is a note for colleagues.",
    "saved": "Saved as a new version.",
    "same": "Nothing had changed, so there is no new version.",
    "details": "Saved.",
    "submit": "A colleague can review it now.",
    "send_back": "It is back with its author.",
    "schedule": "It goes out by itself at that time.",
    "publish": "Published. Readers see this version now.",
    "withdraw": "Readers no longer see it. Nothing is lost.",
    "archive": "Archived. It can be brought back from the archive.",
    "restore": "It is a draft again.",
    "restored": "That version is the newest now. Publish it for readers to see it.",
    "discarded": "What was not saved is gone.",
    "language": "Begun with the words of the source language.",
    "language_gone": "This language is removed.",
    "current": "Marked as saying what the source says.",
    "withdrawn": "Readers of this language get another one now.",
    "address": "The address is changed. The old one leads on to it.",
    "reviewed": "Noted: it is still right.",
    "added": "Added.",
    "removed": "Removed.",
    "done": "Done.",
    "given": "Handed over.",
}
STATES = {
    "draft": ("Draft", "quiet", "pencil-line"),
    "review": ("In review", "info", "eye"),
    "scheduled": ("Scheduled", "info", "calendar-clock"),
    "published": ("Published", "success", "globe"),
    "archived": ("Archived", "quiet", "archive"),
}
AUDIENCES = {
    "public": ("Everybody", "globe"),
    "signed_in": ("Signed-in customers", "user-check"),
    "segment": ("Some customers", "users"),
    "internal": ("Colleagues only", "lock"),
}


def show(template: str, here: str, status: int = 200, **values: Any) -> Response:
    """A whole page; `here` marks the entry of the side navigation."""
    note = NOTES.get(request.args.get("note", ""))
    values = {"note": note, "errors": {}, "message": "", **values}
    return doors.page(
        f"knowledge/{template}", status, here=here, states=STATES, audiences=AUDIENCES, **values
    )


def section_choices(work: Work) -> list[tuple[str, str]]:
    """(id, "Category › Section") of all sections, in the order of the tree."""
    site = settings.get(work).default_locale
    return [(row.id, " › ".join(path)) for row, path in section_tree(work, site)]


def section_tree(work: Work, locale: str) -> list[tuple[Section, list[str]]]:
    """Every section below what it lies in, with the names on the way to it."""
    rows = permissions.sections_of(work)
    names = {row.id: sections.name_in(row, locale, locale) for row in rows}
    by_id = {row.id: row for row in rows}
    children: dict[str | None, list[Section]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    found: list[tuple[Section, list[str]]] = []
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        row = waiting.pop()
        path = [names[one.id] for one in reversed(reading.chain(by_id, row.id))]
        found.append((row, path))
        waiting.extend(reversed(children.get(row.id, [])))
    return found
