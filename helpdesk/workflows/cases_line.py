"""A ticket between the line and people's hands: queued, taken, given on, parked, resolved.

A ticket that needs us either waits in its queue's line or belongs to an agent. Being in hand takes
the agent's slot for tickets; parking or resolving it gives the slot back, and the agent still owns
it. Order of locks: work item, ticket, conversation. Not for words (see `workflows.cases`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, or_, select

from helpdesk.channels import hands
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.customers.models import Customer
from helpdesk.customers.permissions import get_customer
from helpdesk.identity.models import Team, User
from helpdesk.routing import accepting, assignments, offers, presence
from helpdesk.routing import service as routing
from helpdesk.routing.models import Assignment, WorkItem
from helpdesk.routing.taking_out import take_out
from helpdesk.tickets import permissions
from helpdesk.tickets import service as tickets
from helpdesk.tickets.lifecycle import PRIORITY_HEAD_START_S, is_done, needs_us
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import cases_flows

THREADS = ("email", "form")  # channels whose conversations live as long as their ticket
IN_LINE = ("waiting", "offered")
OWNER_HEAD_START_S = 600


@dataclass(slots=True)
class Held:
    """A ticket and its newest work item, both held until the end of the transaction."""

    ticket: Ticket
    item: WorkItem | None

    @property
    def in_line(self) -> bool:
        return self.item is not None and self.item.state in IN_LINE

    @property
    def owned(self) -> bool:
        """Belongs to an agent and waits for no other."""
        return self.ticket.assignee_id is not None and not self.in_line


def hold(work: Work, ticket_id: str) -> Held:
    """Item first, then ticket; NotFound when there is none that the actor sees."""
    item = routing.item_of(work, "ticket", ticket_id, for_update=True)
    ticket = tickets.hold(work, ticket_id)
    permissions.need_seen(work, ticket)
    newest = routing.item_of(work, "ticket", ticket_id)
    if newest is not None and (item is None or newest.id != item.id):
        # Queued by whoever held the ticket while we waited for it.
        item = routing.item_of(work, "ticket", ticket_id, for_update=True)
    return Held(ticket, item)


def into_line(
    work: Work,
    ticket: Ticket,
    customer: Customer,
    *,
    preferred: Sequence[str] = (),
    since: datetime | None = None,
) -> WorkItem:
    """Put the ticket in its queue's line and offer it where somebody fits now.

    `since`: from when on it counts as waiting, where that is not now.
    """
    item = routing.enqueue(
        work,
        channel="ticket",
        subject_kind="ticket",
        subject_id=ticket.id,
        customer_id=ticket.customer_id,
        queue_id=ticket.queue_id,
        reason=ticket.subject,
        preferred=preferred,
        value_head_start_s=customer.value_head_start_s,
        priority_head_start_s=PRIORITY_HEAD_START_S[ticket.priority],
        since=since,
    )
    if ticket.assignee_id is not None:
        # Its owner knows the case; others are asked at once where the owner is not signed in.
        item.preferred_for_s = max(item.preferred_for_s, OWNER_HEAD_START_S)
    routing.look_for_agent(work, item)
    return item


def back_into_line(work: Work, held: Held, *, since: datetime | None = None) -> None:
    """The ticket needs a person again; who had it last is asked first."""
    ticket = held.ticket
    if held.in_line or (held.item is not None and held.item.state == "assigned"):
        return
    customer = work.session.get_one(Customer, ticket.customer_id)
    preferred = [ticket.assignee_id] if ticket.assignee_id else []
    tickets.book(work, ticket, owned=False)
    held.item = into_line(work, ticket, customer, preferred=preferred, since=since)


def out_of_hands(work: Work, held: Held, why: str) -> None:
    """Nobody needs to look at it now: the assignment ends, the slot is free, or it leaves the line.

    The agent whose slot got free is looked for other work.
    """
    item = held.item
    if item is None:
        return
    if item.state in IN_LINE:
        take_out(work, item, why, by=_user(work))
    elif item.state == "assigned":
        ended = assignments.end_contact(work, item)
        work.session.flush()
        if ended is not None:
            routing.look_for_work(work, ended.agent_id)


def taken(work: Work, ticket_id: str, agent_id: str) -> None:
    """An agent has accepted the offer (its item is held): the ticket is theirs."""
    ticket = tickets.hold(work, ticket_id)
    _give_to(work, ticket, agent_id, "accepted")


def assign(
    work: Work, ticket_id: str, agent_id: str | None, *, version: int | None = None, why: str = ""
) -> Ticket:
    """Give the ticket to somebody by hand, or to nobody: then it waits in line again.

    Whoever gets it has it in hand where they have a free slot for tickets; without one it is
    theirs all the same, in their list. Nobody is asked about it any more.
    """
    held = hold(work, ticket_id)
    tickets.need_version(held.ticket, version)
    if agent_id is not None:
        _need_desk(work, agent_id)
    _assign(work, held, agent_id, why or "by hand")
    return held.ticket


def pull(work: Work, ticket_id: str, *, version: int | None = None) -> Ticket:
    """Take a ticket from the inbox instead of waiting for an offer."""
    return assign(work, ticket_id, work.actor.id, version=version, why="pulled")


def set_state(
    work: Work, ticket_id: str, state: str, *, version: int | None = None, why: str = ""
) -> Ticket:
    """Take a step of the lifecycle, with what it means for the line and for the agent's slot.

    `cases_flows.GoesOn` where it would end while its complaint or return goes on.
    """
    held = hold(work, ticket_id)
    tickets.need_version(held.ticket, version)
    _set_state(work, held, state, why)
    return held.ticket


def change(
    work: Work,
    ticket_id: str,
    changes: Mapping[str, Any],
    *,
    version: int | None = None,
    kind: str = "changed",
    details: Mapping[str, Any] | None = None,
) -> Ticket:
    """Change any of subject, priority, type, team, organisation, customer, tags, fields, queue,
    assignee and state at once, as one form does; nothing when one of them is refused.
    """
    held = hold(work, ticket_id)
    tickets.need_version(held.ticket, version)
    wanted = dict(changes)
    own = {name: wanted[name] for name in tickets.FIELDS if name in wanted}
    _check_ids(work, own)
    changed = tickets.change(
        work,
        held.ticket,
        own,
        tags=wanted.get("tags"),
        fields=wanted.get("fields"),
        kind=kind,
        details=details,
    )
    if "queue_id" in changed:
        _follow_queue(work, held)
    if "customer_id" in changed and held.item is not None:
        held.item.customer_id = held.ticket.customer_id
    if "assignee_id" in wanted:
        if wanted["assignee_id"] is not None:
            _need_desk(work, wanted["assignee_id"])
        _assign(work, held, wanted["assignee_id"], "by hand")
    if "state" in wanted:
        _set_state(work, held, wanted["state"], "")
    return held.ticket


def requeue_lost(work: Work, assignment: Assignment, item: WorkItem) -> None:
    """The agent's browser has been gone for long (item held): others may take the ticket."""
    ticket = tickets.hold(work, item.subject_id)
    lost = assignment.agent_id
    assignments.release(work, assignment, item, "agent_lost")
    if needs_us(ticket.state):
        tickets.book(work, ticket, owned=False)
        routing.return_to_line(work, item, why="agent_lost", preferred=[lost], preferred_for_s=60)
        routing.look_for_agent(work, item)
    else:
        item.state = "done"


def threads_of(work: Work, ticket_id: str) -> Sequence[Conversation]:
    """The ticket's conversations, the one with the newest message first."""
    return work.session.scalars(_THREADS_OF, {"ticket": ticket_id}).all()


_THREADS_OF = (
    select(Conversation)
    .where(Conversation.ticket_id == bindparam("ticket", type_=Conversation.id.type))
    .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
    .limit(100)
)


def _set_state(work: Work, held: Held, state: str, why: str) -> None:
    ticket = held.ticket
    if is_done(state) and not is_done(ticket.state):
        cases_flows.need_over(work, ticket.id)
    changed = tickets.set_state(work, ticket, state, owned=held.owned, why=why)
    if not needs_us(ticket.state):
        out_of_hands(work, held, ticket.state)
    elif changed and ticket.assignee_id is None:
        back_into_line(work, held)


def _assign(work: Work, held: Held, agent_id: str | None, why: str) -> None:
    ticket, item = held.ticket, held.item
    holder = assignments.open_for_item(work, item.id) if item is not None else None
    in_hand = holder is not None and holder.contact_ended_at is None
    if in_hand and holder is not None and item is not None and holder.agent_id != agent_id:
        assignments.release(work, holder, item, "reassigned")
        item.state = "done"
        item.version += 1
        work.session.flush()
        routing.look_for_work(work, holder.agent_id)
        in_hand = False
    if agent_id is None:
        tickets.assign(work, ticket, None, why=why)
        if needs_us(ticket.state):
            back_into_line(work, held)
        return
    if item is not None and item.state in IN_LINE and not _accept_for(work, item, agent_id):
        take_out(work, item, "assigned", by=_user(work))
    _give_to(work, ticket, agent_id, why)


def _accept_for(work: Work, item: WorkItem, agent_id: str) -> bool:
    """Put the item into the agent's hands where they have a slot free."""
    offer = offers.live_offer_of(work, item.id)
    if offer is not None and offer.agent_id != agent_id:
        offers.end_offer(work, offer, "withdrawn", "assigned")
        offer = None
    if offer is None:
        presence.ensure_agent(work, agent_id)
        offer = routing.offer_to(work, item, agent_id)
    if offer is None or offer.expires_at <= work.at:
        return False
    work.session.flush()
    accepting.accept(work, offer.id, agent_id)
    return True


def _give_to(work: Work, ticket: Ticket, agent_id: str, why: str) -> None:
    tickets.assign(work, ticket, agent_id, why=why)
    tickets.book(work, ticket, owned=True)
    work.session.flush()
    mine = or_(Conversation.agent_id.is_(None), Conversation.agent_id != agent_id)
    rows = select(Conversation.id).where(
        Conversation.ticket_id == ticket.id,
        Conversation.channel.in_(THREADS),
        Conversation.state != "ended",
        mine,
    )
    for conversation_id in work.session.scalars(rows).all():
        hands.take(work, conversation_id, agent_id)


def _follow_queue(work: Work, held: Held) -> None:
    """A ticket that waits goes on waiting in its new queue, at its original age."""
    item = held.item
    if item is None or not held.in_line:
        return
    offer = offers.live_offer_of(work, item.id)
    if offer is not None:
        offers.end_offer(work, offer, "withdrawn", "moved")
    routing.move(work, item, held.ticket.queue_id, "by hand")
    routing.look_for_agent(work, item)


def _check_ids(work: Work, changes: dict[str, Any]) -> None:
    """Ids that a form may name lead to something that is there."""
    if "queue_id" in changes:
        queue = routing.find_queue(work, str(changes["queue_id"]))
        if queue is None:
            raise Invalid(fields={"queue": "There is no such queue."})
        changes["queue_id"] = queue.id
    if changes.get("customer_id") is not None and work.actor.is_limited:
        changes["customer_id"] = get_customer(work, str(changes["customer_id"])).id
    team_id = changes.get("team_id")
    if team_id is not None and work.session.get(Team, team_id) is None:
        raise Invalid(fields={"team_id": "There is no such team."})


def _need_desk(work: Work, agent_id: str) -> None:
    person = work.session.get(User, agent_id)
    if (
        person is None
        or not person.is_active
        or person.role not in ("agent", "supervisor", "admin")
    ):
        raise Invalid(fields={"assignee_id": "Choose somebody who works on the desk."})


def _user(work: Work) -> str | None:
    return work.actor.id if work.actor.kind == "user" else None
