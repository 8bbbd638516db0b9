"""The text that proves a telephone number: written by a worker, with no transaction open.

It belongs to no conversation, since nobody at the desk may read a code. A worker that dies leaves
it unsent, and whoever waits asks again: a code is worth ten minutes. Not for what proving a number
leads to (see `portal_claiming`).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.carriers import port
from helpdesk.carriers.errors import TextAway, TextRefused, TextUnsure
from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels.models import WidgetSite
from helpdesk.core.actors import system
from helpdesk.core.tables import EventRow
from helpdesk.core.work import Work, begin, reading
from helpdesk.identity import phone_proofs
from helpdesk.texts import opt_outs, place

log = logging.getLogger("helpdesk.texts")

ACTOR = system("phone-proof")
WORDS = {
    "en": "{code} is your code for {brand}. It works for ten minutes. Give it to nobody; we never "
    "ask for it.",
    "de": "{code} ist Ihr Code für {brand}. Er gilt zehn Minuten. Geben Sie ihn niemandem; wir "
    "fragen nie danach.",
}
LONGEST_BRAND = 30


@dataclass(frozen=True, slots=True)
class Letter:
    to: str
    from_: str
    body: str


def can_prove(work: Work) -> bool:
    """Whether codes go out at all: countries are named, and there is a number to text with."""
    return (
        bool(phone_proofs.rule(work).regions)
        and _ours(work, None) is not None
        and port.carrier().texts(place.settings()) is not None
    )


def run(event_id: str) -> None:
    """The job of a worker: the one text that this event asks for."""
    with reading(ACTOR) as work:
        facts = work.session.scalar(select(EventRow.facts).where(EventRow.id == event_id))
    if facts:
        send(str(facts["proof_id"]))


def send(proof_id: str) -> bool:
    """Whether a text went out."""
    carrier = port.carrier().texts(place.settings())
    with begin(ACTOR) as work:
        letter = _letter(work, proof_id)
    if letter is None or carrier is None:
        return False
    try:
        carrier.send(to=letter.to, from_=letter.from_, body=letter.body)
    except (TextRefused, TextAway) as error:
        log.warning("a code could not be texted: %s", error)
        with begin(ACTOR) as work:
            phone_proofs.note_failed(work, proof_id)
        return False
    except TextUnsure:
        pass  # it may have gone, and is counted as gone
    return True


def _letter(work: Work, proof_id: str) -> Letter | None:
    """What to send, claimed; None where nothing goes out, of which the asker learns nothing."""
    row = phone_proofs.take(work, proof_id, "held")
    if row is None:
        return None
    number = _ours(work, row.site_id)
    if number is None or opt_outs.standing(work, row.number) is not None:
        return None
    if phone_proofs.has_enough(work, row):
        log.warning("no code went out: the number, or the house, has had enough today")
        return None
    row.state = "sent"
    site = work.session.get(WidgetSite, row.site_id) if row.site_id else None
    brand = (site.name if site else "Helpdesk")[:LONGEST_BRAND]
    words = WORDS.get(row.language, WORDS["en"])
    body = words.replace("{code}", phone_proofs.issue(row)).replace("{brand}", brand)
    return Letter(row.number, number.number, body)


def _ours(work: Work, site_id: str | None) -> PhoneNumber | None:
    """Our number to text with: that of the site's queue, else the first."""
    site = work.session.get(WidgetSite, site_id) if site_id else None
    queue_id = site.queue_id if site else None
    return work.session.scalar(
        select(PhoneNumber)
        .where(PhoneNumber.is_active, PhoneNumber.takes_texts)
        .order_by(PhoneNumber.queue_id != queue_id, PhoneNumber.name, PhoneNumber.id)
        .limit(1)
    )
