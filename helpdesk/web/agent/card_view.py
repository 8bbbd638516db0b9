"""The customer beside a conversation: the record itself, and what other packages know of it.

Not for changing the record (see `card`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import select

from helpdesk.channels import pre_chat
from helpdesk.channels.models import Conversation, WidgetSite
from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.customers import no_calls, queries, timeline
from helpdesk.customers.called import called_now
from helpdesk.customers.contact_points import shown_phone
from helpdesk.customers.models import NoCalls, TimelineEntry
from helpdesk.identity.models import User
from helpdesk.routing.models import Queue
from helpdesk.texts import opt_outs
from helpdesk.tickets.models import Ticket
from helpdesk.web.agent import maintenance_view, owned_view, visits_view
from helpdesk.web.agent.conversation_view import people
from helpdesk.web.agent.maintenance_view import PlansOf
from helpdesk.web.agent.owned_view import OwnedOf
from helpdesk.web.agent.timeline_view import Entry, entries, kinds_of
from helpdesk.web.agent.visits_view import VisitsOf
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.workflows import likely

OPEN_SHOWN = 10


@dataclass(frozen=True, slots=True)
class OpenWork:
    conversation_id: str
    channel: str
    state: str
    queue: str
    agent: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody else changed the record first: both values, to choose from."""

    name: str
    label: str
    mine: str
    theirs: str


@dataclass(frozen=True, slots=True)
class CardView:
    card: queries.Card
    name: str
    open_work: list[OpenWork]
    entries: list[Entry]
    older: str | None
    shown: str  # the timeline's filter
    people: dict[str, str]
    conversation_id: str | None = None
    page_url: str | None = None
    open_matter: Ticket | None = None  # whose page they have open in the portal
    answers: list[tuple[str, str]] = field(default_factory=list)
    errors: Mapping[str, str] = field(default_factory=dict)
    conflict: Conflict | None = None
    no_texts: Mapping[str, datetime] = field(default_factory=dict)  # by number, since when
    no_calls: Mapping[str, NoCalls] = field(default_factory=dict)  # by number
    owned: OwnedOf | None = None  # orders and things
    visits: VisitsOf = field(default_factory=VisitsOf)
    plans: PlansOf = field(default_factory=PlansOf)
    may_lift: Collection[str] = ()  # numbers whose mark the reader may take away

    @property
    def id(self) -> str:
        return self.card.customer.id


def card_view(
    work: Work,
    customer_id: str,
    *,
    conversation: Conversation | None = None,
    shown: str = "all",
    errors: Mapping[str, str] | None = None,
) -> CardView:
    found = queries.card(work, customer_id)
    customer = found.customer
    page: Page[TimelineEntry] = found.timeline
    if kinds_of(shown):
        page = timeline.entries_of(work, customer.id, limit=20, kinds=kinds_of(shown), folded=True)
    phones = [point.value for point in found.points if point.kind == "phone"]
    refused = no_calls.among(work, phones)
    wanted = {note.author_id for note in found.notes} | {customer.owner_id}
    wanted |= {mark.set_by for mark in refused.values()}
    wanted |= {past.actor[5:] for past in found.merges if past.actor.startswith("user:")}
    view = CardView(
        card=found,
        name=name_or_unknown(called_now(work, customer)),
        open_work=open_work(work, customer.id),
        entries=entries(work, page),
        older=page.next_cursor,
        shown=shown,
        people=people(work, wanted),
        errors=errors or {},
        no_texts=opt_outs.standing_since(work, phones),
        no_calls=refused,
        owned=owned_view.of_customer(work, customer.id, found.points),
        visits=visits_view.of_customer(work, customer.id),
        plans=maintenance_view.of_customer(work, customer.id),
        may_lift=[one for one, mark in refused.items() if no_calls.may_lift(work, mark)],
    )
    if conversation is None:
        return view
    return replace(
        view,
        conversation_id=conversation.id,
        page_url=conversation.page_url,
        open_matter=likely.looks_at(work, conversation),
        answers=_answers(work, conversation),
    )


_OF_A_CALL = {"caller": "Caller", "called": "Number called"}


def _answers(work: Work, conversation: Conversation) -> list[tuple[str, str]]:
    site = work.session.get(WidgetSite, conversation.site_id) if conversation.site_id else None
    found = pre_chat.labelled(site.pre_chat if site else (), conversation.answers)
    if conversation.channel != "call" or site is not None:
        return found
    return [(_OF_A_CALL.get(label, label), shown_phone(value)) for label, value in found]


def open_work(work: Work, customer_id: str) -> list[OpenWork]:
    """Conversations of this customer that have not ended, newest first."""
    rows = work.session.execute(
        select(Conversation, Queue.name, User.name)
        .outerjoin(Queue, Queue.id == Conversation.queue_id)
        .outerjoin(User, User.id == Conversation.agent_id)
        .where(Conversation.customer_id == customer_id, Conversation.state != "ended")
        .order_by(Conversation.opened_at.desc())
        .limit(OPEN_SHOWN)
    )
    return [
        OpenWork(c.id, c.channel, c.state, queue or "", agent or "", c.reason, c.opened_at)
        for c, queue, agent in rows
    ]
