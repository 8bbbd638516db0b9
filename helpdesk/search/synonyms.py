"""Words that mean the same to the people of this installation, kept by an admin.

A group holds words or short phrases ("wifi", "wlan", "wireless network"); who asks for one finds
the others too, a little further down. Looked up when somebody searches, so a change needs no
rebuild; each process keeps the groups for a few seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from helpdesk.core import clock, db
from helpdesk.core.errors import Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.search import permissions, words
from helpdesk.search.article_words import Question, forms_of
from helpdesk.search.models import SearchSynonyms
from helpdesk.search.understanding import Alternative

KEPT_S = 5.0
MOST_GROUPS = 2_000
MOST_WORDS = 20
LONGEST_WORD = 80
_MOST_ALTERNATIVES = 12
_KEY = "search.synonyms"

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    read_at: float
    by_first: dict[str, list[tuple[Phrase, tuple[Phrase, ...]]]]


def groups(work: Work) -> Sequence[SearchSynonyms]:
    """All groups, in the order in which they were made."""
    permissions.require_desk(work)
    return work.session.scalars(select(SearchSynonyms).order_by(SearchSynonyms.id)).all()


def keep(work: Work, said: Iterable[str], group_id: str | None = None) -> SearchSynonyms:
    """Make a group of these, or put them in the place of a group's; Invalid, NotFound."""
    permissions.require_admin(work)
    kept = list(dict.fromkeys(" ".join(one.split()) for one in said if _phrase(one)))
    if not 2 <= len(kept) <= MOST_WORDS:
        raise Invalid(fields={"words": f"Give two to {MOST_WORDS} words that mean the same."})
    if any(len(one) > LONGEST_WORD for one in kept):
        raise Invalid(fields={"words": f"Each may have at most {LONGEST_WORD} characters."})
    if group_id is None:
        if len(groups(work)) >= MOST_GROUPS:
            raise Invalid(f"There may be {MOST_GROUPS} groups of synonyms.", code="too_many")
        row = SearchSynonyms(id=new_id(), words=kept, changed_at=work.at)
        work.session.add(row)
        before = None
    else:
        row = _get(work, group_id)
        before, row.words, row.changed_at = row.words, kept, work.at
    work.audit("search.synonyms_changed", "search_synonyms", row.id, before=before, after=kept)
    _forget(work)
    return row


def remove(work: Work, group_id: str) -> None:
    permissions.require_admin(work)
    row = _get(work, group_id)
    work.audit("search.synonyms_removed", "search_synonyms", row.id, before=row.words)
    work.session.delete(row)
    _forget(work)


def alternatives(session: Session, question: Question, spoken: Sequence[str]) -> list[Alternative]:
    """Other ways to say parts of the question, by what is kept."""
    by_first = _kept(session).by_first
    if not by_first:
        return []
    asked = question.words
    found = []
    for n, word in enumerate(asked):
        for phrase, others in by_first.get(word, ()):
            if asked[n : n + len(phrase)] == phrase:
                found += [
                    Alternative(phrase, tuple(forms_of(one, tuple(spoken)) for one in other))
                    for other in others
                ]
    return found[:_MOST_ALTERNATIVES]


def _kept(session: Session) -> _Kept:
    shelf, now = db.current().remembered, clock.monotonic()
    kept: _Kept | None = shelf.get(_KEY)
    if kept is None or now - kept.read_at > KEPT_S:
        kept = _Kept(now, by_first_word(session.scalars(select(SearchSynonyms.words)).all()))
        shelf[_KEY] = kept
    return kept


def by_first_word(
    said: Iterable[Sequence[str]],
) -> dict[str, list[tuple[Phrase, tuple[Phrase, ...]]]]:
    """Each phrase with the others of its group, under its first word."""
    found: dict[str, list[tuple[Phrase, tuple[Phrase, ...]]]] = {}
    for group in said:
        phrases = list(dict.fromkeys(phrase for one in group if (phrase := _phrase(one))))
        for phrase in phrases:
            others = tuple(other for other in phrases if other != phrase)
            found.setdefault(phrase[0], []).append((phrase, others))
    return found


def _phrase(said: str) -> Phrase:
    return tuple(words.words_of(words.folded(said)))


def _get(work: Work, group_id: str) -> SearchSynonyms:
    row = work.session.get(SearchSynonyms, group_id)
    if row is None:
        raise NotFound("This group of synonyms does not exist.")
    return row


def _forget(work: Work) -> None:
    def drop() -> None:
        db.current().remembered.pop(_KEY, None)

    work.after_commit(drop)
