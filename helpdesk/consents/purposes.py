"""The purposes for which customers are written to or rung, and each version of what they say.

Service, surveys and product news are there from the start; an administrator changes their texts
and ways, and adds others. Service messages can't be refused, so nothing about them is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from helpdesk.consents import permissions
from helpdesk.consents.deciding import BASES, CHANNELS, Rule
from helpdesk.consents.models import ConsentPurpose, ConsentText
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.work import Work

SERVICE, SURVEYS, NEWS = "service", "surveys", "news"
LANGUAGES = ("en", "de")
LONGEST_NAME, LONGEST_TEXT = 80, 2_000
MOST = 30
_KEY = re.compile(r"[^a-z0-9]+")
Texts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Purpose:
    """`texts` {language: {"name", "text"}} of version `text_number`; 0 is what we wrote."""

    key: str
    basis: str
    channels: tuple[str, ...]
    texts: Texts
    position: int
    text_number: int = 0
    version: int = 0

    def name(self, language: str = "en") -> str:
        return str(self._in(language)["name"])

    def text(self, language: str = "en") -> str:
        return str(self._in(language)["text"])

    @property
    def rule(self) -> Rule:
        return Rule(self.name(), self.basis, self.channels)

    @property
    def may_be_refused(self) -> bool:
        return self.basis != "always"

    def _in(self, language: str) -> Mapping[str, str]:
        return self.texts.get(language) or self.texts.get("en") or next(iter(self.texts.values()))


BUILT_IN: Mapping[str, Purpose] = {
    SERVICE: Purpose(SERVICE, "always", tuple(CHANNELS), {
        "en": {"name": "Service messages", "text": (
            "Answers to what you asked, and what you need to know about your matters, visits and "
            "account. They belong to the service, so they can't be switched off.")},
        "de": {"name": "Servicenachrichten", "text": (
            "Antworten auf Ihre Fragen und was Sie zu Ihren Anliegen, Terminen und Ihrem Konto "
            "wissen müssen. Sie gehören zum Service und lassen sich nicht abschalten.")},
    }, 1),
    SURVEYS: Purpose(SURVEYS, "unless_withdrawn", ("email", "sms", "whatsapp"), {
        "en": {"name": "Surveys", "text": (
            "One short question after we helped you, at most once in 30 days.")},
        "de": {"name": "Umfragen", "text": (
            "Eine kurze Frage, nachdem wir geholfen haben, höchstens einmal in 30 Tagen.")},
    }, 2),
    NEWS: Purpose(NEWS, "only_given", ("email", "sms", "whatsapp", "call"), {
        "en": {"name": "Product news", "text": (
            "News about our products and offers, now and then. You can say no at any time.")},
        "de": {"name": "Produktneuigkeiten", "text": (
            "Ab und zu Neues zu unseren Produkten und Angeboten. Sie können jederzeit "
            "widersprechen.")},
    }, 3),
}  # fmt: skip


def every(work: Work) -> Sequence[Purpose]:
    """All that are in use, in their order; two statements."""
    rows = {row.key: row for row in work.session.scalars(select(ConsentPurpose))}
    texts = _texts(work, {key: row.text_number for key, row in rows.items()})
    found = [_made(row, texts) for row in rows.values() if row.removed_at is None]
    found += [one for key, one in BUILT_IN.items() if key not in rows]
    return sorted(found, key=lambda one: (one.position, one.key))


def find(work: Work, key: str) -> Purpose | None:
    """One that is in use. Service messages are what they are; nothing is read for them."""
    if key == SERVICE:
        return BUILT_IN[SERVICE]
    row = work.session.get(ConsentPurpose, key) if len(key) <= 40 else None
    if row is None:
        return BUILT_IN.get(key)
    return None if row.removed_at else _made(row, _texts(work, {key: row.text_number}))


def get(work: Work, key: str) -> Purpose:
    found = find(work, key)
    if found is None:
        raise NotFound("There is no such purpose.", code="no_purpose")
    return found


def versions(work: Work, key: str) -> Sequence[ConsentText]:
    """What it said before, the newest first."""
    return work.session.scalars(
        select(ConsentText)
        .where(ConsentText.purpose == key)
        .order_by(ConsentText.number.desc())
        .limit(50)
    ).all()


def add(work: Work, *, basis: str, channels: Sequence[str], texts: Texts) -> str:
    """A purpose of the installation's own; answers its key."""
    permissions.require_set_up(work)
    known = every(work)
    if len(known) >= MOST:
        raise Invalid(f"There are {MOST} purposes already.")
    checked = _checked("", basis, channels, texts)
    key = _KEY.sub("_", next(iter(checked["texts"].values()))["name"].lower()).strip("_")[:40]
    if not key or key in BUILT_IN or work.session.get(ConsentPurpose, key) is not None:
        raise Conflict("There is a purpose of this name.", code="name_taken")
    row = ConsentPurpose(
        key=key,
        basis=basis,
        channels=checked["channels"],
        position=max(one.position for one in known) + 1,
        text_number=0,
        removed_at=None,
        version=0,
    )
    work.session.add(row)
    _keep(work, row, checked["texts"])
    work.audit("consent_purpose.added", "consent_purpose", None, key=key, **checked)
    return key


def change(
    work: Work, key: str, *, version: int, basis: str, channels: Sequence[str], texts: Texts
) -> Purpose:
    """Conflict (`stale`) when somebody was first. A text that differs becomes a new version."""
    permissions.require_set_up(work)
    now = get(work, key)
    row = work.session.get(ConsentPurpose, key, with_for_update=True, populate_existing=True)
    if version != (row.version if row else 0):
        raise Conflict("Somebody changed this purpose meanwhile. Look again.", code="stale")
    checked = _checked(key, basis, channels, texts)
    if row is None:
        row = ConsentPurpose(
            key=key, position=now.position, text_number=0, removed_at=None, version=0
        )
        work.session.add(row)
    row.basis, row.channels = basis, checked["channels"]
    if checked["texts"] != {k: dict(v) for k, v in now.texts.items()} or not row.text_number:
        _keep(work, row, checked["texts"])
    row.version += 1
    work.session.flush()
    work.audit("consent_purpose.changed", "consent_purpose", None, key=key, **checked)
    return get(work, key)


def remove(work: Work, key: str) -> None:
    """Nothing is sent for it any more; what was said stays."""
    permissions.require_set_up(work)
    if key in BUILT_IN:
        raise Forbidden("This purpose belongs to the program. Take its channels away instead.")
    row = work.session.get(ConsentPurpose, key, with_for_update=True)
    if row is None:
        raise NotFound()
    if row.removed_at is None:
        row.removed_at = work.at
        row.version += 1
        work.session.flush()
        work.audit("consent_purpose.removed", "consent_purpose", None, key=key)


def _keep(work: Work, row: ConsentPurpose, texts: Texts) -> None:
    row.text_number += 1
    work.session.add(
        ConsentText(
            purpose=row.key,
            number=row.text_number,
            texts={language: dict(one) for language, one in texts.items()},
            at=work.at,
            actor=work.actor.label,
        )
    )
    work.session.flush()


def _texts(work: Work, wanted: Mapping[str, int]) -> dict[tuple[str, int], dict[str, Any]]:
    if not wanted:
        return {}
    rows = work.session.scalars(
        select(ConsentText).where(
            ConsentText.purpose.in_(list(wanted)), ConsentText.number.in_(set(wanted.values()))
        )
    )
    return {(row.purpose, row.number): row.texts for row in rows}


def _made(row: ConsentPurpose, texts: Mapping[tuple[str, int], dict[str, Any]]) -> Purpose:
    return Purpose(
        row.key,
        row.basis,
        tuple(row.channels),
        texts[row.key, row.text_number],
        row.position,
        row.text_number,
        row.version,
    )


def _checked(key: str, basis: str, channels: Sequence[str], texts: Texts) -> dict[str, Any]:
    wrong: dict[str, str] = {}
    if basis not in BASES or (key == SERVICE) != (basis == "always"):
        wrong["basis"] = "Choose when it may be sent."
    kept: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        given = texts.get(language, {})
        name = " ".join(given.get("name", "").split())
        text = given.get("text", "").replace("\r\n", "\n").strip()
        if len(name) > LONGEST_NAME:
            wrong[f"name_{language}"] = f"Use at most {LONGEST_NAME} characters."
        if len(text) > LONGEST_TEXT:
            wrong[f"text_{language}"] = f"Use at most {LONGEST_TEXT:,} characters."
        if bool(name) != bool(text):
            wrong[f"{'text' if name else 'name'}_{language}"] = "Give it a name and a text."
        if name and text:
            kept[language] = {"name": name, "text": text}
    if not kept and not wrong:
        wrong["name_en"] = "Give it a name and a text."
    if wrong:
        raise Invalid(fields=wrong)
    return {"basis": basis, "channels": [c for c in CHANNELS if c in channels], "texts": kept}
