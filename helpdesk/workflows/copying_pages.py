"""The page of a copy that a person reads: one file of HTML, in their language, without any script.

Pure: it shows what `copying` collected. Everything is escaped; links lead to the files beside it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from helpdesk.owned import money

WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "title": "All that is kept about you", "made": "Made on {at}", "profile": "You",
        "addresses": "Addresses and telephone numbers", "matters": "Matters",
        "talks": "Chats, calls and messages", "recordings": "Recordings of calls",
        "orders": "Orders", "things": "Things you own",
        "visits": "Visits", "places": "Where we come to you",
        "surveys": "Surveys", "consents": "Your choices about messages",
        "remarks": "Remarks on help articles", "nothing": "Nothing.", "you": "You",
        "us": "We", "other": "Somebody else", "colleague": "A colleague", "call": "Call",
        "gone": "no longer here", "True": "yes", "False": "no",
    },
    "de": {
        "title": "Alles, was über Sie gespeichert ist", "made": "Erstellt am {at}",
        "profile": "Sie", "addresses": "Adressen und Telefonnummern", "matters": "Anliegen",
        "talks": "Chats, Anrufe und Nachrichten", "recordings": "Aufnahmen von Anrufen",
        "orders": "Bestellungen", "things": "Ihre Geräte",
        "visits": "Termine vor Ort", "places": "Wohin wir zu Ihnen kommen",
        "surveys": "Umfragen", "consents": "Ihre Wahl zu Nachrichten",
        "remarks": "Anmerkungen zu Hilfeartikeln", "nothing": "Nichts.", "you": "Sie",
        "us": "Wir", "other": "Jemand anderes", "colleague": "Ein Kollege", "call": "Anruf",
        "gone": "nicht mehr da", "True": "ja", "False": "nein",
    },
}  # fmt: skip
# Names of the data file as people read them; where one is missing its own name will do.
NAMES: Mapping[str, Mapping[str, str]] = {
    "en": {"lines": "what", "source": "where", "text_version": "version of the text"},
    "de": {
        "name": "Name", "language": "Sprache", "time_zone": "Zeitzone", "since": "seit",
        "preferred_channel": "gewünschter Weg", "preferred_time": "gewünschte Zeit",
        "kind": "Art", "address": "Adresse", "confirmed": "bestätigt", "number": "Nummer",
        "placed": "bestellt", "status": "Stand", "total": "Summe", "currency": "Währung",
        "lines": "was", "serial": "Seriennummer", "place": "Ort", "bought": "gekauft",
        "began": "begonnen", "seconds": "Sekunden", "question": "Frage", "asked": "gefragt",
        "answered": "beantwortet", "score": "Note", "comment": "Anmerkung",
        "purpose": "Zweck", "channel": "Weg", "state": "Stand", "source": "wo",
        "where": "wo", "access": "Zugang", "latitude": "Breite", "longitude": "Länge",
        "promised": "zugesagt (UTC)", "arrived": "angekommen", "ended": "beendet",
        "note": "Notiz", "done": "getan",
        "text_version": "Fassung des Textes", "sound": "Ton", "at": "wann", "text": "Text",
    },
}  # fmt: skip
_PLAIN = (
    "orders", "things", "visits", "places", "recordings", "surveys", "consents", "remarks",
)  # fmt: skip
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00")
_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;"
    "color-scheme:light dark}table{border-collapse:collapse;width:100%}td{padding:.25rem .5rem "
    ".25rem 0;vertical-align:top;overflow-wrap:anywhere}.word{margin:0 0 .75rem;white-space:"
    "pre-wrap;overflow-wrap:anywhere}small{opacity:.75}"
)


def page(found: Mapping[str, Any], language: str, at: datetime) -> str:
    """Times as in the reader's zone. `found` is what the data file holds."""
    say = {**NAMES.get(language, {}), **WORDS.get(language, WORDS["en"])}
    zone = _zone(found["profile"].get("time_zone"))
    orders = [_priced(one, language) for one in found["orders"]]
    found = _in_zone({**found, "orders": orders}, zone)
    made = f"{at.astimezone(zone):%Y-%m-%d %H:%M} ({zone})"
    parts = [
        f'<!doctype html><html lang="{escape(language)}"><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width">',
        f"<title>{escape(say['title'])}</title><style>{_STYLE}</style>",
        f"<h1>{escape(say['title'])}</h1>",
        f"<p>{escape(say['made'].replace('{at}', made))}</p>",
        _section(say, "profile", [found["profile"]]),
        _section(say, "addresses", found["addresses"]),
        _talks(say, "matters", found["matters"]),
        _talks(say, "talks", found["talks"]),
    ]
    for kind in (
        "orders",
        "things",
        "visits",
        "places",
        "recordings",
        "surveys",
        "consents",
        "remarks",
    ):
        parts.append(_section(say, kind, found[kind]))
    return "\n".join(parts)


def _priced(order: Mapping[str, Any], language: str) -> dict[str, Any]:
    total, currency = order.get("total"), order.get("currency")
    if total is None or not currency:
        return dict(order)
    return {**order, "total": money.shown(total, currency, language), "currency": ""}


def _zone(name: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(name or "UTC"))
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def _in_zone(value: Any, zone: ZoneInfo) -> Any:
    """The same with every instant as a clock on the reader's wall shows it, to the minute."""
    if isinstance(value, Mapping):
        return {name: _in_zone(one, zone) for name, one in value.items()}
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value):
            return value
        return f"{datetime.fromisoformat(value).astimezone(zone):%Y-%m-%d %H:%M}"
    return [_in_zone(one, zone) for one in value] if isinstance(value, Sequence) else value


def _section(say: Mapping[str, str], kind: str, rows: Sequence[Mapping[str, Any]]) -> str:
    head = f"<h2>{escape(say[kind])}</h2>"
    if not rows:
        return f"{head}<p>{escape(say['nothing'])}</p>"
    return head + "".join(_table(say, row) for row in rows)


def _table(say: Mapping[str, str], row: Mapping[str, Any]) -> str:
    lines = [
        f"<tr><td>{escape(say.get(name) or str(name).replace('_', ' '))}</td>"
        f"<td>{_value(say, name, value)}</td></tr>"
        for name, value in row.items()
        if value not in (None, "", [], {})
    ]
    return f"<table>{''.join(lines)}</table><hr>"


def _value(say: Mapping[str, str], name: str, value: Any) -> str:
    if isinstance(value, bool):
        return escape(say[str(value)])
    text = escape(str(value))
    return f'<a href="{escape(quote(str(value)))}">{text}</a>' if name == "sound" else text


def _talks(say: Mapping[str, str], kind: str, rows: Sequence[Mapping[str, Any]]) -> str:
    parts = [f"<h2>{escape(say[kind])}</h2>"]
    for row in rows:
        parts.append(f"<h3>{escape(row['name'])}</h3><p><small>{escape(row['opened'])}</small></p>")
        if row.get("fields"):
            parts.append(_table(say, row["fields"]))
        parts += [_word(say, word) for word in row["words"]]
    return "".join(parts) if rows else parts[0] + f"<p>{escape(say['nothing'])}</p>"


def _word(say: Mapping[str, str], word: Mapping[str, Any]) -> str:
    who = word["name"] or say.get(word["by"], word["by"])
    files = "".join(_file(say, one) for one in word["files"])
    return (
        f'<div class="word"><small>{escape(who)}, {escape(word["at"])}</small>\n'
        f"{escape(word['text'])}{files}</div>"
    )


def _file(say: Mapping[str, str], one: Mapping[str, str]) -> str:
    if not one["path"]:
        return f"\n{escape(one['name'])} ({escape(say['gone'])})"
    return f'\n<a href="{escape(quote(one["path"]))}">{escape(one["name"])}</a>'
