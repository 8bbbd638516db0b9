"""Records of Zendesk Guide: pages of its API with sections, articles and translations. Pure.

An article may bring its translations along. Who may read it is said by a user segment; one that the
export does not explain counts as internal, so that nothing is shown by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.imports import article_records, records
from helpdesk.imports.article_records import Language, Piece, Place, Record
from helpdesk.imports.records import RowProblem

CONTAINERS = {
    "categories": "category",
    "sections": "section",
    "articles": "article",
    "translations": "translation",
}
_ARTICLE = re.compile(r"/(?:hc/)?(?:[\w-]+/)?articles/(\d{1,20})")
MOST_LANGUAGES = 50


def kind_of(name: str, raw: Mapping[str, Any]) -> str:
    """category, section, article or translation; empty for what is none of them."""
    if name in CONTAINERS:
        return CONTAINERS[name]
    if "source_type" in raw and "locale" in raw:
        return "translation" if raw.get("source_type") == "Article" else ""
    if "section_id" in raw and "title" in raw:
        return "article"
    if "category_id" in raw and "name" in raw:
        return "section"
    return "category" if "name" in raw and "locale" in raw else ""


def convert(kind: str, raw: Mapping[str, Any], now: datetime, region: str | None) -> Record:
    if kind in ("category", "section"):
        return _place(kind, raw)
    if kind == "translation":
        article_id = records.needed(
            records.identity(raw.get("source_id")), "It does not say which article it is of."
        )
        if raw.get("source_type", "Article") != "Article":
            raise RowProblem("It is the translation of a section; only articles' are taken over.")
        return _language(raw, article_id)
    return _article(raw, now)


def _place(kind: str, raw: Mapping[str, Any]) -> Place:
    own_id = records.needed(records.identity(raw.get("id")), "It has no id.")
    above = records.identity(raw.get("parent_section_id"))
    parent = f"section {above}" if above else ""
    if kind == "section" and not parent:
        category = records.identity(raw.get("category_id"))
        parent = f"category {category}" if category else ""
    return Place(
        external_id=f"{kind} {own_id}",
        name=records.needed(
            records.line(raw.get("name"), "name", 120, cut=True), "It has no name."
        ),
        locale=article_records.locale(raw.get("locale") or raw.get("source_locale")),
        description=records.line(raw.get("description"), "description", 500, cut=True),
        parent_id=parent,
        position=article_records.position(raw.get("position")),
    )


def _article(raw: Mapping[str, Any], now: datetime) -> Piece:
    own_id = records.needed(records.identity(raw.get("id")), "It has no id.")
    source = article_records.locale(raw.get("source_locale") or raw.get("locale"))
    brought = raw.get("translations")
    given = (
        [one for one in brought if isinstance(one, Mapping)] if isinstance(brought, list) else []
    )
    languages = [_language(one, "") for one in given[:MOST_LANGUAGES] if one.get("body")]
    if not any(one.locale == source for one in languages):
        languages.insert(0, _language({**raw, "locale": source}, ""))
    languages.sort(key=lambda one: one.locale != source)
    section_id = records.identity(raw.get("section_id"))
    return Piece(
        external_id=own_id,
        languages=languages,
        section_id=f"section {section_id}" if section_id else "",
        audience="public" if raw.get("user_segment_id") is None else "internal",
        is_published=raw.get("draft") is not True,
        labels=records.tags(raw.get("label_names")),
        position=article_records.position(raw.get("position")),
        created_at=records.instant(raw.get("created_at"), "time", now),
        updated_at=records.instant(
            raw.get("edited_at") or raw.get("updated_at"), "time of change", now
        ),
    )


def _language(raw: Mapping[str, Any], article_id: str) -> Language:
    html = raw.get("body")
    if html is not None and not isinstance(html, str):
        raise RowProblem("Its text is not text.")
    # Half a second of every start, for what one kind of import needs.
    from helpdesk.imports import html_articles  # noqa: PLC0415

    found = html_articles.to_markdown(html or "", _article_id, html_articles.file_at)
    return Language(
        locale=article_records.locale(raw.get("locale")),
        title=article_records.title(raw.get("title") or raw.get("name")),
        body=article_records.body(found.text if found.text.strip() else ""),
        article_id=article_id,
        is_published=raw.get("draft") is not True,
        files=tuple(found.files),
        links=tuple(found.links),
    )


def _article_id(address: str) -> str:
    found = _ARTICLE.search(address)
    return found.group(1) if found else ""
