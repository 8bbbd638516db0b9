"""Articles over the API: what readers may read, and for the desk what is written and published.

Languages, versions, files and readers' words are in `article_parts`, sections in
`article_sections`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.core.work import Work
from helpdesk.kb import markdown, permissions, publishing, queries, service, settings, writing
from helpdesk.kb.models import Article, Translation
from helpdesk.kb.queries import Entry, Filter, Line, Shown
from helpdesk.web.api.base import DESK, STAFF, operation
from helpdesk.web.api.reading_in import version_asked, version_given
from helpdesk.web.api.shapes import Id, Listed, Paged, Query, Version, View, given, listed
from helpdesk.web.bodies import Body

READERS = (*STAFF, "customer")

Title = Annotated[str, Meta(min_length=1, max_length=200, examples=["Reset your router"])]
Summary = Annotated[str, Meta(max_length=500)]
Markdown = Annotated[
    str, Meta(max_length=200_000, description="Markdown.", examples=["Press **the** button."])
]
Locale = Annotated[str, Meta(pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,6})?$", max_length=10)]
Audience = Literal["public", "signed_in", "segment", "internal"]
State = Literal["draft", "review", "scheduled", "published", "archived"]
Label = Annotated[str, Meta(min_length=1, max_length=50)]
Labels = Annotated[list[Label], Meta(max_length=30)]
Days = Annotated[int, Meta(ge=1, le=3_650)]
Note = Annotated[str, Meta(max_length=200)]
Number = Annotated[int, Meta(ge=1, le=2_147_483_647)]
Steps = Literal["submit", "send_back", "schedule", "publish", "withdraw", "archive", "restore"]


class ArticleLine(View):
    """An article in a list, in one language. What is null is for the desk only."""

    id: str
    title: str
    summary: str
    locale: str
    slug: str
    section_id: str | None
    state: State
    audience: str | None
    owner_id: str | None
    labels: list[str] | None
    updated_at: datetime


class ReadArticle(View):
    """A published article as its reader gets it: `body` is Markdown, `html` what to show.

    `languages` {locale: slug} it can be read in; `outdated`: the original says more by now.
    """

    id: str
    title: str
    summary: str
    body: str
    html: str
    locale: str
    slug: str
    section_id: str | None
    languages: dict[str, str]
    outdated: bool
    number: int
    updated_at: datetime


class ArticleView(View):
    """An article as the desk works on it, in one language: `body` is its newest version `number`.

    `published_number` is the version that readers see, null for none. `outdated` are the languages
    that are behind the source. `uses` counts the cases it solved or was inserted in.
    """

    id: str
    title: str
    summary: str
    body: str
    locale: str
    slug: str
    number: int
    published_number: int | None
    source_locale: str
    languages: list[str]
    outdated: list[str]
    state: State
    is_live: bool
    audience: Audience
    segment_id: str | None
    section_id: str | None
    owner_id: str | None
    labels: list[str]
    publish_at: datetime | None
    published_at: datetime | None
    review_every_days: int | None
    review_due_at: datetime | None
    helpful: int
    unhelpful: int
    uses: int
    created_at: datetime
    updated_at: datetime
    version: int


class ArticlesAsked(Paged):
    locale: Annotated[Locale | UnsetType, Meta(description="The language of the titles.")] = UNSET
    section_id: Id | UnsetType = UNSET
    state: State | UnsetType = UNSET
    audience: Audience | UnsetType = UNSET
    owner_id: Id | UnsetType = UNSET
    label: Label | UnsetType = UNSET


class ArticleAsked(Query):
    locale: Locale | UnsetType = UNSET
    published: Annotated[
        bool, Meta(description="For the desk: as a reader of what is published gets it.")
    ] = False


class NewArticle(Body, frozen=True):
    """`state` published: readers see it at once. `locale` is the language it is written in."""

    title: Title
    body: Markdown = ""
    audience: Audience = "public"
    state: Literal["draft", "published"] = "draft"
    locale: Locale | UnsetType = UNSET
    summary: Summary = ""
    segment_id: Id | None = None
    section_id: Id | None = None
    owner_id: Id | None = None
    labels: Labels = field(default_factory=list)


class ArticleChange(Body, frozen=True):
    """`title`, `summary` and `body` make a new version of the language `locale` (the source's).

    `minor`: other languages need not follow. `slug` is its address there; the old one leads on.
    """

    version: Version | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    title: Title | UnsetType = UNSET
    summary: Summary | UnsetType = UNSET
    body: Markdown | UnsetType = UNSET
    note: Note = ""
    minor: bool = False
    slug: Annotated[str, Meta(min_length=1, max_length=80)] | UnsetType = UNSET
    section_id: Id | UnsetType | None = UNSET
    owner_id: Id | UnsetType | None = UNSET
    audience: Audience | UnsetType = UNSET
    segment_id: Id | UnsetType | None = UNSET
    labels: Labels | UnsetType = UNSET
    review_every_days: Days | UnsetType | None = UNSET


class StepAsked(Body, frozen=True):
    """`versions` {language: number} to publish, all newest ones without it; `at` to schedule."""

    step: Steps
    versions: Annotated[dict[Locale, Number], Meta(max_length=50)] | UnsetType = UNSET
    at: datetime | UnsetType = UNSET
    note: Note = ""
    version: Version | UnsetType = UNSET


@operation("GET", "/articles", who=READERS, query=ArticlesAsked, gives=Listed[ArticleLine])
def list_articles(work: Work, query: ArticlesAsked) -> Listed[ArticleLine]:
    """List articles, the last changed first.

    The desk gets all that are not archived, or those of a state; everybody else what is published
    and meant for them, by section in its own order.
    """
    if permissions.writes(work.actor):
        named = given(query, "limit", "cursor", "locale")
        locale = query.locale if query.locale is not UNSET else None
        page = queries.page(
            work, Filter(**named), locale=locale, cursor=query.place(), limit=query.limit
        )
        return listed(page, [_line(one) for one in page.items])
    language = _language(work, query.locale)
    if query.section_id is not UNSET:
        found = queries.shelf(
            work, query.section_id, language, cursor=query.place(), limit=query.limit
        )
    else:
        found = queries.newest(work, language, cursor=query.place(), limit=query.limit)
    return listed(found, [_entry(one) for one in found.items])


@operation("POST", "/articles", who=DESK, body=NewArticle, gives=ArticleView, status=201)
def add_article(work: Work, body: NewArticle) -> ArticleView:
    """Write an article.

    It belongs to the caller unless `owner_id` says otherwise. Whether the caller may publish for
    this audience is set up by an administrator (403 `needs_review`).
    """
    article = service.add_article(work, **given(body, "state"))
    if body.state == "published":
        publishing.take_step(work, article.id, "publish")
    return view(work, article)


@operation(
    "GET", "/articles/<id:article_id>", who=READERS, query=ArticleAsked,
    gives=(ArticleView, ReadArticle),
)  # fmt: skip
def get_article(work: Work, article_id: str, query: ArticleAsked) -> ArticleView | ReadArticle:
    """Get one article in a language, or in the nearest it is there in.

    The desk gets it as it is written, everybody else as it is published, without what is internal.
    """
    if permissions.writes(work.actor) and not query.published:
        article = permissions.get_article(work, article_id)
        return view(work, article, query.locale if query.locale is not UNSET else None)
    shown = queries.get_shown(work, article_id, _language(work, query.locale))
    return read_view(work, shown)


@operation(
    "PATCH", "/articles/<id:article_id>", who=DESK, body=ArticleChange, gives=ArticleView,
    versioned=True,
)  # fmt: skip
def change_article(work: Work, article_id: str, body: ArticleChange) -> ArticleView:
    """Change an article's words or settings.

    New words are a new version; readers see it once it is published.
    """
    words = given(body, *_OF_SETTINGS, "version", "locale", "note", "minor", "slug")
    facts = given(body, "version", "locale", "note", "minor", "slug", "title", "summary", "body")
    article = service.change_article(
        work, article_id, changes=facts, version=version_asked(body.version)
    )
    locale = body.locale if body.locale is not UNSET else article.source_locale
    text = writing.get_language(work, article.id, locale)
    if words:
        said = {name: getattr(text, name) for name in ("title", "summary", "body")} | words
        writing.save(
            work, article.id, locale, **said, upon=None, note=body.note, is_minor=body.minor
        )
    if body.slug is not UNSET:
        service.change_slug(work, article.id, locale, body.slug)
    return view(work, article, locale)


@operation("POST", "/articles/<id:article_id>/steps", who=DESK, body=StepAsked, gives=ArticleView)
def take_article_step(work: Work, article_id: str, body: StepAsked) -> ArticleView:
    """Take a step of the workflow: ask for review, publish now or later, take offline, archive.

    409 `no_such_step` where it can't follow, `not_ready` with what to mend before readers see it.
    """
    article = publishing.take_step(
        work,
        article_id,
        body.step,
        versions=body.versions if body.versions is not UNSET else None,
        at=body.at if body.at is not UNSET else None,
        note=body.note,
        version=version_given(body.version),
    )
    return view(work, article)


def view(work: Work, article: Article, locale: str | None = None) -> ArticleView:
    """As the desk works on it, in this language or the source's."""
    there = writing.languages(work, article.id)
    text = there[locale] if locale in there else there[article.source_locale]
    return ArticleView(
        **{name: getattr(text, name) for name in _OF_TEXT},
        **{name: getattr(article, name) for name in _OF_ARTICLE},
        languages=list(there),
        outdated=list(queries.outdated(article, there)),
    )


def read_view(work: Work, shown: Shown) -> ReadArticle:
    version = shown.version
    html = markdown.rendered(version.body).html
    linked = queries.readable_among(work, markdown.rendered(version.body).articles)
    known = {row.id for row in linked}
    return ReadArticle(
        id=shown.article.id,
        title=version.title,
        summary=version.summary,
        body=markdown.for_readers(version.body),
        html=markdown.addressed(
            html,
            file=lambda one: f"/api/v1/article-files/{one}",
            article=lambda one: f"/api/v1/articles/{one}" if one in known else None,
        ),
        locale=version.locale,
        slug=shown.slug,
        section_id=shown.article.section_id,
        languages=dict(shown.languages),
        outdated=shown.outdated,
        number=version.number,
        updated_at=version.at,
    )


_OF_TEXT = ("title", "summary", "body", "locale", "slug", "number", "published_number")
_OF_ARTICLE = (
    "id", "source_locale", "state", "is_live", "audience", "segment_id", "section_id", "owner_id",
    "labels", "publish_at", "published_at", "review_every_days", "review_due_at", "helpful",
    "unhelpful", "uses", "created_at", "updated_at", "version",
)  # fmt: skip
_OF_SETTINGS = (
    "section_id", "owner_id", "audience", "segment_id", "labels", "review_every_days",
)  # fmt: skip


def _language(work: Work, locale: str | UnsetType) -> str:
    return locale if locale is not UNSET else settings.get(work).default_locale


def _line(one: Line) -> ArticleLine:
    text: Translation = one.text
    article: Any = one.article
    return ArticleLine(
        title=text.title,
        summary=text.summary,
        locale=text.locale,
        slug=text.slug,
        **{name: getattr(article, name) for name in _OF_LINE},
    )


def _entry(one: Entry) -> ArticleLine:
    return ArticleLine(
        id=one.article_id,
        title=one.title,
        summary=one.summary,
        locale=one.locale,
        slug=one.slug,
        section_id=one.section_id,
        state="published",
        audience=None,
        owner_id=None,
        labels=None,
        updated_at=one.updated_at,
    )


_OF_LINE = ("id", "section_id", "state", "audience", "owner_id", "labels", "updated_at")
