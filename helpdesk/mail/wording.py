"""What mails of ours say besides a colleague's own words: per brand and language, else built in.

Fields such as {ticket} are put in by plain replacement of known names: a template is never a
program, and text of customers is never looked at for fields. Pure but for `find`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from sqlalchemy import select

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.mail.models import MailWording

KINDS: dict[str, tuple[str, frozenset[str]]] = {
    "reply": ("Answer", frozenset({"text", "signature", "agent", "customer", "ticket", "brand"})),
    "signature": ("Signature", frozenset({"agent", "brand"})),
    "acknowledgement": ("Receipt", frozenset({"ticket", "brand"})),
    "transcript": ("Copy of a chat", frozenset({"text", "customer", "brand"})),
}
LONGEST = 5000
_FIELD = re.compile(r"\{([a-z_]{1,30})\}")


@dataclass(frozen=True, slots=True)
class Wording:
    subject: str
    text: str


_BUILT_IN: dict[str, dict[str, Wording]] = {
    "en": {
        "reply": Wording("", "{text}\n\n{signature}"),
        "signature": Wording("", "{agent}\n{brand}"),
        "acknowledgement": Wording(
            "We have your message [{ticket}]",
            "Thank you for writing to us. Your message is here, and a person will answer it.\n\n"
            "Your number is {ticket}. To add something, answer this mail.\n\n{brand}",
        ),
        "transcript": Wording("Your chat with {brand}", "Hello {customer},\n\n{text}\n\n{brand}"),
    },
    "de": {
        "reply": Wording("", "{text}\n\n{signature}"),
        "signature": Wording("", "{agent}\n{brand}"),
        "acknowledgement": Wording(
            "Ihre Nachricht ist da [{ticket}]",
            "Danke für Ihre Nachricht. Sie ist angekommen, und ein Mensch beantwortet sie.\n\n"
            "Ihre Nummer ist {ticket}. Um etwas zu ergänzen, antworten Sie auf diese Mail.\n\n"
            "{brand}",
        ),
        "transcript": Wording("Ihr Chat mit {brand}", "Hallo {customer},\n\n{text}\n\n{brand}"),
    },
}


def find(work: Work, brand_id: str | None, kind: str, *languages: str | None) -> Wording:
    """The brand's text in the first language that has one, else the built-in one."""
    wanted = [short(x) for x in languages if x]
    if brand_id is not None:
        rows = work.session.scalars(
            select(MailWording).where(MailWording.brand_id == brand_id, MailWording.kind == kind)
        ).all()
        own = {row.language: Wording(row.subject, row.text) for row in rows}
        for language in wanted:
            if language in own:
                return own[language]
        if own and not any(language in _BUILT_IN for language in wanted):
            return own[sorted(own)[0]]
    return built_in(kind, *wanted)


def built_in(kind: str, *languages: str) -> Wording:
    for language in (*languages, "en"):
        if language in _BUILT_IN:
            return _BUILT_IN[language][kind]
    return _BUILT_IN["en"][kind]


def short(language: str) -> str:
    """`de` of `de-AT`."""
    return re.split(r"[-_]", language.strip().lower())[0][:10]


def check(kind: str, text: str) -> None:
    """Invalid for a field that this kind does not have, or a text without its heart."""
    if len(text) > LONGEST:
        raise Invalid(fields={"text": f"Use at most {LONGEST:,} characters."})
    unknown = sorted(set(_FIELD.findall(text)) - KINDS[kind][1])
    if unknown:
        known = ", ".join("{" + name + "}" for name in sorted(KINDS[kind][1]))
        raise Invalid(fields={"text": f"There is no field {{{unknown[0]}}}. Known are {known}."})
    if "text" in KINDS[kind][1] and "{text}" not in text:
        raise Invalid(fields={"text": "Say with {text} where the answer stands."})


def filled(template: str, values: Mapping[str, str]) -> str:
    """Known fields replaced, once: what was put in is not looked at again."""
    return _FIELD.sub(lambda m: values.get(m.group(1), m.group(0)), template)


_URL = re.compile(r"https?://[^\s<>\"']{1,2000}[^\s<>\"'.,;:!?)\]]")


def as_html(text: str) -> str:
    """Plain text as modest HTML: paragraphs, breaks and links."""
    paragraphs = re.split(r"\n[ \t]*\n+", linked(text).strip("\n"))
    return framed(
        "\n".join(f"<p>{p.replace(chr(10), '<br>')}</p>" for p in paragraphs if p.strip())
    )


def linked(text: str) -> str:
    """Escaped, with what looks like an address made a link."""
    out, at = [], 0
    for found in _URL.finditer(text):
        link = escape(found.group(), quote=True)
        out.append(escape(text[at : found.start()]))
        out.append(f'<a href="{link}">{link}</a>')
        at = found.end()
    out.append(escape(text[at:]))
    return "".join(out)


def framed(body: str) -> str:
    """A part of a mail in the type that all of ours have."""
    return f'<div style="font-family:sans-serif;font-size:15px;line-height:1.5">\n{body}\n</div>'


def check_subject(kind: str, subject: str) -> None:
    """Invalid for an unknown field in a subject."""
    unknown = sorted(set(_FIELD.findall(subject)) - KINDS[kind][1])
    if unknown or "{text}" in subject:
        raise Invalid(fields={"subject": "This subject holds a field that it cannot have."})
