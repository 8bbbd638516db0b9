"""Words written beforehand: kept by administrators, filled in by agents.

WhatsApp takes nothing else after its window; it knows each by a content id that it has approved.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from helpdesk.core.db import is_duplicate
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.work import Work
from helpdesk.texts.models import TextTemplate

LONGEST = 1024
LONGEST_VALUE = 300
MOST_VARIABLES = 10
_VARIABLE = re.compile(r"\{\{\s*(\d{1,3})\s*\}\}")
_ANY_BRACES = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_CONTENT_SID = re.compile(r"HX[0-9a-fA-F]{32}")
_LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def variables(body: str) -> list[str]:
    """The numbers of what is filled in, in order."""
    return sorted(set(_VARIABLE.findall(body)), key=int)


def filled(body: str, values: Mapping[str, str]) -> str:
    """The words with their variables filled in; Invalid where one has no value."""
    for name in variables(body):
        value = values.get(name, "").strip()
        if not value:
            raise Invalid("Fill in every place of the template.", fields={f"v{name}": "Needed."})
        if len(value) > LONGEST_VALUE or not value.isprintable():
            raise Invalid(
                f"Use at most {LONGEST_VALUE} characters on one line.",
                fields={f"v{name}": f"Use at most {LONGEST_VALUE} characters on one line."},
            )
    return _VARIABLE.sub(lambda found: values[found.group(1)].strip(), body)


def usable(work: Work, channel: str) -> Sequence[TextTemplate]:
    """Not archived; for WhatsApp those that it has approved."""
    wanted = select(TextTemplate).where(TextTemplate.archived_at.is_(None))
    if channel == "whatsapp":
        wanted = wanted.where(TextTemplate.content_sid != "")
    order = (TextTemplate.name, TextTemplate.language)
    return work.session.scalars(wanted.order_by(*order).limit(200)).all()


def every(work: Work) -> Sequence[TextTemplate]:
    """For the administrator: those in use first."""
    order = (TextTemplate.archived_at.is_not(None), TextTemplate.name, TextTemplate.language)
    return work.session.scalars(select(TextTemplate).order_by(*order).limit(500)).all()


def get(work: Work, template_id: str) -> TextTemplate:
    row = work.session.get(TextTemplate, template_id) if is_id(template_id) else None
    if row is None:
        raise NotFound("This template does not exist any more.")
    return row


def add(work: Work, *, name: str, language: str, body: str, content_sid: str = "") -> TextTemplate:
    _set_up(work)
    facts = _checked(name=name, language=language, body=body, content_sid=content_sid)
    row = TextTemplate(id=new_id(), archived_at=None, created_at=work.at, **facts)
    _store(work, row)
    work.audit("text_template.added", "text_template", row.id, **facts)
    return row


def change(
    work: Work, template_id: str, *, version: int, name: str, language: str, body: str,
    content_sid: str = "",
) -> TextTemplate:  # fmt: skip
    _set_up(work)
    facts = _checked(name=name, language=language, body=body, content_sid=content_sid)
    row = _held(work, template_id)
    if row.version != version:
        raise Conflict("Somebody else has changed this template.", code="stale")
    for key, value in facts.items():
        setattr(row, key, value)
    row.version += 1
    _store(work, row)
    work.audit("text_template.changed", "text_template", row.id, **facts)
    return row


def archive(work: Work, template_id: str, *, archived: bool) -> None:
    """Put it aside or take it back; what was sent with it stays as it was."""
    _set_up(work)
    row = _held(work, template_id)
    if (row.archived_at is not None) == archived:
        return
    row.archived_at = work.at if archived else None
    row.version += 1
    _store(work, row)
    what = "archived" if archived else "restored"
    work.audit(f"text_template.{what}", "text_template", row.id, name=row.name)


def _store(work: Work, row: TextTemplate) -> None:
    try:
        with work.session.begin_nested():
            work.session.add(row)
            work.session.flush()
    except IntegrityError as error:
        if is_duplicate(error, "uq_text_template_name") or "text_template.name" in str(error.orig):
            raise Conflict(
                "There is a template of this name in this language.", code="name_taken"
            ) from None
        raise


def _held(work: Work, template_id: str) -> TextTemplate:
    get(work, template_id)
    return work.session.get_one(
        TextTemplate, template_id, with_for_update=True, populate_existing=True
    )


def _set_up(work: Work) -> None:
    if work.actor.role not in ("admin", "supervisor") and work.actor.kind != "system":
        raise Forbidden("Only administrators and supervisors change templates.")


def _checked(*, name: str, language: str, body: str, content_sid: str) -> dict[str, Any]:
    facts = {
        "name": " ".join(name.split()),
        "language": language.strip(),
        "body": body.replace("\r\n", "\n").replace("\0", "").strip(),
        "content_sid": content_sid.strip(),
    }
    wrong = {key: told for key, told in _wrong(facts).items() if told}
    if wrong:
        raise Invalid(fields=wrong)
    return facts


def _wrong(facts: Mapping[str, str]) -> dict[str, str]:
    name, body, sid = facts["name"], facts["body"], facts["content_sid"]
    numbers = variables(body)
    return {
        "name": "" if 1 <= len(name) <= 80 else "Use 1 to 80 characters.",
        "language": ""
        if _LANGUAGE.fullmatch(facts["language"])
        else "Write the language's code, like en or pt_BR.",
        "body": _wrong_body(body, numbers),
        "content_sid": ""
        if not sid or _CONTENT_SID.fullmatch(sid)
        else "A content id is HX and 32 letters and digits; the carrier shows it.",
    }


def _wrong_body(body: str, numbers: Sequence[str]) -> str:
    if not 1 <= len(body) <= LONGEST:
        return f"Use 1 to {LONGEST} characters."
    if len(_ANY_BRACES.findall(body)) != len(_VARIABLE.findall(body)):
        return "What is filled in has a number in two braces, like {{1}}."
    if list(numbers) != [str(n + 1) for n in range(len(numbers))]:
        return "Number what is filled in from 1 on, without gaps."
    return "" if len(numbers) <= MOST_VARIABLES else f"Use at most {MOST_VARIABLES} of them."
