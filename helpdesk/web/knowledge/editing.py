"""An article as it is written: the form, its preview, what is kept unsaved, pictures and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, BinaryIO, cast

from flask import Response, request
from msgspec import Meta

from helpdesk.channels import attachments, content_types
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers.languages import name_of
from helpdesk.identity import queries as people
from helpdesk.kb import (
    difference,
    files,
    locales,
    markdown,
    permissions,
    publishing,
    queries,
    ratings,
    segments,
    settings,
    uses,
    workflow,
    writing,
)
from helpdesk.kb.errors import StaleArticle
from helpdesk.kb.models import Article, Translation
from helpdesk.web import doors, handing_out
from helpdesk.web.admin import forms
from helpdesk.web.admin.frame import actor_names, refusal
from helpdesk.web.bodies import Body, json_body, query_text
from helpdesk.web.doors import allow
from helpdesk.web.knowledge import door, frame
from helpdesk.web.knowledge.frame import show
from helpdesk.web.knowledge.listing import DESK
from helpdesk.workflows import article_files

WORDS = forms.Shape(
    texts=("title", "summary", "body", "note", "upon", "then", "source_version"),
    flags=("is_minor",),
)


class Unsaved(Body, frozen=True):
    """What is being written; `upon` is the version it was begun upon."""

    title: Annotated[str, Meta(max_length=writing.LONGEST_TITLE)] = ""
    summary: Annotated[str, Meta(max_length=writing.LONGEST_SUMMARY)] = ""
    body: Annotated[str, Meta(max_length=writing.LONGEST_BODY)] = ""
    upon: int = 1


@door.get("/<id:article_id>")
@allow(*DESK)
def article(article_id: str) -> Response:
    with reading(doors.actor()) as work:
        row = permissions.get_article(work, article_id)
        return shown(work, row, query_text("locale"))


@door.post("/<id:article_id>/<locale>")
@allow(*DESK)
def save_article(article_id: str, locale: str) -> Response:
    """A new version, and where a button asked for it the step that follows."""
    given = forms.read(WORDS)
    if given.do == "preview":
        with reading(doors.actor()) as work:
            row = permissions.get_article(work, article_id)
            return shown(work, row, locale, form=given.values, preview=True)
    try:
        with begin(doors.actor()) as work:
            before = writing.get_language(work, article_id, locale).number
            text = writing.save(
                work, article_id, locale, **_words(given.values),
                upon=forms.whole(given.values["upon"], 0),
                note=given.values["note"],
                is_minor=bool(given.values["is_minor"]),
            )  # fmt: skip
            if given.values["then"]:
                publishing.take_step(work, article_id, given.values["then"])
            done = given.values["then"] or ("saved" if text.number != before else "same")
    except (Invalid, Conflict) as error:
        return _refused(article_id, locale, given.values, error)
    return doors.go(_address(article_id, locale, done))


@door.post("/<id:article_id>/<locale>/unsaved")
@allow(*DESK)
def keep_unsaved(article_id: str, locale: str) -> dict[str, Any]:
    given = json_body(Unsaved)
    with begin(doors.actor()) as work:
        writing.keep_unsaved(
            work, article_id, locale, title=given.title, summary=given.summary, body=given.body,
            upon=given.upon,
        )  # fmt: skip
        return {"kept_at": work.at.isoformat()}


@door.post("/<id:article_id>/<locale>/discard")
@allow(*DESK)
def discard_unsaved(article_id: str, locale: str) -> Response:
    with begin(doors.actor()) as work:
        permissions.get_article(work, article_id)
        writing.drop_unsaved(work, article_id, locale)
    return doors.go(_address(article_id, locale, "discarded"))


@door.post("/preview")
@allow(*DESK)
def preview() -> Response:
    """The Markdown of the form as its readers, and colleagues, will see it."""
    body = request.form.get("body", "")[: writing.LONGEST_BODY]
    with reading(doors.actor()) as work:
        return doors.fragment("knowledge/_preview.html", **_previewed(work, body))


@door.post("/<id:article_id>/files")
@allow(*DESK, uploads=True)
def add_file(article_id: str) -> tuple[dict[str, Any], int]:
    given = request.files.get("file")
    if given is None or not given.filename:
        raise Invalid("Choose a file.", fields={"file": "This is needed."})
    added = article_files.upload(
        doors.actor(),
        store(),
        cast("BinaryIO", given.stream),
        article_id,
        name=given.filename,
        most=doors.settings().max_upload,
    )
    return {"id": added.id, "name": added.name, "markdown": added.markdown}, 201


@door.post("/<id:article_id>/files/<id:file_id>/remove")
@allow(*DESK)
def remove_file(article_id: str, file_id: str) -> Response:
    with begin(doors.actor()) as work:
        article_files.remove(work, store(), article_id, file_id)
    return doors.go(f"/knowledge/{article_id}?note=removed#files")


@door.get("/files/<id:file_id>")
@allow(*DESK)
def file(file_id: str) -> Response:
    """Pictures to be shown in the page, everything else to be saved."""
    with reading(doors.actor()) as work:
        row = files.get_file(work, file_id)
        name, kind, size, is_picture = row.name, row.type, row.size, article_files.is_picture(row)
    stream = store().open(file_id)
    return handing_out.file(
        stream,
        size=size,
        name=None if is_picture else name,
        kind=content_types.served_type(kind),
        kept=handing_out.AN_HOUR,
    )


def store() -> attachments.FolderStore:
    return attachments.FolderStore(doors.settings().data / "attachments")


def _refused(
    article_id: str, locale: str, values: Mapping[str, Any], error: HelpdeskError
) -> Response:
    """The page again with what was typed; what a colleague saved meanwhile stands above it."""
    with reading(doors.actor()) as work:
        row = permissions.get_article(work, article_id)
        theirs = None
        if isinstance(error, StaleArticle) and (upon := forms.whole(values["upon"], 0)):
            now = writing.get_language(work, row.id, locale)
            then = writing.get_version(work, row.id, locale, upon)
            theirs = {
                "who": actor_names(work, [error.actor]).get(error.actor, "Somebody"),
                "at": error.at,
                "blocks": difference.around(difference.difference(then.body, now.body)),
                "title": now.title if now.title != then.title else "",
            }
            values = {**values, "upon": str(now.number)}
        told = {} if theirs else refusal(error)
        problems = getattr(error, "problems", ())
        if problems:
            told["message"] = ""
        return shown(
            work, row, locale, error.status, form=values, theirs=theirs, problems=problems, **told
        )


def shown(
    work: Work,
    row: Article,
    locale: str,
    status: int = 200,
    *,
    form: Mapping[str, Any] | None = None,
    preview: bool = False,
    **extra: Any,
) -> Response:
    """The editor of one language; `extra` are what stands above it."""
    texts = writing.languages(work, row.id)
    locale = locale if locale in texts else row.source_locale
    text = texts[locale]
    unsaved = writing.get_unsaved(work, row.id, locale) if form is None else None
    words = form or _stored(unsaved or text, upon=unsaved.upon if unsaved else text.number)
    missing = [one for one in settings.get(work).locales if one not in texts]
    there = segments.list_segments(work)
    return show(
        "article.html",
        "article",
        status,
        row=row,
        text=text,
        texts=texts,
        form=words,
        unsaved=unsaved,
        locale=locale,
        is_source=locale == row.source_locale,
        source=texts[row.source_locale],
        direction="rtl" if locales.is_right_to_left(locale) else "ltr",
        outdated=queries.outdated(row, texts),
        missing=missing,
        missing_choices=[(one, name_of(one)) for one in missing],
        steps=_steps(work, row),
        may_publish=permissions.may_publish(work, row.audience),
        sections=frame.section_choices(work),
        path=_path(work, row),
        segments=there,
        segment_choices=[("", "None"), *((one.id, one.name) for one in there)],
        colleagues=_colleagues(work, row),
        files=files.list_files(work, row.id),
        remarks=ratings.page_of_remarks(work, article_id=row.id, limit=20).items,
        uses=uses.counts(work, row.id),
        changes=_changes(work, row, text),
        preview=_previewed(work, words["body"]) if preview else None,
        by=actor_names(work, [text.updated_by]).get(text.updated_by, "Somebody"),
        longest=writing.LONGEST_BODY,
        **{"theirs": None, "problems": (), **extra},
    )


def _previewed(work: Work, body: str) -> dict[str, Any]:
    rendered = markdown.rendered(body, internal=True)
    html = markdown.addressed(
        rendered.html,
        file=lambda one: f"/knowledge/files/{one}",
        article=lambda one: f"/knowledge/{one}",
    )
    return {"html": html, "problems": markdown.problems(body)}


def _stored(words: Any, *, upon: int) -> dict[str, Any]:
    return {
        "title": words.title, "summary": words.summary, "body": words.body, "note": "",
        "is_minor": "", "upon": str(upon),
    }  # fmt: skip


def _words(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values[name] for name in ("title", "summary", "body")}


def _steps(work: Work, row: Article) -> list[tuple[str, str]]:
    """(step, its word) that the actor may take now."""
    may = permissions.may_publish(work, row.audience)
    return [
        (name, workflow.STEPS[name].word)
        for name in workflow.open_steps(row.state, is_live=row.is_live)
        if may or not workflow.STEPS[name].releases
    ]


def _changes(work: Work, row: Article, text: Translation) -> int | None:
    """How many words differ from what readers see; None where they see nothing or all of it."""
    if text.published_number in (None, text.number):
        return None
    seen = writing.get_version(work, row.id, text.locale, int(text.published_number or 0))
    found = difference.difference(seen.body, text.body)
    return found.words_added + found.words_removed


def _path(work: Work, row: Article) -> str:
    return dict(frame.section_choices(work)).get(row.section_id or "", "")


def _colleagues(work: Work, row: Article) -> list[tuple[str, str]]:
    staff = people.colleagues(work)
    if row.owner_id and row.owner_id not in dict(staff):
        gone = people.names(work, [row.owner_id]).get(row.owner_id, "Somebody who is gone")
        staff.append((row.owner_id, gone))
    return staff


def _address(article_id: str, locale: str, note: str) -> str:
    return doors.with_query(f"/knowledge/{article_id}", locale=locale, note=note)
