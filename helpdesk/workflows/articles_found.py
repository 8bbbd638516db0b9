"""Articles in the search: what is live goes in as its readers see it, and is found by whoever may.

The relay calls `renew` a moment after an article was published or withdrawn; it looks at the tables
as they are now, so hearing of the same twice does no harm. Who may read is told to the index as
keys and asked of the articles themselves once more for what was found. What only colleagues read
(drafts, notes inside an article) stands apart under a key that authors alone bring, so that no
reader meets it in a result, a count or a mended word. Not for how articles are ranked
(`search.finding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy import select

from helpdesk.core.work import Emitted, Work
from helpdesk.kb import locales, markdown, permissions, queries, reading, settings
from helpdesk.kb.models import Article, ArticleVersion, Section, Translation
from helpdesk.kb.reading import Reader
from helpdesk.search import answering, articles
from helpdesk.search.finding import Answer
from helpdesk.search.finding import Reader as Looks
from helpdesk.search.highlighting import Piece
from helpdesk.workflows import articles_meant
from helpdesk.workflows.articles_meant import AUTHORS

EVENTS = (
    "article.added", "article.published", "article.withdrawn", "article.changed", "article.removed",
)  # fmt: skip
SECTION_EVENTS = ("article_section.changed",)
DESK = "internal"
WRITTEN = ":written"  # behind the id of an article: what is only for its authors
BATCH = 100
LONGEST_ASKED = 300


@dataclass(frozen=True, slots=True)
class Hit:
    """What a list of results shows; the pieces say what to mark. `score` compares within one."""

    id: str
    locale: str
    slug: str
    title: Sequence[Piece]
    passage: Sequence[Piece]
    score: float = 0.0
    is_inner: bool = False  # the passage stands in a draft or in a note for colleagues


@dataclass(frozen=True, slots=True)
class Found:
    """`instead` maps words that no article has to those that were looked for; `loosened`: the words
    in quotes stand nowhere side by side; `failed`: there was no answer in time.
    """

    hits: Sequence[Hit] = ()
    instead: Mapping[str, str] = field(default_factory=dict)
    loosened: bool = False
    failed: bool = False


def find(
    work: Work,
    asked: str,
    *,
    locale: str = "",
    section_id: str | None = None,
    limit: int = 10,
    typing: bool = False,
    by_meaning: bool | None = None,
    reader: Reader | None = None,
) -> Found:
    """The best articles for these words, in the language given and those it falls back to.

    `reader` is who it is that asks, where that is not the actor. `by_meaning`, where that is set up
    at all: also what has none of the words; None: not while somebody types.
    """
    reader = reader or permissions.reader_of(work)
    looks = Looks(frozenset(keys_of(reader)), tuple(_locales(work, locale)), section_id)
    ask = answering.suggest if typing else answering.find
    wanted = not typing if by_meaning is None else by_meaning
    answer = ask(
        work.session,
        asked[:LONGEST_ASKED],
        looks,
        limit=limit,
        by_meaning=wanted and articles_meant.is_on(work),
    )
    return _checked(work, answer, reader)


def find_written(work: Work, asked: str, *, limit: int = 30) -> Found:
    """For authors: articles by their words, drafts and inner notes too, in every language."""
    permissions.require_writing(work)
    looks = Looks(frozenset({DESK, AUTHORS}))
    answer = answering.find(work.session, asked[:LONGEST_ASKED], looks, limit=limit)
    hits: dict[str, Hit] = {}
    for one in answer.hits:
        own_id = one.id.removesuffix(WRITTEN)
        hit = Hit(own_id, one.locale, "", one.title, one.passage, one.score, own_id != one.id)
        hits.setdefault(own_id, hit)
    return Found(list(hits.values()), answer.instead, answer.loosened, answer.failed is not None)


def related(work: Work, article_id: str, locale: str, *, limit: int = 5) -> Sequence[Hit]:
    """Other articles that this reader may open, the most alike first."""
    reader = permissions.reader_of(work)
    looks = Looks(frozenset(keys_of(reader)), tuple(_locales(work, locale)))
    alike = answering.related(work.session, article_id, looks, limit=limit)
    return _checked(work, Answer(alike), reader).hits


def _checked(work: Work, answer: Answer, reader: Reader) -> Found:
    """Only what this reader may open at this moment, each article once."""
    may = {
        row.id for row in queries.readable_among(work, (h.id for h in answer.hits), reader=reader)
    }
    hits: dict[str, Hit] = {}
    for one in answer.hits:
        if one.id in may:
            slug = str(one.facts.get("slug", ""))
            hits.setdefault(
                one.id, Hit(one.id, one.locale, slug, one.title, one.passage, one.score)
            )
    failed = answer.failed is not None
    return Found(list(hits.values()), answer.instead, answer.loosened, failed)


def keys_of(reader: Reader) -> set[str]:
    """What a reader brings to the index: one of an article's keys is enough."""
    if reader.is_staff:
        return {DESK}
    keys = {"public"}
    if reader.signed_in:
        keys.add("signed_in")
    keys |= {_segments([one]) for one in reader.segments}
    return keys | {_segments(pair) for pair in combinations(sorted(reader.segments), 2)}


def keys_for(guards: Iterable[reading.Guarded]) -> set[str]:
    """Whom an article is for, given itself and the sections it lies in; colleagues always."""
    there = list(guards)
    audience = reading.narrowest(there)
    if audience == "internal":
        return {DESK}
    segments = {one.segment_id for one in there if one.audience == "segment" and one.segment_id}
    if not segments:
        return {DESK, audience}
    # Three at once are more than anybody sets up; such an article is opened by its address.
    return {DESK, _segments(segments)} if len(segments) <= 2 else {DESK}


def _segments(ids: Iterable[str]) -> str:
    return "segment:" + "+".join(sorted(ids))


def renew(work: Work, emitted: list[Emitted]) -> None:
    """Bring the index up to what these events changed."""
    ids: dict[str, None] = {}
    for one in emitted:
        facts = one.event.facts()
        if one.event.kind in SECTION_EVENTS:
            if facts["reach"]:
                ids |= dict.fromkeys(_lying_in(work, facts["section_id"]))
        else:
            ids[facts["article_id"]] = None
    renew_articles(work, list(ids))
    articles_meant.ask(work, list(ids))


def renew_some(work: Work, after: str | None) -> tuple[str | None, int]:
    """Some of all articles anew, for a rebuild; where to go on (None at the end), how many."""
    wanted = select(Article.id).order_by(Article.id).limit(BATCH)
    if after is not None:
        wanted = wanted.where(Article.id > after)
    ids = work.session.scalars(wanted).all()
    renew_articles(work, ids)
    return (ids[-1] if len(ids) == BATCH else None), len(ids)


def renew_articles(work: Work, ids: Sequence[str]) -> None:
    """What is live of these goes in, and beside it what is for authors; all else comes out."""
    sections = {row.id: row for row in permissions.sections_of(work)}
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        found = [*_described(work, some, sections), *_for_authors(work, some)]
        there = {(one.id, one.locale) for one in found}
        _drop_all_but(work, some, there)
        articles.put_all(work, found)


def _drop_all_but(work: Work, ids: Sequence[str], there: Set[tuple[str, str]]) -> None:
    indexed = [name for one in ids for name in (one, one + WRITTEN)]
    kept = {one for one, _ in there}
    for name in indexed:
        if name not in kept:
            articles.drop(work, name)
    for article_id, locale in _written(work, ids):
        for name in (article_id, article_id + WRITTEN):
            if name in kept and (name, locale) not in there:
                articles.drop(work, name, locale)


def _for_authors(work: Work, ids: Sequence[str]) -> Iterator[articles.Article]:
    """What is written now and no reader gets: drafts whole, of a live text what it does not say."""
    rows = work.session.execute(
        select(Article, Translation)
        .join(Translation, Translation.article_id == Article.id)
        .where(Article.id.in_(ids), Article.archived_at.is_(None))
    )
    for article, text in rows:
        is_read = article.is_live and text.published_number == text.number
        words = [markdown.notes_of(text.body)]
        if not is_read:
            words += [text.summary, markdown.text_of(text.body)]
        body = "\n".join(part for part in words if part)
        if body or not is_read:
            yield articles.Article(
                id=article.id + WRITTEN,
                locale=text.locale,
                title=text.title,
                body=body,
                audience=frozenset({AUTHORS}),
            )


def _described(
    work: Work, ids: Sequence[str], sections: Mapping[str, Section]
) -> Iterator[articles.Article]:
    rows = work.session.execute(
        select(Article, Translation, ArticleVersion)
        .join(Translation, Translation.article_id == Article.id)
        .join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.locale == Translation.locale)
            & (ArticleVersion.number == Translation.published_number),
        )
        .where(Article.id.in_(ids), Article.is_live)
    )
    for article, text, version in rows:
        rendered = markdown.rendered(version.body)
        chain = reading.chain(sections, article.section_id)
        yield articles.Article(
            id=article.id,
            locale=text.locale,
            title=version.title,
            body="\n".join(part for part in (version.summary, rendered.text) if part),
            headings=tuple(one.text for one in rendered.headings),
            labels=tuple(article.labels),
            audience=frozenset(keys_for([article, *chain])),
            section_ids=tuple(one.id for one in chain),
            facts={"slug": text.slug},
        )


def _written(work: Work, ids: Sequence[str]) -> Sequence[tuple[str, str]]:
    rows = work.session.execute(
        select(Translation.article_id, Translation.locale).where(Translation.article_id.in_(ids))
    )
    return [(row.article_id, row.locale) for row in rows]


def _lying_in(work: Work, section_id: str) -> Sequence[str]:
    """The live articles in a section and below it."""
    there = permissions.sections_of(work)
    by_id = {row.id: row for row in there}
    inside = [
        row.id for row in there if any(one.id == section_id for one in reading.chain(by_id, row.id))
    ]
    wanted = select(Article.id).where(Article.is_live, Article.section_id.in_(inside))
    return work.session.scalars(wanted).all()


def _locales(work: Work, locale: str) -> list[str]:
    """The reader's language first, then what stands in for it; all where none is named."""
    if not locale:
        return []
    site = settings.get(work)
    return [one for one in locales.preferred(locale, site.default_locale) if one in site.locales]
