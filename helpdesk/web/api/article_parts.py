"""What hangs on articles over the API: languages, versions, files, ratings, remarks, cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, BinaryIO, Literal, cast

import msgspec
from flask import Response, request
from msgspec import UNSET, Meta, UnsetType

from helpdesk.channels import content_types
from helpdesk.channels.attachments import FolderStore
from helpdesk.core.errors import Invalid
from helpdesk.core.paging import clamp_limit, decode_cursor, encode_cursor
from helpdesk.core.work import Work, begin, reading
from helpdesk.kb import files, locales, permissions, queries, ratings, settings, writing
from helpdesk.kb.models import ArticleVersion, Remark, Translation
from helpdesk.web import doors, handing_out
from helpdesk.web.api.articles import READERS, Locale, Markdown, Note, Number, Summary, Title
from helpdesk.web.api.base import ADMIN, BYTES, DESK, FORM, operation, plain_operation
from helpdesk.web.api.reading_in import read_query
from helpdesk.web.api.shapes import Id, Listed, Paged, Query, View, listed, page_of_few, seal_cursor
from helpdesk.web.bodies import Body
from helpdesk.workflows import article_files, exporting_articles, knowledge

How = Literal["solved", "inserted", "shown"]
Outcome = Literal["changed", "answered", "declined"]


class LanguageView(View):
    """An article in one language. `source_version` is the source's version that it says."""

    locale: str
    title: str
    summary: str
    body: str
    slug: str
    number: int
    published_number: int | None
    source_version: int | None
    updated_at: datetime


class LanguageWritten(Body, frozen=True):
    """`upon` is the version that it was written upon; without it whatever stands there.

    `source_version`: which version of the source it says, the newest when the language is new.
    """

    title: Title
    summary: Summary = ""
    body: Markdown = ""
    note: Note = ""
    upon: Number | UnsetType = UNSET
    source_version: Number | UnsetType = UNSET


class VersionLine(View):
    """One version of the history; `by` is who saved it."""

    locale: str
    number: int
    title: str
    note: str
    by: str
    at: datetime


class VersionView(VersionLine):
    summary: str
    body: str


class VersionsAsked(Paged):
    locale: Locale | UnsetType = UNSET


class LocaleAsked(Query):
    locale: Locale | UnsetType = UNSET


class RatingGiven(Body, frozen=True):
    """`number` is the version that was read, the published one without it."""

    helpful: bool
    locale: Locale | UnsetType = UNSET
    number: Number | UnsetType = UNSET


class RemarkGiven(Body, frozen=True):
    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    locale: Locale | UnsetType = UNSET


class RemarkView(View):
    """What somebody found wrong or missing; `owner_id` is whose work it is."""

    id: str
    article_id: str
    locale: str
    number: int
    owner_id: str | None
    source: Literal["reader", "desk"]
    text: str
    at: datetime
    done_at: datetime | None
    outcome: str


class RemarksAsked(Paged):
    owner_id: Id | UnsetType = UNSET
    article_id: Id | UnsetType = UNSET
    open: Annotated[bool, Meta(description="Only what is still to be worked on.")] = True


class RemarkEnded(Body, frozen=True):
    outcome: Outcome


class UseNoted(Body, frozen=True):
    """Names the case: a ticket or a conversation."""

    how: How
    ticket_id: Id | UnsetType = UNSET
    conversation_id: Id | UnsetType = UNSET


class UsedArticle(View):
    """An article as it was used in a ticket, `times` times."""

    article_id: str
    title: str
    how: How
    times: int


class ArticleFileView(View):
    """A file of an article; `markdown` puts it into the text."""

    id: str
    name: str
    type: str
    size: int
    markdown: str


@operation(
    "GET", "/articles/<id:article_id>/languages", who=DESK, query=Paged, gives=Listed[LanguageView]
)
def list_article_languages(work: Work, article_id: str, query: Paged) -> Listed[LanguageView]:
    """List the languages an article is written in, with their newest words."""
    article = permissions.get_article(work, article_id)
    rows = list(writing.languages(work, article.id).values())
    page = page_of_few(rows, query, lambda row: (row.locale, row.article_id))
    return listed(page, [_language(row) for row in page.items])


@operation(
    "PUT", "/articles/<id:article_id>/languages/<locale>", who=DESK, body=LanguageWritten,
    gives=LanguageView,
)  # fmt: skip
def write_article_language(
    work: Work, article_id: str, locale: str, body: LanguageWritten
) -> LanguageView:
    """Write a language of an article, a new one or a new version; 409 `stale` after `upon`."""
    article = permissions.get_article(work, article_id)
    source = body.source_version if body.source_version is not UNSET else None
    code = locales.code(locale)
    words: dict[str, Any] = {
        "title": body.title, "summary": body.summary, "body": body.body, "note": body.note,
    }  # fmt: skip
    if code in writing.languages(work, article.id):
        upon = body.upon if body.upon is not UNSET else None
        row = writing.save(work, article.id, code, **words, upon=upon, source_version=source)
    else:
        row = writing.add_language(work, article.id, code, **words, source_version=source)
    return _language(row)


@operation(
    "GET", "/articles/<id:article_id>/versions", who=DESK, query=VersionsAsked,
    gives=Listed[VersionLine],
)  # fmt: skip
def list_article_versions(work: Work, article_id: str, query: VersionsAsked) -> Listed[VersionLine]:
    """List the versions of a language, the newest first."""
    locale = _locale_of(work, article_id, query.locale)
    limit, place = clamp_limit(query.limit), query.place()
    before = int(decode_cursor(place, 1)[0]) if place else None
    rows = writing.newest_versions(work, article_id, locale, before=before, most=limit + 1)
    after = encode_cursor([rows[limit - 1].number]) if len(rows) > limit else None
    return Listed(items=[_version_line(r) for r in rows[:limit]], next_cursor=seal_cursor(after))


@operation(
    "GET", "/articles/<id:article_id>/versions/<int:number>", who=DESK, query=LocaleAsked,
    gives=VersionView,
)  # fmt: skip
def get_article_version(
    work: Work, article_id: str, number: int, query: LocaleAsked
) -> VersionView:
    """Get one version with its words."""
    row = writing.get_version(work, article_id, _locale_of(work, article_id, query.locale), number)
    names = ("locale", "number", "title", "note", "at", "summary", "body")
    return VersionView(**{name: getattr(row, name) for name in names}, by=row.actor)


@operation("POST", "/articles/<id:article_id>/ratings", who=READERS, body=RatingGiven)
def rate_article(work: Work, article_id: str, body: RatingGiven) -> None:
    """Say whether an article helped; saying it again changes it."""
    shown = queries.get_shown(work, article_id, _reading(work, body.locale))
    number = body.number if body.number is not UNSET else shown.version.number
    ratings.rate(work, article_id, shown.locale, number, helpful=body.helpful)


@operation(
    "POST", "/articles/<id:article_id>/remarks", who=READERS, body=RemarkGiven, gives=RemarkView,
    status=201,
)  # fmt: skip
def remark_on_article(work: Work, article_id: str, body: RemarkGiven) -> RemarkView:
    """Say what is wrong or missing in a published article: it becomes work for its owner."""
    shown = queries.get_shown(work, article_id, _reading(work, body.locale))
    row = ratings.remark(work, article_id, shown.locale, shown.version.number, body.text)
    made = _remark(row)
    if not permissions.writes(work.actor):
        made.owner_id = None
    return made


@operation("GET", "/article-remarks", who=DESK, query=RemarksAsked, gives=Listed[RemarkView])
def list_article_remarks(work: Work, query: RemarksAsked) -> Listed[RemarkView]:
    """List what readers and colleagues found, the longest waiting first."""
    page = ratings.page_of_remarks(
        work,
        owner_id=query.owner_id if query.owner_id is not UNSET else None,
        article_id=query.article_id if query.article_id is not UNSET else None,
        open_only=query.open,
        cursor=query.place(),
        limit=query.limit,
    )
    return listed(page, [_remark(row) for row in page.items])


@operation(
    "POST", "/article-remarks/<id:remark_id>/end", who=DESK, body=RemarkEnded, gives=RemarkView
)
def end_article_remark(work: Work, remark_id: str, body: RemarkEnded) -> RemarkView:
    """Say that a remark is worked on, and how."""
    return _remark(ratings.end_remark(work, remark_id, body.outcome))


@operation("POST", "/articles/<id:article_id>/uses", who=DESK, body=UseNoted)
def note_article_use(work: Work, article_id: str, body: UseNoted) -> None:
    """Note that an article solved a case, was inserted in it or shown."""
    if (body.ticket_id is UNSET) == (body.conversation_id is UNSET):
        raise Invalid(fields={"ticket_id": "Name a ticket or a conversation."})
    kind, case_id = ("ticket", body.ticket_id) if body.ticket_id is not UNSET else (
        "conversation", body.conversation_id,
    )  # fmt: skip
    knowledge.use_article(work, article_id, kind, str(case_id), body.how)


@operation(
    "GET", "/tickets/<id:ticket_id>/articles", who=DESK, query=Paged, gives=Listed[UsedArticle]
)
def list_ticket_articles(work: Work, ticket_id: str, query: Paged) -> Listed[UsedArticle]:
    """List the articles that were used on a ticket."""
    rows = knowledge.used_in_ticket(work, ticket_id)
    items = [
        UsedArticle(
            article_id=one.line.article.id, title=one.line.text.title, how=cast("How", one.how),
            times=one.times,
        )
        for one in rows
    ]  # fmt: skip
    page = page_of_few(items, query, lambda one: (one.how, one.article_id))
    return listed(page, page.items)


@plain_operation(
    "POST", "/articles/<id:article_id>/files", who=DESK, gives=ArticleFileView, status=201,
    takes=FORM,
)  # fmt: skip
def upload_article_file(article_id: str) -> Response:
    """Upload a picture or file for an article.

    One file as the form field `file`; put the answer's `markdown` into the text.
    """
    read_query(Query)
    sent = request.files.get("file")
    if sent is None or not sent.filename:
        raise Invalid(fields={"file": "Send one file."})
    stream = cast("BinaryIO", sent.stream)
    made = article_files.upload(
        doors.actor(), _store(), stream, article_id, name=sent.filename,
        most=doors.settings().max_upload,
    )  # fmt: skip
    view = ArticleFileView(
        id=made.id, name=made.name, type=made.type, size=made.size, markdown=made.markdown
    )
    return Response(msgspec.json.encode(view), 201, mimetype="application/json")


@plain_operation("GET", "/article-files/<id:file_id>", who=READERS, answers=BYTES)
def download_article_file(file_id: str) -> Response:
    """Fetch a file of an article that the caller may read, as bytes to save."""
    read_query(Query)
    with reading(doors.actor()) as work:
        found = files.get_file(work, file_id)
        name, size = found.name, found.size
    stream = _store().open(file_id)
    return handing_out.file(stream, size=size, name=name)


@plain_operation("GET", "/articles/export", who=ADMIN, answers="application/zip")
def export_articles() -> Response:
    """Fetch all articles as a zip file of Markdown files with front matter, pictures beside them.

    As they are worked on, internal notes among it; an import of the kind Markdown reads it back.
    """
    read_query(Query)
    pieces = exporting_articles.stream(doors.actor(), _store())
    response = Response(pieces, mimetype="application/zip")
    response.headers["Content-Disposition"] = content_types.disposition("articles.zip")
    response.headers["Cache-Control"] = "private, no-store"
    with begin(doors.actor()) as work:
        work.audit("article.exported", "article", None)
    return response


def _store() -> FolderStore:
    return FolderStore(doors.settings().data / "attachments")


def _reading(work: Work, locale: str | UnsetType) -> str:
    return locale if locale is not UNSET else settings.get(work).default_locale


def _locale_of(work: Work, article_id: str, locale: str | UnsetType) -> str:
    article = permissions.get_article(work, article_id)
    return locale if locale is not UNSET else article.source_locale


def _language(row: Translation) -> LanguageView:
    names = LanguageView.__struct_fields__
    return LanguageView(**{name: getattr(row, name) for name in names})


def _version_line(row: ArticleVersion) -> VersionLine:
    names = ("locale", "number", "title", "note", "at")
    return VersionLine(**{name: getattr(row, name) for name in names}, by=row.actor)


def _remark(row: Remark) -> RemarkView:
    names = RemarkView.__struct_fields__
    return RemarkView(**{name: getattr(row, name) for name in names})
