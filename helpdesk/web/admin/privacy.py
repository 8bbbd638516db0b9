"""Privacy: what customers are asked for, the notice in its versions, and what is kept how long."""

from __future__ import annotations

from typing import Any

from flask import Response

from helpdesk.consents import purposes
from helpdesk.consents.deciding import BASES, CHANNELS
from helpdesk.consents.purposes import Purpose
from helpdesk.core.errors import Conflict, Forbidden, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.privacy import notices, settings
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Given, Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow
from helpdesk.web.portal.speech import LANGUAGES

HERE = "privacy"
HOME = "/admin/privacy"
NAMES = {"en": "English", "de": "German"}  # of the languages, for colleagues
RULES = ("waiting_days", "copy_days", *(f"keep_{kind}" for kind in settings.KINDS))
RULES_SHAPE = Shape(texts=RULES)
NOTICE_SHAPE = Shape(texts=tuple(f"notice_{code}" for code in LANGUAGES))
WORDS = tuple(f"{part}_{code}" for code in LANGUAGES for part in ("name", "text"))
PURPOSE_SHAPE = Shape(texts=("basis", *WORDS), lists=("channels",))
MOST_DIGITS = 6


@door.get("/privacy")
@allow("admin")
def privacy_rules() -> Response:
    with reading(doors.actor()) as work:
        return _home(work)


@door.post("/privacy/rules")
@allow("admin")
def save_privacy_rules() -> Response:
    given = forms.read(RULES_SHAPE)
    try:
        with begin(doors.actor()) as work:
            settings.change(work, _rules(given.values))
    except Invalid as error:
        return _wrong(error, rules=given.values)
    return doors.go(f"{HOME}?note=saved")


@door.post("/privacy/notice")
@allow("admin")
def save_privacy_notice() -> Response:
    """A text that differs becomes the next version; the former ones stay."""
    given = forms.read(NOTICE_SHAPE)
    texts = {code: given.values[f"notice_{code}"] for code in LANGUAGES}
    try:
        with begin(doors.actor()) as work:
            notices.write(work, texts, after=given.version)
    except (Invalid, Conflict) as error:
        return _wrong(error, notice=given.values)
    return doors.go(f"{HOME}?note=saved")


@door.get("/privacy/purposes/new")
@allow("admin")
def new_purpose() -> Response:
    with reading(doors.actor()) as work:
        return _purpose(work, None, _blank())


@door.post("/privacy/purposes/new")
@allow("admin")
def add_purpose() -> Response:
    given = forms.read(PURPOSE_SHAPE)
    try:
        with begin(doors.actor()) as work:
            purposes.add(work, **_read(given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            return _purpose(work, None, given.values, error=error, given=given)
    return doors.go(f"{HOME}?note=added")


@door.get("/privacy/purposes/<key>")
@allow("admin")
def purpose(key: str) -> Response:
    with reading(doors.actor()) as work:
        found = purposes.get(work, key)
        return _purpose(work, found, _values(found))


@door.post("/privacy/purposes/<key>")
@allow("admin")
def save_purpose(key: str) -> Response:
    given = forms.read(PURPOSE_SHAPE)
    try:
        with begin(doors.actor()) as work:
            purposes.change(work, key, version=given.version, **_read(given.values))
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            found = purposes.get(work, key)
            return _purpose(work, found, given.values, error=error, given=given)
    return doors.go(f"{HOME}?note=saved")


@door.post("/privacy/purposes/<key>/remove")
@allow("admin")
def remove_purpose(key: str) -> Response:
    try:
        with begin(doors.actor()) as work:
            purposes.remove(work, key)
    except Forbidden as error:
        return _wrong(error)
    return doors.go(f"{HOME}?note=removed")


def _rules(values: Values) -> settings.Rules:
    wrong = {name: "Use a whole number." for name in RULES if not _is_whole(values[name])}
    if wrong:
        raise Invalid(fields=wrong)
    return settings.Rules(
        int(values["waiting_days"]),
        int(values["copy_days"]),
        {kind: int(values[f"keep_{kind}"]) for kind in settings.KINDS},
    )


def _is_whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS


def _read(values: Values) -> dict[str, Any]:
    return {
        "basis": values["basis"],
        "channels": values["channels"],
        "texts": {
            code: {"name": values[f"name_{code}"], "text": values[f"text_{code}"]}
            for code in LANGUAGES
        },
    }


def _blank() -> Values:
    return {**dict.fromkeys(PURPOSE_SHAPE.texts, ""), "basis": "only_given", "channels": ["email"]}


def _values(found: Purpose) -> Values:
    texts = {code: found.texts.get(code, {}) for code in LANGUAGES}
    return {
        "basis": found.basis,
        "channels": list(found.channels),
        **{f"{part}_{code}": one.get(part, "") for code, one in texts.items()
           for part in ("name", "text")},
    }  # fmt: skip


def _wrong(error: HelpdeskError, **given: Values) -> Response:
    with reading(doors.actor()) as work:
        return _home(work, error, **given)


def _home(
    work: Work,
    error: HelpdeskError | None = None,
    *,
    rules: Values | None = None,
    notice: Values | None = None,
) -> Response:
    stored, now = settings.of(work), notices.current(work)
    told = frame.refusal(error) if error else {}
    return show(
        "privacy.html",
        HERE,
        error.status if error else 200,
        purposes=purposes.every(work),
        bases=BASES,
        channels=CHANNELS,
        rules=rules
        or {
            "waiting_days": str(stored.waiting_days),
            "copy_days": str(stored.copy_days),
            **{f"keep_{kind}": str(stored.kept_days(kind)) for kind in settings.KINDS},
        },
        kinds=settings.KINDS,
        notice=notice
        or {f"notice_{code}": (now.texts.get(code, "") if now else "") for code in LANGUAGES},
        number=now.number if now else 0,
        versions=notices.versions(work)[1:],
        languages=NAMES,
        longest=notices.LONGEST,
        **told,
    )


def _purpose(
    work: Work,
    found: Purpose | None,
    form: Values,
    *,
    error: HelpdeskError | None = None,
    given: Given | None = None,
) -> Response:
    fixed = found is not None and found.key == purposes.SERVICE
    return show(
        "purpose.html",
        HERE,
        error.status if error else 200,
        purpose=found,
        form=form,
        fixed=fixed,
        own=found is not None and found.key not in purposes.BUILT_IN,
        was=forms.as_was(given.was if given else form),
        version=given.version if given else found.version if found else 0,
        bases=[(k, v) for k, v in BASES.items() if (k == "always") == fixed],
        channels=CHANNELS,
        versions=purposes.versions(work, found.key) if found else [],
        languages=NAMES,
        longest=purposes.LONGEST_TEXT,
        **(frame.refusal(error) if error else {}),
    )
