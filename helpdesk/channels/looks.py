"""How a site looks beside its colour: logo, small picture, and words per language.

What is being tried stands as a draft beside what everybody sees; publishing swaps them, and the
one before can be brought back. Pictures are named by their content, so that browsers keep them for
ever. Not for the site itself (see `sites`), nor for whether a file is a picture (`pictures`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete

from helpdesk.channels import pictures, sites
from helpdesk.channels.models import SitePicture, WidgetSite
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work

PICTURES = ("logo", "logo_dark", "icon")
WORDS = {"title": 80, "lead": 300, "foot": 300}
LANGUAGES = ("en", "de")
ICON_SIDES = (32, 512)


@dataclass(frozen=True, slots=True)
class Look:
    """`pictures` by kind: {"id", "width", "height"}; `words` by language and name."""

    pictures: Mapping[str, Mapping[str, Any]]
    words: Mapping[str, Mapping[str, str]]

    def picture(self, kind: str) -> Mapping[str, Any] | None:
        return self.pictures.get(kind)

    @property
    def has_wordmark(self) -> bool:
        """The logo is wide enough to hold the name, which then need not stand beside it."""
        logo = self.pictures.get("logo")
        return logo is not None and logo["width"] >= 2 * logo["height"]

    def said(self, name: str, language: str) -> str:
        """Its words in this language, empty where it has none: then the house's own are said."""
        return self.words.get(language, {}).get(name, "")


NONE = Look({}, {})


def read(stored: Mapping[str, Any] | None) -> Look:
    told = stored or {}
    return Look(told.get("pictures", {}), told.get("words", {}))


def draft_of(site: WidgetSite) -> Look:
    """What an administrator works on; what is live where nothing was begun."""
    return read(site.look if site.look_draft is None else site.look_draft)


def save_draft(
    work: Work,
    site_id: str,
    *,
    version: int,
    words: Mapping[str, Mapping[str, str]],
    uploads: Mapping[str, bytes],
    without: frozenset[str] = frozenset(),
) -> None:
    """Words and pictures to be looked at; `without` names pictures to leave out."""
    site = _held(work, site_id, version)
    shown, wrong = dict(draft_of(site).pictures), {}
    for kind in without:
        shown.pop(kind, None)
    for kind, data in uploads.items():
        try:
            shown[kind] = _kept(work, site_id, kind, data)
        except pictures.NoPicture as error:
            wrong[kind] = str(error)
    cleaned = _words(words, wrong)
    if wrong:
        raise Invalid(fields=wrong)
    site.look_draft = {"pictures": shown, "words": cleaned}
    _changed(work, site)


def publish(work: Work, site_id: str, *, version: int) -> None:
    """The draft is what everybody sees from now on."""
    site = _held(work, site_id, version)
    if site.look_draft is None:
        raise Conflict("There is nothing to publish.", code="stale")
    before, site.look, site.look_draft = site.look, site.look_draft, None
    site.look_before = before
    _changed(work, site)
    work.audit("widget_site.look_published", "widget_site", site.id, before=before, after=site.look)


def bring_back(work: Work, site_id: str, *, version: int) -> None:
    """What was published before the last time; once more, and it is undone."""
    site = _held(work, site_id, version)
    if site.look_before is None:
        raise Conflict("There is nothing to bring back.", code="stale")
    site.look, site.look_before = site.look_before, site.look
    _changed(work, site)
    work.audit("widget_site.look_brought_back", "widget_site", site.id, after=site.look)


def drop_draft(work: Work, site_id: str, *, version: int) -> None:
    site = _held(work, site_id, version)
    site.look_draft = None
    _changed(work, site)


def picture(work: Work, picture_id: str, *, is_live: bool = True) -> SitePicture:
    """A picture by its name; only one that everybody sees, unless asked otherwise."""
    row = work.session.get(SitePicture, picture_id)
    if row is None:
        raise NotFound()
    if is_live and picture_id not in _named(sites.known(work)):
        raise NotFound()
    return row


def _held(work: Work, site_id: str, version: int) -> WidgetSite:
    sites.require_admin(work)
    site = sites.get_site(work, site_id)
    if site.version != version:
        raise Conflict("Somebody changed this site meanwhile. Load it again.", code="stale")
    return site


def _changed(work: Work, site: WidgetSite) -> None:
    site.version += 1
    work.session.flush()
    sites.forget_known(work)
    told = [read(one) for one in (site.look, site.look_draft, site.look_before)]
    needed = {str(one["id"]) for look in told for one in look.pictures.values()}
    work.session.execute(
        delete(SitePicture).where(SitePicture.site_id == site.id, SitePicture.id.not_in(needed))
    )


def _kept(work: Work, site_id: str, kind: str, data: bytes) -> dict[str, Any]:
    if kind not in PICTURES:
        raise Invalid("A site has no such picture.")
    found = pictures.read(data)
    low, high = ICON_SIDES
    if kind == "icon" and not (found.width == found.height and low <= found.width <= high):
        raise pictures.NoPicture(f"Use a square of {low} to {high} points a side.")
    # Each site's own: another site that drops the same picture must not take it away.
    name = hashlib.sha256(site_id.encode() + found.data).hexdigest()
    facts = {"id": name, "site_id": site_id, "type": found.type, "data": found.data}
    insert_if_absent(work.session, SitePicture, facts)
    return {"id": name, "width": found.width, "height": found.height}


def _words(
    given: Mapping[str, Mapping[str, str]], wrong: dict[str, str]
) -> dict[str, dict[str, str]]:
    cleaned: dict[str, dict[str, str]] = {}
    for language in LANGUAGES:
        for name, most in WORDS.items():
            text = " ".join(str(given.get(language, {}).get(name, "")).split())
            if len(text) > most:
                wrong[f"{name}_{language}"] = f"Use at most {most} characters."
            if text:
                cleaned.setdefault(language, {})[name] = text
    return cleaned


def _named(known: Any) -> set[str]:
    looks = (read(site.look) for site in known if site.is_active)
    return {str(one["id"]) for look in looks for one in look.pictures.values()}
