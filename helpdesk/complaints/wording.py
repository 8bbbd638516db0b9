"""What customers are told when their complaint has arrived, unless it is said otherwise. Pure."""

from __future__ import annotations

from helpdesk.customers.languages import spoken

_ACKNOWLEDGED = {
    "en": "We have your complaint and take it seriously. You get our answer by {until}.",
    "de": "Ihre Beschwerde ist da, und wir nehmen sie ernst. Sie bekommen unsere Antwort bis "
    "{until}.",
}
_SUBJECTS = {"en": "Complaint", "de": "Beschwerde"}


def language(wanted: str | None) -> str:
    return spoken(wanted, _ACKNOWLEDGED)


def acknowledged(wanted: str | None, until: str) -> str:
    return _ACKNOWLEDGED[language(wanted)].replace("{until}", until)


def subject(wanted: str | None, about: str = "") -> str:
    """`Complaint`, or `Complaint: Printer` of the matter that it is about."""
    word = _SUBJECTS[language(wanted)]
    return f"{word}: {about}" if about else word
