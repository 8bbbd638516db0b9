"""The portal's sentences and dates in the language of its reader.

    say = speech.of("de")
    say("home.greeting", name="Ida"); say.when(at); say.day(at)

What a reader wrote is put in as it is and never looked at for fields; templates escape it. Not for
the sentences themselves (`words_en`, `words_de`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from helpdesk.core import clock
from helpdesk.mail.wording import filled, short
from helpdesk.web.portal import (
    words_account_de,
    words_account_en,
    words_de,
    words_en,
    words_owned_de,
    words_owned_en,
    words_privacy,
    words_visit_link,
    words_visits_de,
    words_visits_en,
)

LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        **words_en.WORDS,
        **words_account_en.WORDS,
        **words_owned_en.WORDS,
        **words_privacy.EN,
        **words_visits_en.WORDS,
        **words_visit_link.EN,
    },
    "de": {
        **words_de.WORDS,
        **words_account_de.WORDS,
        **words_owned_de.WORDS,
        **words_privacy.DE,
        **words_visits_de.WORDS,
        **words_visit_link.DE,
    },
}
_DAYS: Mapping[str, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "de": ("Mo.", "Di.", "Mi.", "Do.", "Fr.", "Sa.", "So."),
}
_MONTHS: Mapping[str, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "de": (
        "Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.",
        "Dez.",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Say:
    """Callable: a sentence by its key. `zone` is the reader's."""

    language: str
    zone: str

    def __call__(self, key: str, **values: object) -> str:
        return filled(_WORDS[self.language][key], {k: str(v) for k, v in values.items()})

    def has(self, key: str) -> bool:
        return key in _WORDS[self.language]

    def when(self, at: datetime) -> str:
        """`today, 14:05`, `Tue 1 Dec, 14:05` on the reader's wall; it stands within sentences, so
        in German it is `heute um 14:05 Uhr`, which needs no comma behind it.
        """
        local = at.astimezone(ZoneInfo(self.zone))
        if self.language == "de":
            return f"{self._day(local)} um {local:%H:%M} Uhr"
        return f"{self._day(local)}, {local:%H:%M}"

    def day(self, at: datetime) -> str:
        return self._day(at.astimezone(ZoneInfo(self.zone)))

    def span(self, starts: datetime, ends: datetime) -> str:
        """`Tue 1 Dec, 08:00 to 10:00`, in German with words that stand within a sentence."""
        first, last = (at.astimezone(ZoneInfo(self.zone)) for at in (starts, ends))
        if first.date() != last.date():
            return self("visit.span_days", starts=self.when(starts), ends=self.when(ends))
        hours = {"starts": f"{first:%H:%M}", "ends": f"{last:%H:%M}"}
        return self("visit.span", day=self._day(first), **hours)

    def clock(self, at: datetime) -> str:
        """`14:05` on the reader's wall."""
        local = at.astimezone(ZoneInfo(self.zone))
        return f"{local:%H:%M} Uhr" if self.language == "de" else f"{local:%H:%M}"

    def at_place(self, zone: str) -> Say:
        """The same with the clock of another place."""
        return replace(self, zone=zone) if zone else self

    def size(self, count: int) -> str:
        """`2.4 MB` of a number of bytes."""
        if count < 1024:
            return f"{count} B"
        number, unit = (count / 1024, "kB") if count < 1024**2 else (count / 1024**2, "MB")
        text = f"{number:.0f}" if number >= 10 else f"{number:.1f}"
        return f"{text.replace('.', ',') if self.language == 'de' else text} {unit}"

    def told(self, sentence: str) -> str:
        """A sentence of the house about a field, in the reader's language where it is known."""
        return words_de.OF_THE_HOUSE.get(sentence, self("form.check")) if (
            self.language == "de"
        ) else sentence  # fmt: skip

    def _day(self, local: datetime) -> str:
        now = clock.now().astimezone(ZoneInfo(self.zone))
        for word, date in (("today", now), ("tomorrow", now + timedelta(days=1))):
            if local.date() == date.date():
                return self(f"day.{word}")
        month = _MONTHS[self.language][local.month - 1]
        day = f"{local.day}. {month}" if self.language == "de" else f"{local.day} {month}"
        year = f" {local.year}" if local.year != now.year else ""
        comma = "," if self.language == "de" else ""
        return f"{_DAYS[self.language][local.weekday()]}{comma} {day}{year}"


def of(language: str, zone: str = "UTC") -> Say:
    return Say(language if language in LANGUAGES else "en", zone)


def chosen(*wanted: str | None) -> str:
    """The first of these that there are words in, else English."""
    for one in wanted:
        if one and (found := short(one)) in LANGUAGES:
            return found
    return "en"
