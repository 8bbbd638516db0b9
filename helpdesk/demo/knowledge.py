"""The articles of Nordlicht Energie: written over months, rated by readers, used on cases.

Most are live; one waits for review, one for its day, one is a draft, and some are behind their
source, as in any house. The words are in `know_heat` and `know_contract`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from helpdesk.core.actors import Actor
from helpdesk.demo import know_contract, know_heat
from helpdesk.demo.history_work import DEMO, HistoryWork
from helpdesk.demo.past import Past
from helpdesk.kb import publishing, ratings, sections, service, settings, writing
from helpdesk.kb.models import Article
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import knowledge

# Key, English, German, parent, icon.
SECTIONS = (
    ("home", "Heating and charging", "Heizen und Laden", "", "flame"),
    ("heat-pumps", "Heat pumps", "Wärmepumpen", "home", ""),
    ("chargers", "Wallboxes", "Wallboxen", "home", ""),
    ("money", "Bills and contracts", "Rechnung und Vertrag", "", "receipt"),
    ("bills", "Bills and payment", "Rechnung und Zahlung", "money", ""),
    ("contracts", "Your contract", "Ihr Vertrag", "money", ""),
    ("moving", "Moving and meters", "Umzug und Zähler", "money", ""),
    ("net", "Internet", "Internet", "", "wifi"),
    ("fibre", "Fibre and WLAN", "Glasfaser und WLAN", "net", ""),
)
WRITERS: Mapping[str, str] = {
    "heat-pumps": "Jonas Meyer", "chargers": "Tom Fischer", "bills": "Aylin Demir",
    "contracts": "Sofia Rossi", "moving": "Lena Brandt", "fibre": "Emre Yildiz",
}  # fmt: skip
REMARKS = (
    ("Heat pump shows error E04: refill the heating water", "Which way do the valves turn?"),
    ("Understand your yearly bill", "Please add an example with solar panels."),
    ("Internet is slow or gone", "My box has no light called PON, it says LINK."),
)
_HEAD = re.compile(r"^@@ (.+?) \| (\w+) \| (.+)$", re.M)
_WORDS = re.compile(r"# ([^\n]+)\n> ([^\n]+)\n\n(.*)", re.S)
READERS = 9


@dataclass(frozen=True, slots=True)
class Text:
    """An article as it stands in the source: `words` {language: (title, summary, body)}."""

    section: str
    audience: str
    labels: tuple[str, ...]
    words: Mapping[str, tuple[str, str, str]] = field(default_factory=dict)


def texts() -> list[Text]:
    """All of them, in the order in which they were written."""
    return [*_texts(know_heat.TEXT), *_texts(know_contract.TEXT)]


class Shelf:
    """What is written over the months, by title."""

    def __init__(self, past: Past) -> None:
        self._past = past
        self._sections: dict[str, str] = {}
        self._articles: dict[str, str] = {}

    def plan(self, begins: datetime, now: datetime, rng: random.Random) -> None:
        """When each is written, rated, and looked at again."""
        self._past.plan(begins + timedelta(days=1), self._set_up)
        written = texts()
        span = (now - begins - timedelta(days=20)) / len(written)
        for n, text in enumerate(written):
            self._past.plan(begins + timedelta(days=2) + n * span, self._write, text)
        self._past.plan(now - timedelta(days=9), self._rate, rng)
        self._past.plan(now - timedelta(days=4), self._fall_behind)
        self._past.plan(now - timedelta(hours=20), self._in_work, now)

    def use(self) -> None:
        """Note on cases which article solved them, by the words of their subject."""
        work = self._past.work
        done = select(Ticket).where(Ticket.state.in_(("resolved", "closed")))
        for ticket in work.session.scalars(done.order_by(Ticket.opened_at.desc()).limit(80)):
            title = _fitting(ticket.subject, list(self._articles))
            who = self._actor_id(ticket.assignee_id)
            if title is not None and who is not None:
                work.act_as(who)
                knowledge.use_article(work, self._articles[title], "ticket", ticket.id, "solved")
        work.act_as(DEMO)

    def _set_up(self) -> None:
        work: HistoryWork = self._past.work
        settings.change(work, {"locales": ["en", "de"], "review_every_days": 180})
        for key, english, german, parent, icon in SECTIONS:
            names = {"en": {"name": english}, "de": {"name": german}}
            made = sections.add_section(
                work, names=names, parent_id=self._sections.get(parent), icon=icon
            )
            self._sections[key] = made.id

    def _write(self, text: Text) -> None:
        work = self._past.work
        work.act_as(self._writer(text.section))
        title, summary, body = text.words["en"]
        linked = self._articles.get("Connect your wallbox with the app", "")
        body = body.replace("article:APP", f"article:{linked}")
        row = service.add_article(
            work, title=title, summary=summary, body=body, audience=text.audience,
            section_id=self._sections[text.section], labels=text.labels, note="First version",
        )  # fmt: skip
        for locale, (other, about, said) in text.words.items():
            if locale != "en":
                writing.add_language(work, row.id, locale, title=other, summary=about, body=said)
        publishing.take_step(work, row.id, "publish")
        self._articles[title] = row.id
        work.act_as(DEMO)

    def _rate(self, rng: random.Random) -> None:
        """Readers say whether it helped; some say what is missing."""
        work = self._past.work
        work.act_as(Actor("visitor", "demo-reader"))
        for article_id in self._articles.values():
            if work.session.get_one(Article, article_id).audience != "public":
                continue
            for n in range(rng.randrange(3, READERS)):
                helpful = rng.random() < 0.82
                ratings.rate(work, article_id, "en", 1, helpful=helpful, mark=f"reader {n}")
        for title, words in REMARKS:
            ratings.remark(work, self._articles[title], "en", 1, words, mark=title)
        work.act_as(DEMO)

    def _fall_behind(self) -> None:
        """One is made better in English, and nobody has come to the German yet."""
        work, title = self._past.work, "Wallbox is offline"
        work.act_as(self._writer("chargers"))
        text = writing.get_language(work, self._articles[title], "en")
        more = f"{text.body.rstrip()}\n\n::: tip\nA repeater near the garage helps for good.\n:::\n"
        writing.save(
            work, text.article_id, "en", title=title, summary=text.summary, body=more,
            upon=text.number, note="Repeater near the garage",
        )  # fmt: skip
        publishing.take_step(work, text.article_id, "publish", versions={"en": text.number})
        work.act_as(DEMO)

    def _in_work(self, now: datetime) -> None:
        """What is not for readers yet: a draft, one to be reviewed, one that waits for its day."""
        work = self._past.work
        for section, title, body, step in _UNFINISHED:
            work.act_as(self._writer(section))
            row = service.add_article(
                work, title=title, body=body, section_id=self._sections[section]
            )
            if step == "schedule":
                publishing.take_step(work, row.id, step, at=now + timedelta(days=12))
            elif step:
                publishing.take_step(work, row.id, step)
        work.act_as(DEMO)

    def _writer(self, section: str) -> Actor:
        return self._past.house.people[WRITERS[section]]

    def _actor_id(self, user_id: str | None) -> Actor | None:
        return next((one for one in self._past.house.people.values() if one.id == user_id), None)


_UNFINISHED = (
    ("heat-pumps", "Cool with the heat pump in summer", "## What happens\n\nNotes so far.\n", ""),
    (
        "fibre",
        "Keep your telephone number when you change to fibre",
        "Tell us the number and the name of the old provider before you cancel there.\n",
        "submit",
    ),
    (
        "contracts",
        "New prices from January on",
        "Your price falls by **1.2 cents** per kilowatt hour. You do not have to do anything.\n",
        "schedule",
    ),
)
# The beginning of a word in a ticket's subject, and of the title of what solves it.
_CASES = (
    ("charg", "Wallbox is offline"),
    ("wallbox", "Wallbox is offline"),
    ("heat", "Heat pump shows error"),
    ("mov", "Moving house"),
    ("meter", "Read your meter"),
    ("bill", "Understand your yearly bill"),
    ("invoice", "Understand your yearly bill"),
    ("internet", "Internet is slow"),
    ("cancel", "Cancel your contract"),
)


def _fitting(subject: str, titles: list[str]) -> str | None:
    low = subject.lower()
    for word, start in _CASES:
        if word in low:
            return next((title for title in titles if title.startswith(start)), None)
    return None


def _texts(source: str) -> Iterator[Text]:
    heads = list(_HEAD.finditer(source))
    for head, after in zip(heads, [*heads[1:], None], strict=True):
        section, audience, labels = head.groups()
        part = source[head.end() : after.start() if after else len(source)]
        english, *others = re.split(r"^@@@ (\w+)$", part, flags=re.M)
        words = {"en": _said(english)}
        words |= {others[n]: _said(others[n + 1]) for n in range(0, len(others), 2)}
        yield Text(section, audience, tuple(one.strip() for one in labels.split(",")), words)


def _said(part: str) -> tuple[str, str, str]:
    found = _WORDS.match(part.strip() + "\n")
    assert found is not None, part[:60]
    title, summary, body = found.groups()
    return title, summary, body
