"""How good a posting is, in steps: so that the best ones of a common word are read first.

Pure. An article's amount of a term is what `weighing` takes, but against usual lengths instead of
the collection's, so that it stays the same when other articles come and go. It only chooses whom
to look at; the exact figure is made from the article itself. Reading the steps that tell most until
enough was read is known as score-at-a-time ranking (Anh and Moffat 2006, Lin and Trotman 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.search.ranking import TITLE_LENGTH_COUNTS, TITLE_WEIGHT, longer

TIERS = 16  # 0 is the best
HEAD_WEIGHT = 2.0
BODY_LENGTH_COUNTS = 0.5
_HALF = 2.0  # the amount that stands in the middle
_USUAL_TITLE, _USUAL_HEADS, _USUAL_BODY = 7.0, 20.0, 200.0
Counts = tuple[int, int, int]
"""Of a term or of all terms: in the title, in headings, in the text."""


@dataclass(frozen=True, slots=True)
class Group:
    """Articles of one shelf that have a term so well; `weight`: what each gains (thousandths)."""

    shelf: int
    term: str
    tier: int
    documents: int
    weight: int


def tier_of(counts: Counts, lengths: Counts) -> int:
    amount = (
        TITLE_WEIGHT * counts[0] / longer(lengths[0], _USUAL_TITLE, TITLE_LENGTH_COUNTS)
        + HEAD_WEIGHT * counts[1] / longer(lengths[1], _USUAL_HEADS, BODY_LENGTH_COUNTS)
        + counts[2] / longer(lengths[2], _USUAL_BODY, BODY_LENGTH_COUNTS)
    )
    return TIERS - 1 - min(TIERS - 1, int(TIERS * amount / (amount + _HALF)))


def amount_of(tier: int) -> float:
    """What the middle of a tier stands for."""
    share = (TIERS - tier - 0.5) / TIERS
    return _HALF * share / (1 - share)


def worth_reading(groups: Sequence[Group], budget: int) -> list[Group]:
    """Those that tell most, as long as no more than so many postings are read in all.

    Never nothing: the smallest of the best is read however large it is.
    """
    chosen: list[Group] = []
    read = 0
    for one in sorted(groups, key=lambda g: (-g.weight, g.documents, g.shelf, g.term, g.tier)):
        if read + one.documents <= budget:
            chosen.append(one)
            read += one.documents
    if not chosen and groups:
        chosen = [min(groups, key=lambda g: (g.documents, -g.weight, g.shelf, g.term, g.tier))]
    return chosen
