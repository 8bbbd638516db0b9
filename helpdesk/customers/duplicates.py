"""How likely two records are one person, with the evidence in plain words.

Pure. A name alone never says much: people share names. Two proved external ids that differ speak
against. Not for finding the pairs (see `suggestions`), nor for acting on them (see `merge`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from helpdesk.customers.contact_points import SHARED_DOMAINS, domain_of, shown_phone
from helpdesk.customers.search_words import words_of

SUGGESTED_FROM = 30
MOST_WITHOUT_ADDRESS = 40
_ALIKE = 0.86

_SHARED = {
    # kind: (points when one side has proved it, points when nobody has, what it is called)
    "email": (85, 70, "e-mail address"),
    "phone": (75, 60, "phone number"),
    "external": (90, 50, "external id"),
    "chat": (45, 40, "browser"),
}


@dataclass(frozen=True, slots=True)
class Record:
    """What is compared of a customer. `points` maps (kind, value) to whether it is proved."""

    id: str
    name: str = ""
    organisation_id: str | None = None
    points: Mapping[tuple[str, str], bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judgement:
    score: int  # 0 to 100
    evidence: tuple[str, ...]


def judge(one: Record, other: Record) -> Judgement:
    """The score of two records; the same whichever comes first."""
    score, evidence = _by_address(one, other)
    by_rest, more = _by_rest(one, other)
    score = min(100, score + by_rest) if score else min(MOST_WITHOUT_ADDRESS, by_rest)
    evidence += more
    if score and _contradict(one, other):
        score -= 40
        evidence.append("Against it: they have different proved external ids")
    return Judgement(max(0, score), tuple(evidence))


def _by_address(one: Record, other: Record) -> tuple[int, list[str]]:
    scores, evidence = [0], []
    for kind, value in sorted(one.points.keys() & other.points.keys()):
        proved = one.points[kind, value] or other.points[kind, value]
        points, claimed, name = _SHARED[kind]
        scores.append(points if proved else claimed)
        how = "proved on one of the two" if proved else "not proved"
        shown = shown_phone(value) if kind == "phone" else value
        what = "" if kind == "chat" else f" {shown}"
        evidence.append(f"Same {name}{what}, {how}")
    # A second shared address adds a little; it often goes with the first.
    return max(scores) + 5 * max(0, len(scores) - 2), evidence


def _by_rest(one: Record, other: Record) -> tuple[int, list[str]]:
    score, evidence = 0, []
    alike = name_likeness(one.name, other.name)
    if alike == 1:
        score, evidence = 25, [f"Same name, {other.name}"]
    elif alike >= _ALIKE:
        score, evidence = 15, [f"Similar names, {' and '.join(sorted((one.name, other.name)))}"]
    told = {domain_of(value) for _, value in one.points.keys() & other.points.keys()}
    shared = sorted((_own_domains(one) & _own_domains(other)) - told)
    if one.organisation_id is not None and one.organisation_id == other.organisation_id:
        score += 10
        evidence.append("Same organisation")
    elif shared:
        score += 10
        evidence.append(f"Both write from {shared[0]}")
    return score, evidence


def name_likeness(one: str, other: str) -> float:
    """1 for the same words in any order, accents and case aside; 0 where a name is missing."""
    words, others = sorted(words_of(one)), sorted(words_of(other))
    if not words or not others:
        return 0.0
    if words == others:
        return 1.0
    first, second = sorted((" ".join(words), " ".join(others)))
    return min(0.99, SequenceMatcher(None, first, second).ratio())


def _own_domains(record: Record) -> set[str]:
    domains = {domain_of(value) for kind, value in record.points if kind == "email"}
    return domains - SHARED_DOMAINS


def _contradict(one: Record, other: Record) -> bool:
    mine, theirs = _proved_ids(one), _proved_ids(other)
    return bool(mine and theirs and not mine & theirs)


def _proved_ids(record: Record) -> set[str]:
    return {
        value for (kind, value), proved in record.points.items() if kind == "external" and proved
    }
