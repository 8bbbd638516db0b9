"""What customers are told of their visits, by mail and by text, in their language.

Fields are put in by plain replacement, so nothing a person wrote is read as anything else.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from helpdesk.mail.wording import filled, short

LANGUAGES = ("en", "de")
_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}
_MAILS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "en": {
        "confirm": (
            "Your visit on {day}: {kind}",
            (
                "Hello {name},\n\na technician comes to you on {window}.\n\n{kind}\n"
                "{where}\n\nSee it, move it or call it off here:\n{link}\n\nYou can do that "
                "until {until}. The attached entry puts it into your calendar; it replaces "
                "an earlier one.\n\n{brand}"
            ),
        ),
        "day": (
            "Tomorrow: {kind}",
            (
                "Hello {name},\n\na technician comes to you on {window}.\n\n{kind}\n"
                "{where}\n\nPlease see that somebody can open. Tell us that it suits you, or "
                "that it does not:\n{link}\n\n{brand}"
            ),
        ),
        "way": (
            "Our technician is on the way",
            (
                "Hello {name},\n\n{who} is on the way to you and should arrive at about "
                "{eta}.\n\n{kind}\n{where}\n{link}\n\n{brand}"
            ),
        ),
        "cancel": (
            "Your visit on {day} is called off",
            (
                "Hello {name},\n\nnobody comes on {window}: the visit is called off.\n\n"
                "{kind}\n\nThe attached entry takes it out of your calendar. To make another "
                "appointment, write to us or call.\n\n{brand}"
            ),
        ),
    },
    "de": {
        "confirm": (
            "Ihr Termin am {day}: {kind}",
            (
                "Guten Tag {name},\n\nam {window} kommt jemand zu Ihnen.\n\n{kind}\n"
                "{where}\n\nHier können Sie den Termin ansehen, verschieben oder absagen:\n"
                "{link}\n\nDas geht bis {until}. Der angehängte Eintrag trägt ihn in Ihren "
                "Kalender ein; er ersetzt einen früheren.\n\n{brand}"
            ),
        ),
        "day": (
            "Morgen: {kind}",
            (
                "Guten Tag {name},\n\nam {window} kommt jemand zu Ihnen.\n\n{kind}\n"
                "{where}\n\nBitte sorgen Sie dafür, dass jemand öffnen kann. Sagen Sie uns, "
                "ob es dabei bleibt:\n{link}\n\n{brand}"
            ),
        ),
        "way": (
            "Wir sind auf dem Weg zu Ihnen",
            (
                "Guten Tag {name},\n\n{who} ist auf dem Weg zu Ihnen und kommt "
                "voraussichtlich gegen {eta} an.\n\n{kind}\n{where}\n{link}\n\n{brand}"
            ),
        ),
        "cancel": (
            "Ihr Termin am {day} ist abgesagt",
            (
                "Guten Tag {name},\n\nam {window} kommt niemand: Der Termin ist abgesagt.\n\n"
                "{kind}\n\nDer angehängte Eintrag nimmt ihn aus Ihrem Kalender. Für einen "
                "neuen Termin schreiben Sie uns oder rufen Sie an.\n\n{brand}"
            ),
        ),
    },
}
_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "confirm": "{brand}: your visit is booked for {brief}. Move or cancel: {link}",
        "day": "{brand}: we come {brief}. Does it suit you? {link}",
        "way": "{brand}: {who} is on the way to you, expected at about {eta}. {link}",
        "cancel": "{brand}: your visit on {brief} is called off. Nobody comes.",
    },
    "de": {
        "confirm": "{brand}: Ihr Termin ist gebucht: {brief}. Verschieben oder absagen: {link}",
        "day": "{brand}: Wir kommen {brief}. Bleibt es dabei? {link}",
        "way": "{brand}: {who} ist auf dem Weg zu Ihnen, Ankunft gegen {eta}. {link}",
        "cancel": "{brand}: Ihr Termin {brief} ist abgesagt. Es kommt niemand.",
    },
}
NOBODY = {"en": "Our technician", "de": "Unser Techniker"}


def language(text: str | None) -> str:
    found = short(text or "en")
    return found if found in LANGUAGES else "en"


def mail(kind: str, lang: str, named: Mapping[str, str]) -> tuple[str, str]:
    """Subject and text."""
    subject, text = _MAILS[lang][kind]
    return filled(subject, named), filled(text, named)


def text(kind: str, lang: str, named: Mapping[str, str]) -> str:
    return filled(_TEXTS[lang][kind], named)


def day(at: datetime, zone: str, lang: str) -> str:
    """`Tuesday 3 March`, in German `Dienstag, 3. März`."""
    local = at.astimezone(ZoneInfo(zone))
    name, month = _DAYS[lang][local.weekday()], _MONTHS[lang].split()[local.month - 1]
    return f"{name}, {local.day}. {month}" if lang == "de" else f"{name} {local.day} {month}"


def window(starts: datetime, ends: datetime, zone: str, lang: str) -> str:
    """`Tuesday 3 March between 08:00 and 10:00`."""
    first, last = clock(starts, zone), clock(ends, zone)
    if lang == "de":
        return f"{day(starts, zone, lang)}, zwischen {first} und {last} Uhr"
    return f"{day(starts, zone, lang)} between {first} and {last}"


def brief(starts: datetime, ends: datetime, zone: str, lang: str) -> str:
    """The same for a text: `Tue 3 Mar, 08:00-10:00`."""
    local = starts.astimezone(ZoneInfo(zone))
    name, month = _DAYS[lang][local.weekday()], _MONTHS[lang].split()[local.month - 1][:3]
    hours = f"{clock(starts, zone)}-{clock(ends, zone)}"
    if lang == "de":
        return f"{name[:2]}, {local.day}.{local.month}., {hours} Uhr"
    return f"{name[:3]} {local.day} {month}, {hours}"


def clock(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%H:%M}"
