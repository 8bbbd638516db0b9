"""Logo, small picture and words of a chat site: tried as a draft, then published."""

from __future__ import annotations

import io
from typing import Any, cast

from flask import Response, request

from helpdesk.channels import colours, looks, pictures, sites
from helpdesk.channels.looks import Look
from helpdesk.channels.models import WidgetSite
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work, begin, reading
from helpdesk.web import doors, handing_out
from helpdesk.web.admin import door, forms
from helpdesk.web.admin.frame import show
from helpdesk.web.admin.sites import HERE
from helpdesk.web.doors import allow

LABELS = {"en": "English", "de": "German"}
PLACES = {
    "logo": (
        "Logo",
        "At the top of the portal and the help centre, instead of the first letter.",
    ),
    "logo_dark": (
        "Logo on dark",
        "For readers with a dark screen. Without it the logo stands on white there.",
    ),
    "icon": (
        "Small picture",
        "A square of 32 to 512 points: in the browser's tab and in the chat's header.",
    ),
}
WORDS = {
    "title": ("Heading of the sign-in page", "Your matters with …"),
    "lead": ("Beneath it", "Sign in with your e-mail address. …"),
    "foot": ("At the foot of each page", "Your name"),
}


@door.get("/sites/<id:site_id>/look")
@allow("admin")
def site_look(site_id: str) -> Response:
    with reading(doors.actor()) as work:
        return _page(work, site_id)


@door.post("/sites/<id:site_id>/look")
@allow("admin", uploads=True)
def save_site_look(site_id: str) -> Response:
    """Keep what is being tried; nobody but administrators sees it."""
    words = {
        language: {name: request.form.get(f"{name}_{language}", "")[:1000] for name in looks.WORDS}
        for language in looks.LANGUAGES
    }
    without = frozenset(kind for kind in looks.PICTURES if request.form.get(f"no_{kind}") == "1")
    try:
        uploads = _uploads()
        with begin(doors.actor()) as work:
            looks.save_draft(
                work, site_id, version=_version(), words=words, uploads=uploads, without=without
            )
    except (Invalid, Conflict) as error:
        fields = dict(error.fields) if isinstance(error, Invalid) else {}
        with reading(doors.actor()) as work:
            return _page(
                work, site_id, error.status, errors=fields, words=words,
                message="" if fields else error.message,
            )  # fmt: skip
    return doors.go(f"/admin/sites/{site_id}/look#preview")


@door.post("/sites/<id:site_id>/look/<step>")
@allow("admin")
def move_site_look(site_id: str, step: str) -> Response:
    steps = {
        "publish": (looks.publish, "saved"),
        "drop": (looks.drop_draft, "removed"),
        "back": (looks.bring_back, "restored"),
    }
    if step not in steps:
        raise NotFound()
    change, note = steps[step]
    try:
        with begin(doors.actor()) as work:
            change(work, site_id, version=_version())
    except Conflict as error:
        with reading(doors.actor()) as work:
            return _page(work, site_id, error.status, message=error.message)
    return doors.go(f"/admin/sites/{site_id}/look?note={note}")


@door.get("/sites/<id:site_id>/look/<picture_id>")
@allow("admin")
def site_look_picture(site_id: str, picture_id: str) -> Response:
    """A picture that may not be published yet."""
    with reading(doors.actor()) as work:
        row = looks.picture(work, picture_id[:64], is_live=False)
        if row.site_id != site_id:
            raise NotFound()
        data, kind = row.data, row.type
    return handing_out.file(io.BytesIO(data), size=len(data), name=None, kind=kind)


def _uploads() -> dict[str, bytes]:
    """The files of the form; one byte more than is taken tells that one is too large."""
    given = {kind: request.files.get(kind) for kind in looks.PICTURES}
    return {
        kind: cast("Any", one.stream).read(pictures.MOST_BYTES + 1)
        for kind, one in given.items()
        if one is not None and one.filename
    }


def _version() -> int:
    return forms.whole(request.form.get("version", ""), 0)


def _page(
    work: Work,
    site_id: str,
    status: int = 200,
    *,
    words: dict[str, dict[str, str]] | None = None,
    **extra: Any,
) -> Response:
    site = sites.get_site(work, site_id)
    look = looks.draft_of(site)
    values = {
        "site": site,
        "look": look,
        "words": words or {code: dict(look.words.get(code, {})) for code in looks.LANGUAGES},
        "languages": LABELS,
        "places": PLACES,
        "fields": [(name, *WORDS[name], looks.WORDS[name]) for name in looks.WORDS],
        "brand": colours.readable(site.colour),
        "told": contrast_told(site.colour),
        "previews": _previews(site, look),
        "most_kb": pictures.MOST_BYTES // 1024,
    }
    return show("site_look.html", HERE, status, **{**values, **extra})


def contrast_told(colour: str) -> list[str]:
    """How readable a colour is, in words (WCAG 2.2, AA is 4.5 to 1 for text)."""
    own, brand = colour.lower(), colours.readable(colour)
    fill = round(colours.contrast(brand.fill, brand.on_fill), 1)
    told = [f"Text on the colour: {fill} to 1, AA asks for {colours.READABLE}."]
    if brand.fill != own:
        told.append(f"{own} was too weak for its text, so buttons and bars take {brand.fill}.")
    for word, text, surface in (
        ("light", brand.light, colours.LIGHT_SURFACE),
        ("dark", brand.dark, colours.DARK_SURFACE),
    ):
        ratio = round(colours.contrast(text, surface), 1)
        mended = "" if text == own else f" as {text}"
        told.append(f"Links on a {word} page{mended}: {ratio} to 1.")
    return told


def _previews(site: WidgetSite, look: Look) -> list[dict[str, Any]]:
    """The head of the portal in light and in dark, as templates draw it."""
    logo, dark = look.pictures.get("logo"), look.pictures.get("logo_dark")
    return [
        {"mode": "light", "logo": logo, "plate": False},
        {"mode": "dark", "logo": dark or logo, "plate": dark is None and logo is not None},
    ]
