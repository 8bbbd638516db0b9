"""What a survey says, in the customer's language where there is a text for it. Pure.

What an administrator writes is literal; nothing in it is ever run or filled in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from helpdesk.customers.languages import spoken


@dataclass(frozen=True, slots=True)
class Words:
    """`low` and `high` stand at the ends of the scale."""

    question: str
    low: str
    high: str


@dataclass(frozen=True, slots=True)
class Page:
    """The sentences around the question."""

    title: str
    comment: str
    send: str
    skip: str
    thanks: str
    thanks_short: str
    thanks_line: str
    gone: str
    gone_line: str
    choose: str
    stop: str
    stop_line: str
    stop_button: str
    stopped: str
    stopped_line: str


_QUESTIONS: Mapping[str, Mapping[str, Words]] = {
    "en": {
        "csat": Words("How satisfied are you with the help you got?", "Not at all", "Very"),
        "ces": Words("It was easy to get this solved.", "I disagree", "I agree"),
        "nps": Words("How likely are you to recommend us?", "Not at all", "Very"),
    },
    "de": {
        "csat": Words("Wie zufrieden sind Sie mit unserer Hilfe?", "Gar nicht", "Sehr"),
        "ces": Words("Die Lösung war einfach zu bekommen.", "Stimmt nicht", "Stimmt"),
        "nps": Words("Wie wahrscheinlich empfehlen Sie uns weiter?", "Gar nicht", "Sehr"),
    },
}
_PAGES: Mapping[str, Page] = {
    "en": Page(
        title="One question",
        comment="What should we know?",
        send="Send",
        skip="Not now",
        thanks="Thank you",
        thanks_short="Thank you, your answer has arrived.",
        thanks_line="Your answer has arrived. You can close this page.",
        gone="This link has ended",
        gone_line="It was valid for some weeks only. Nothing else is needed from you.",
        choose="Choose a number.",
        stop="No more surveys",
        stop_line="We will send you no further surveys. Answers to your questions still come.",
        stop_button="Send me no more surveys",
        stopped="Done",
        stopped_line="You get no more surveys from us.",
    ),
    "de": Page(
        title="Eine Frage",
        comment="Was sollten wir wissen?",
        send="Senden",
        skip="Jetzt nicht",
        thanks="Danke",
        thanks_short="Danke, Ihre Antwort ist da.",
        thanks_line="Ihre Antwort ist da. Sie können diese Seite schließen.",
        gone="Dieser Link gilt nicht mehr",
        gone_line="Er galt nur einige Wochen. Sie müssen nichts weiter tun.",
        choose="Wählen Sie eine Zahl.",
        stop="Keine Umfragen mehr",
        stop_line="Wir senden keine Umfragen mehr. Antworten auf Ihre Fragen kommen weiterhin.",
        stop_button="Keine Umfragen mehr senden",
        stopped="Erledigt",
        stopped_line="Sie bekommen keine Umfragen mehr von uns.",
    ),
}
_LETTERS: Mapping[str, tuple[str, str]] = {
    "en": (
        "How did we do? [{ticket}]",
        (
            "Your matter {ticket} is resolved. May we ask you one question?\n\n{question}\n\n"
            "Answer here, with one click and no sign-in:\n{link}\n\n{brand}\n\n"
            "No more surveys: {stop}"
        ),
    ),
    "de": (
        "Wie waren wir? [{ticket}]",
        (
            "Ihr Anliegen {ticket} ist gelöst. Dürfen wir Sie etwas fragen?\n\n{question}\n\n"
            "Hier antworten, ohne Anmeldung:\n{link}\n\n{brand}\n\nKeine Umfragen mehr: {stop}"
        ),
    ),
}
_ABOUT_CHATS: Mapping[str, tuple[str, str]] = {
    "en": (
        "How did we do in the chat?",
        (
            "You chatted with us. May we ask you something?\n\n{question}\n\n"
            "Answer here, no sign-in needed:\n{link}\n\n{brand}\n\nNo more surveys: {stop}"
        ),
    ),
    "de": (
        "Wie waren wir im Chat?",
        (
            "Sie haben mit uns gechattet. Dürfen wir Sie etwas fragen?\n\n{question}\n\n"
            "Hier antworten, ohne Anmeldung:\n{link}\n\n{brand}\n\nKeine Umfragen mehr: {stop}"
        ),
    ),
}
_CHAT: Mapping[str, str] = {
    "en": "{question} Answer here: {link}",
    "de": "{question} Hier antworten: {link}",
}


def short(language: str | None) -> str:
    """The language that there are texts for: the customer's, else English."""
    return spoken(language, _PAGES)


def words(kind: str, language: str, question: str = "") -> Words:
    """The question in a language; `question` are an administrator's own words."""
    found = _QUESTIONS[short(language)][kind]
    return Words(question or found.question, found.low, found.high)


def page(language: str) -> Page:
    return _PAGES[short(language)]


def letter(
    language: str, *, question: str, ticket: str, brand: str, link: str, stop: str
) -> tuple[str, str]:
    """(subject, text) of the mail."""
    subject, text = _LETTERS[short(language)]
    values = {
        "ticket": ticket, "question": question, "link": link, "brand": brand, "stop": stop,
    }  # fmt: skip
    return _put_in(subject, values), _put_in(text, values)


def letter_about_chat(
    language: str, *, question: str, brand: str, link: str, stop: str
) -> tuple[str, str]:
    """(subject, text) of the mail about a chat that belongs to no ticket."""
    subject, text = _ABOUT_CHATS[short(language)]
    values = {"question": question, "link": link, "brand": brand, "stop": stop}
    return subject, _put_in(text, values)


def chat_line(language: str, *, question: str, link: str) -> str:
    return _put_in(_CHAT[short(language)], {"question": question, "link": link})


def _put_in(template: str, values: Mapping[str, str]) -> str:
    """Ours are the templates, theirs the values: each place is filled once, from left to right."""
    out, rest = [], template
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        out += [before, values[name]]
    return "".join([*out, rest])
