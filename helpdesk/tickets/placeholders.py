"""Placeholders in texts that people keep: `{{customer.name}}` and a few more. Pure.

A text is never a template of a language: each known token is replaced once by plain text and all
else stays as it was written. Something that looks like a token and is none is refused when the
text is saved, so that no customer ever reads it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

PLACEHOLDERS: Mapping[str, str] = {
    "customer.name": "the customer's name",
    "customer.first_name": "the first word of the customer's name",
    "ticket.number": "the ticket's number, T-10432",
    "ticket.subject": "the ticket's subject",
    "agent.name": "the public name of whoever uses it",
    "queue.name": "the name of the ticket's queue",
}
_TOKEN = re.compile(r"\{\{[ \t]{0,3}([a-z_]{1,20}\.[a-z_]{1,20})[ \t]{0,3}\}\}")
# One word or two with a dot in double braces was meant as a token; `{{7*7}}` never was.
_MEANT = re.compile(r"\{\{\s{0,3}([A-Za-z_]\w{0,30}(?:\.\w{1,30}){0,3})\s{0,3}\}\}")


def problem(text: str) -> str | None:
    """What is wrong with a text that is to be kept; None for nothing."""
    for found in _MEANT.finditer(text):
        if found[1] not in PLACEHOLDERS:
            known = ", ".join(f"{{{{{name}}}}}" for name in PLACEHOLDERS)
            return f"There is no {{{{{found[1][:40]}}}}}. Known are {known}."
    return None


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text as it is sent. One pass: a customer called `{{agent.name}}` stays that."""
    return _TOKEN.sub(lambda found: values.get(found[1], found[0]), text)


def used(text: str) -> set[str]:
    """The tokens that the text has."""
    return {found[1] for found in _TOKEN.finditer(text) if found[1] in PLACEHOLDERS}
