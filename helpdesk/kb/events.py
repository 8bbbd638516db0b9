"""What happens to articles, in the past tense. Ids and short facts; no texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from helpdesk.core.events import Event


@dataclass(frozen=True, kw_only=True)
class ArticleAdded(Event):
    kind: ClassVar[str] = "article.added"

    article_id: str
    locale: str


@dataclass(frozen=True, kw_only=True)
class ArticleSaved(Event):
    """A new version of one language; readers see it once it is published."""

    kind: ClassVar[str] = "article.saved"

    article_id: str
    locale: str
    number: int


@dataclass(frozen=True, kw_only=True)
class ArticleChanged(Event):
    """`changed`: its state, audience, section, owner, labels, address, ..."""

    kind: ClassVar[str] = "article.changed"

    article_id: str
    version: int
    changed: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class ArticlePublished(Event):
    """Readers see these versions from now on, {locale: number}; `first`: it was never live."""

    kind: ClassVar[str] = "article.published"

    article_id: str
    versions: dict[str, int]
    first: bool = False


@dataclass(frozen=True, kw_only=True)
class ArticleWithdrawn(Event):
    """Readers see nothing of it any more; `why` withdrawn or archived."""

    kind: ClassVar[str] = "article.withdrawn"

    article_id: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ArticleRemoved(Event):
    """It is gone for good."""

    kind: ClassVar[str] = "article.removed"

    article_id: str


@dataclass(frozen=True, kw_only=True)
class ArticleReviewDue(Event):
    """The day has come on which somebody should look whether it is still right."""

    kind: ClassVar[str] = "article.review_due"

    article_id: str
    owner_id: str | None


@dataclass(frozen=True, kw_only=True)
class ArticleReviewAsked(Event):
    """Its author wants somebody else to read it before readers do."""

    kind: ClassVar[str] = "article.review_asked"

    article_id: str
    by: str


@dataclass(frozen=True, kw_only=True)
class ArticleSentBack(Event):
    """Whoever reviewed it wants something changed."""

    kind: ClassVar[str] = "article.sent_back"

    article_id: str
    by: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ArticleRated(Event):
    kind: ClassVar[str] = "article.rated"

    article_id: str
    locale: str
    number: int
    helpful: bool


@dataclass(frozen=True, kw_only=True)
class RemarkMade(Event):
    """Somebody found something wrong or missing; `owner_id` whose work it is."""

    kind: ClassVar[str] = "article.remarked"

    article_id: str
    remark_id: str
    owner_id: str | None


@dataclass(frozen=True, kw_only=True)
class ArticleUsed(Event):
    """`how` solved, inserted or shown, in a case; `removed`: not any more."""

    kind: ClassVar[str] = "article.used"

    article_id: str
    case_kind: str
    case_id: str
    how: str
    removed: bool = False


@dataclass(frozen=True, kw_only=True)
class SectionChanged(Event):
    """`reach`: who may read what lies in it changed, here and below."""

    kind: ClassVar[str] = "article_section.changed"

    section_id: str
    reach: bool = False
