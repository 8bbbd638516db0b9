"""Brands, and what their mails say in each language."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work, begin, reading
from helpdesk.mail import mailboxes, wording
from helpdesk.mail.models import MailBrand, MailWording
from helpdesk.web import doors
from helpdesk.web.admin import door, forms, frame
from helpdesk.web.admin.forms import Shape, Values
from helpdesk.web.admin.frame import show
from helpdesk.web.doors import allow

HERE = "brands"
BRAND = Shape(texts=("name", "sender_name", "language"), flags=("is_default",))
WORDING = Shape(texts=("kind", "language", "subject", "text"))
LANGUAGES = [
    ("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español"),
    ("it", "Italiano"), ("nl", "Nederlands"), ("pt", "Português"), ("pl", "Polski"),
    ("sv", "Svenska"), ("da", "Dansk"), ("fi", "Suomi"), ("ja", "日本語"),
]  # fmt: skip
SAMPLE = {
    "text": "The part is on its way.",
    "signature": "-- \nSam Carter\nExample",
    "agent": "Sam Carter",
    "customer": "Ada Lovelace",
    "ticket": "T-10432",
    "brand": "Example",
}


@door.get("/brands")
@allow("admin")
def brands_list() -> Response:
    with reading(doors.actor()) as work:
        return show("mail_brands.html", HERE, rows=mailboxes.brands(work), languages=LANGUAGES)


@door.get("/brands/new")
@allow("admin")
def new_brand() -> Response:
    with reading(doors.actor()) as work:
        return _page(work, None, {"name": "", "sender_name": "", "language": "en",
                                  "is_default": ""})  # fmt: skip


@door.post("/brands/new")
@allow("admin")
def add_brand() -> Response:
    return _save(None)


@door.get("/brands/<id:brand_id>")
@allow("admin")
def brand(brand_id: str) -> Response:
    with reading(doors.actor()) as work:
        found = _brand(work, brand_id)
        return _page(work, found, _values(found))


@door.post("/brands/<id:brand_id>")
@allow("admin")
def save_brand(brand_id: str) -> Response:
    return _save(brand_id)


@door.post("/brands/<id:brand_id>/wording")
@allow("admin")
def save_wording(brand_id: str) -> Response:
    given = forms.read(WORDING)
    form = given.values
    try:
        with begin(doors.actor()) as work:
            mailboxes.save_wording(
                work,
                _brand(work, brand_id).id,
                form["language"],
                form["kind"],
                subject=form["subject"],
                text=form["text"],
            )
    except Invalid as error:
        with reading(doors.actor()) as work:
            found = _brand(work, brand_id)
            refused = frame.refusal(error)
            return _page(work, found, _values(found), 400, asked=form, **refused)
    where = f"kind={form['kind']}&in={form['language']}"
    return doors.go(f"/admin/brands/{brand_id}?{where}&note=saved")


def _save(brand_id: str | None) -> Response:
    form = forms.read(BRAND).values
    try:
        with begin(doors.actor()) as work:
            saved = mailboxes.save_brand(
                work,
                _brand(work, brand_id).id if brand_id else None,
                name=form["name"],
                sender_name=form["sender_name"],
                language=form["language"],
                is_default=form["is_default"] == "1",
            )
    except (Invalid, Conflict) as error:
        with reading(doors.actor()) as work:
            found = _brand(work, brand_id) if brand_id else None
            return _page(work, found, form, error.status, **frame.refusal(error))
    return doors.go(f"/admin/brands/{saved.id}?note=saved")


def _brand(work: Work, brand_id: str) -> MailBrand:
    found = work.session.get(MailBrand, brand_id) if is_id(brand_id) else None
    if found is None:
        raise NotFound()
    return found


def _page(
    work: Work,
    found: MailBrand | None,
    form: Values,
    status: int = 200,
    *,
    asked: Values | None = None,
    **extra: Any,
) -> Response:
    kind = asked["kind"] if asked else request.args.get("kind", "reply")
    language = asked["language"] if asked else request.args.get("in", form["language"])
    kind = kind if kind in wording.KINDS else "reply"
    language = language if language in dict(LANGUAGES) else "en"
    row = work.session.get(MailWording, (found.id, language, kind)) if found else None
    own = wording.Wording(row.subject, row.text) if row else None
    shown = own or wording.built_in(kind, language)
    text = asked["text"] if asked else shown.text
    return show(
        "mail_brand.html",
        HERE,
        status,
        brand=found,
        form=form,
        languages=LANGUAGES,
        kinds=[(key, word) for key, (word, _) in wording.KINDS.items()],
        kind=kind,
        language=language,
        is_own=own is not None,
        subject=asked["subject"] if asked else shown.subject,
        text=text,
        fields=sorted(wording.KINDS[kind][1]),
        sample=wording.filled(text, {**SAMPLE, "brand": form["sender_name"] or form["name"]}),
        **extra,
    )


def _values(found: MailBrand) -> Values:
    return {
        "name": found.name,
        "sender_name": found.sender_name,
        "language": found.language,
        "is_default": "1" if found.is_default else "",
    }
