"""What a customer signs at a visit, word for word, and its digest. Pure.

The phone puts the same content before them (`static/technician/canonical.js`); both come to the
same digest because the text is canonical: keys in order, no blanks, no fractions. Not for keeping
it (`workflows.visit_reports`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

LONGEST = 60_000  # characters of a content
MOST_STROKES, MOST_NUMBERS = 400, 12_000
LARGEST_PLACE = 20_000  # of a point, in ten thousandths of the pad's width

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "Report of our visit",
        "statement": "I confirm that the work above was done.",
        "parts": "Parts used",
        "time": "Time",
        "photos": "Pictures",
        "name": "Name of whoever signs",
        "sign_here": "Sign here",
        "again": "Again",
        "confirm": "Confirm",
        "digest": "Your signature belongs to exactly this text. Its fingerprint (SHA-256):",
        "yes": "yes",
        "no": "no",
        "letter": "Thank you for having us. The report of our visit is attached.",
    },
    "de": {
        "title": "Bericht über unseren Besuch",
        "statement": "Ich bestätige, dass die oben genannte Arbeit ausgeführt wurde.",
        "parts": "Verwendete Teile",
        "time": "Zeit",
        "photos": "Bilder",
        "name": "Name der unterzeichnenden Person",
        "sign_here": "Hier unterschreiben",
        "again": "Noch einmal",
        "confirm": "Bestätigen",
        "digest": "Ihre Unterschrift gehört zu genau diesem Text. Sein Fingerabdruck (SHA-256):",
        "yes": "ja",
        "no": "nein",
        "letter": "Vielen Dank für den Termin. Der Bericht über unseren Besuch liegt bei.",
    },
}


def language_of(named: str | None) -> str:
    """The language of a report for a customer who speaks this one."""
    return (named or "en").split("-")[0] if (named or "en").split("-")[0] in WORDS else "en"


def canonical(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def digest(content: Any) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def content(
    *,
    number: int,
    kind: str,
    place: str,
    checklist: Sequence[Mapping[str, Any]],
    answers: Mapping[str, Any],
    parts: Iterable[tuple[str, str, int]],
    spent_s: int | None,
    photos: int,
    remark: str,
    language: str,
) -> dict[str, Any]:
    """`parts` (id, name, quantity); `checklist` as its type has it, `answers` by key."""
    words = WORDS[language]
    return {
        "checklist": [
            {
                "key": line["key"],
                "text": line["text"],
                "answer": answered(answers.get(line["key"]), words),
            }
            for line in checklist
            if line.get("kind") != "photo"
        ],
        "minutes": None if spent_s is None else round(spent_s / 60),
        "number": number,
        "parts": [
            {"part_id": part_id, "name": name, "quantity": quantity}
            for part_id, name, quantity in sorted(parts)
        ],
        "photos": photos,
        "place": place,
        "remark": remark,
        "statement": words["statement"],
        "type": kind,
    }


def answered(value: Any, words: Mapping[str, str]) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return words["yes" if value else "no"]
    return str(value)


def is_content(given: Any) -> bool:
    """Whether a phone's content has the shape of one: what is kept is shown and printed."""
    shape = {
        "checklist": list, "minutes": int | None, "number": int, "parts": list, "photos": int,
        "place": str, "remark": str, "statement": str, "type": str,
    }  # fmt: skip
    if not isinstance(given, dict) or given.keys() != shape.keys():
        return False
    if not all(isinstance(given[name], kind) for name, kind in shape.items()):
        return False
    if len(canonical(given)) > LONGEST:
        return False
    lines = all(_is_of(one, {"key": str, "text": str, "answer": str}) for one in given["checklist"])
    return lines and all(
        _is_of(one, {"part_id": str, "name": str, "quantity": int}) for one in given["parts"]
    )


def facts(given: Mapping[str, Any]) -> tuple[Any, ...]:
    """What has to be the same in what was signed and in what we were told; words may be older."""
    return (
        given["number"],
        sorted((one["key"], one["answer"]) for one in given["checklist"] if one["answer"]),
        sorted((one["part_id"], one["quantity"]) for one in given["parts"]),
        given["minutes"],
        given["remark"],
    )


def are_strokes(given: Any) -> bool:
    """Lists of x, y, x, y, ...: not empty, few enough, within the pad."""
    if not isinstance(given, list) or not 0 < len(given) <= MOST_STROKES:
        return False
    if sum(len(one) for one in given if isinstance(one, list)) > MOST_NUMBERS:
        return False
    return all(
        isinstance(one, list)
        and len(one) >= 2
        and len(one) % 2 == 0
        and all(
            isinstance(n, int) and not isinstance(n, bool) and -LARGEST_PLACE <= n <= LARGEST_PLACE
            for n in one
        )
        for one in given
    )


def _is_of(given: Any, shape: Mapping[str, type]) -> bool:
    return (
        isinstance(given, dict)
        and given.keys() == shape.keys()
        and all(isinstance(given[name], kind) for name, kind in shape.items())
    )
