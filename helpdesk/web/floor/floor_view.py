"""The figures of the floor with the rows behind them, in a fixed number of queries per queue.

Every figure carries its formula. Not for changing anything on the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import or_, select

from helpdesk.carriers import repairs
from helpdesk.carriers.models import CarrierRepair
from helpdesk.core.clock import seconds_between
from helpdesk.core.errors import NotFound
from helpdesk.core.work import Work
from helpdesk.customers.called import called
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.routing import floor, queries
from helpdesk.routing.models import AgentState, Assignment, Offer, PresenceSpan, Queue, WorkItem
from helpdesk.routing.queries import AgentNow
from helpdesk.routing.queue_figures import SHORT_ABANDON_S, QueueNow, queues_now
from helpdesk.routing.state import LIVE
from helpdesk.web.agent.why_words import REASONS
from helpdesk.web.agent.work_pane import name_or_unknown
from helpdesk.web.presenting import left_hands

MOST_WAITING = 100
MOST_ROWS = 50
MOST_MENDED, MENDED_SHOWN = 10, timedelta(hours=24)

FORMULAS = {
    "waiting": (
        "Calls, chats and callbacks in the queue that nobody has taken, those just offered "
        "included. Written: tickets, mails and texts, where nobody is on the line."
    ),
    "longest": (
        "Now minus the time when the oldest call, chat or callback in the queue began to wait. "
        "Tickets, mails and texts (written) have their own deadlines and stand beside it."
    ),
    "service_level": (
        "Calls, chats and callbacks answered within the target / (answered + left, less those who "
        f"left within {SHORT_ABANDON_S} s), over the last 24 hours. Tickets and mails have their "
        "own clocks and are not counted."
    ),
    "agents": (
        "Free: could take the next in line now (available, connected, skilled for it, a slot open "
        "on its channel, not passed over after a no). On duty: available and connected."
    ),
    "free_any": (
        "Free: could take the next in line of at least one queue now. "
        "On duty: available and connected."
    ),
    "coverage": (
        "How often the wait was within what the customer was told: "
        "half should be within p50, nine of ten within p90."
    ),
    "answered": "Waits that ended with an agent in the last 24 hours.",
    "left": "Waits that ended because the customer left, in the last 24 hours.",
}


@dataclass(frozen=True, slots=True)
class Waiting:
    work_item_id: str
    conversation_id: str | None
    channel: str
    customer: str
    queue: str
    place: int | None  # None while it is offered to somebody
    since: datetime
    reason: str
    why: str


@dataclass(frozen=True, slots=True)
class Total:
    """`waiting` and `longest_wait_s` are of live contacts, `lying` of all others."""

    waiting: int
    lying: int
    longest_wait_s: int
    longest_lying_s: int
    free: int
    on_duty: int
    in_contact: int
    service_level: float | None


@dataclass(frozen=True, slots=True)
class FloorView:
    at: datetime
    queues: Sequence[QueueNow]
    agents: Sequence[AgentNow]
    waiting: Sequence[Waiting]
    total: Total
    mended: Sequence[CarrierRepair]

    def since(self, seconds: int) -> datetime:
        """When a wait of so long began: the page counts it up as it does the list of who waits."""
        return self.at - timedelta(seconds=seconds)


def floor_view(work: Work) -> FloorView:
    lines = queues_now(work)
    people = sorted(queries.agents_now(work), key=lambda a: (_rank(a), a.name.lower()))
    on_duty = sum(agent.on_duty for agent in floor.agents(work))
    mended = repairs.latest(work, since=work.at - MENDED_SHOWN, limit=MOST_MENDED)
    return FloorView(work.at, lines, people, waiting(work), total(lines, on_duty), mended)


_STATES = (
    "not_responding", "gone", "free", "offered", "in_contact", "wrap_up", "break", "training",
    "offline",
)  # fmt: skip


def _rank(agent: AgentNow) -> int:
    """Who may need a hand stands first."""
    return _STATES.index(agent.state) if agent.state in _STATES else len(_STATES)


def total(lines: Sequence[QueueNow], on_duty: int) -> Total:
    """Over all queues; the service level is weighted by how many live waits each queue had."""
    weighed = [(q.service_level, q.live_waits) for q in lines if q.service_level is not None]
    waits = sum(count for _, count in weighed)
    return Total(
        waiting=sum(q.waiting + q.offered - q.lying for q in lines),
        lying=sum(q.lying for q in lines),
        longest_wait_s=max((q.longest_wait_s for q in lines), default=0),
        longest_lying_s=max((q.longest_lying_s for q in lines), default=0),
        free=len(frozenset().union(*(q.ready for q in lines))),
        on_duty=on_duty,
        in_contact=sum(q.in_contact for q in lines),
        service_level=sum(level * n for level, n in weighed) / waits if waits else None,
    )


def waiting(work: Work, *, queue_id: str | None = None, most: int = MOST_WAITING) -> list[Waiting]:
    """Who waits, in the order of service, with the reason why nobody has taken it yet."""
    statement = (
        select(WorkItem, called(), Queue.name, User.name)
        .join(Customer, Customer.id == WorkItem.customer_id)
        .join(Queue, Queue.id == WorkItem.queue_id)
        .outerjoin(Offer, (Offer.work_item_id == WorkItem.id) & (Offer.state == "live"))
        .outerjoin(User, User.id == Offer.agent_id)
        .where(WorkItem.state.in_(("waiting", "offered")))
        .order_by(Queue.name, WorkItem.front, WorkItem.sort_key, WorkItem.id)
        .limit(most)
    )
    if queue_id:
        statement = statement.where(WorkItem.queue_id == queue_id)
    places: dict[str, int] = {}
    found = []
    for item, customer, queue, offered_to in work.session.execute(statement):
        place = None
        if item.state == "waiting":
            place = places[item.queue_id] = places.get(item.queue_id, 0) + 1
        found.append(
            Waiting(
                work_item_id=item.id,
                conversation_id=item.subject_id if item.subject_kind == "conversation" else None,
                channel=item.channel,
                customer=name_or_unknown(customer),
                queue=queue,
                place=place,
                since=item.waiting_since,
                reason=item.reason,
                why=f"Offered to {offered_to}" if offered_to else look_in_words(item.last_look),
            )
        )
    return found


def look_in_words(look: str | None) -> str:
    """The router's last look at an item: `no_slot=3;offline=2;step=1` as a sentence."""
    if not look:
        return "Looking for somebody"
    parts = []
    for piece in look.split(";"):
        reason, _, count = piece.partition("=")
        if reason in REASONS and count.isdecimal():
            parts.append((int(count), REASONS[reason][0 if count == "1" else 1]))
    if not parts:
        return "Nobody serves this queue"
    return ", ".join(f"{count} {words}" for count, words in sorted(parts, reverse=True))


@dataclass(frozen=True, slots=True)
class Held:
    conversation_id: str | None
    work_item_id: str
    channel: str
    customer: str
    queue: str
    accepted_at: datetime
    contact_ended_at: datetime | None
    finished_at: datetime | None
    outcome: str


@dataclass(frozen=True, slots=True)
class AgentPage:
    agent: AgentNow
    held: list[Held]
    done: list[Held]
    spans: Sequence[PresenceSpan]


def agent_page(work: Work, user_id: str) -> AgentPage:
    """One agent now and today: what they have in hand, what they finished, how their day went."""
    agent = next((a for a in queries.agents_now(work) if a.id == user_id), None)
    if agent is None:
        raise NotFound("This person takes no work from queues.")
    since = work.at - timedelta(days=1)
    rows = _held(work, Assignment.agent_id == user_id, since)
    spans = work.session.scalars(
        select(PresenceSpan)
        .where(PresenceSpan.agent_id == user_id, PresenceSpan.began_at > since)
        .order_by(PresenceSpan.began_at.desc())
        .limit(MOST_ROWS)
    ).all()
    return AgentPage(
        agent,
        [row for row in rows if row.finished_at is None],
        [row for row in rows if row.finished_at is not None],
        spans,
    )


def _held(work: Work, wanted: object, since: datetime) -> list[Held]:
    rows = work.session.execute(
        select(Assignment, WorkItem, called(), Queue.name)
        .join(WorkItem, WorkItem.id == Assignment.work_item_id)
        .join(Customer, Customer.id == WorkItem.customer_id)
        .join(Queue, Queue.id == Assignment.queue_id)
        .where(wanted, (Assignment.finished_at.is_(None)) | (Assignment.accepted_at > since))  # type: ignore[arg-type]
        .order_by(Assignment.accepted_at.desc())
        .limit(MOST_ROWS)
    )
    return [
        Held(
            conversation_id=item.subject_id if item.subject_kind == "conversation" else None,
            work_item_id=item.id,
            channel=assignment.channel,
            customer=name_or_unknown(customer),
            queue=queue,
            accepted_at=assignment.accepted_at,
            contact_ended_at=assignment.contact_ended_at,
            finished_at=assignment.finished_at,
            outcome=(assignment.outcome or "").replace("_", " ") or left_hands(assignment.released),
        )
        for assignment, item, customer, queue in rows
    ]


@dataclass(frozen=True, slots=True)
class Waited:
    work_item_id: str
    conversation_id: str | None
    customer: str
    channel: str
    since: datetime
    waited_s: int
    left: bool
    live: bool
    in_target: bool


@dataclass(frozen=True, slots=True)
class QueuePage:
    queue: QueueNow
    waiting: list[Waiting]
    waited: list[Waited]


def queue_page(work: Work, queue_id: str) -> QueuePage:
    """The rows behind a queue's figures: who waits, and the latest waits that ended."""
    queue = next((q for q in queues_now(work) if q.id == queue_id), None)
    if queue is None:
        raise NotFound("This queue does not exist.")
    rows = work.session.execute(
        select(WorkItem, called())
        .join(Customer, Customer.id == WorkItem.customer_id)
        .where(
            or_(
                (WorkItem.queue_id == queue_id) & WorkItem.answered_queue_id.is_(None),
                WorkItem.answered_queue_id == queue_id,
            ),
            WorkItem.ended_waiting_at > work.at - timedelta(days=1),
        )
        .order_by(WorkItem.ended_waiting_at.desc())
        .limit(MOST_ROWS)
    )
    waited = []
    for item, customer in rows:
        assert item.ended_waiting_at is not None
        seconds = round(seconds_between(item.waiting_since, item.ended_waiting_at))
        left = item.state == "left" and item.answered_queue_id is None
        waited.append(
            Waited(
                work_item_id=item.id,
                conversation_id=item.subject_id if item.subject_kind == "conversation" else None,
                customer=name_or_unknown(customer),
                channel=item.channel,
                since=item.waiting_since,
                waited_s=seconds,
                left=left,
                live=item.channel in LIVE,
                in_target=not left and seconds <= queue.target_s,
            )
        )
    return QueuePage(queue, waiting(work, queue_id=queue_id), waited)


def is_agent(work: Work, user_id: str) -> bool:
    return work.session.get(AgentState, user_id) is not None
