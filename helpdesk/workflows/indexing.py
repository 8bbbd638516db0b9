"""From what happened to what can be found: tickets, messages and customers become documents.

The relay calls `renew` with each batch of events a moment after they were committed, so nobody who
writes waits for the index. Documents are read from the tables as they are now, not from events, so
it does no harm to hear of the same twice. The rebuild goes the same way over everything.

A customer may find a ticket's subject and what was said to them; tags, fields and notes are of
documents that only the desk reads.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.exc import DBAPIError

from helpdesk.channels.models import Conversation, Message
from helpdesk.core import db
from helpdesk.core.actors import system
from helpdesk.core.work import Emitted, Work, begin
from helpdesk.customers import search as customer_search
from helpdesk.customers.models import Customer
from helpdesk.kb.models import Article
from helpdesk.search import rebuilding, service
from helpdesk.search.models import SearchDocument
from helpdesk.search.permissions import INTERNAL, SHARED
from helpdesk.search.service import Document
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import articles_found, articles_meant

log = logging.getLogger("helpdesk.search")

TICKET = "ticket"
MARKS = "marks"
"""A ticket's tags and fields: found by the desk only."""
MESSAGE = "message"

EVENTS = (
    "message.posted",
    "conversation.taken",
    "conversation.returned",
    "conversation.ended",
    "conversation.reattached",
    "ticket.opened",
    "ticket.changed",
    "ticket.assigned",
    "ticket.resolved",
    "ticket.reopened",
    "ticket.closed",
    "customer.merged",
    "customer.merge_undone",
)
BATCH = 300
TRIES = 5
REBUILD = system("search")
_UNSAID = ("system",)  # "Alex joined" is no word of anybody


def renew(work: Work, emitted: list[Emitted]) -> None:
    """Bring the index up to what these events changed."""
    said: dict[tuple[str, int], None] = {}
    conversations: dict[str, None] = {}
    tickets: dict[str, None] = {}
    customers: dict[str, None] = {}
    for one in emitted:
        facts = one.event.facts()
        if one.event.kind == "message.posted":
            said[facts["conversation_id"], facts["seq"]] = None
        elif one.event.kind.startswith("conversation."):
            conversations[facts["conversation_id"]] = None
        elif one.event.kind.startswith("ticket."):
            tickets[facts["ticket_id"]] = None
            if facts.get("conversation_id"):
                conversations[facts["conversation_id"]] = None
        elif one.event.customer_id:
            customers |= {one.event.customer_id: None, facts["merged_id"]: None}
    renew_tickets(work, list(tickets))
    _renew_messages(work, _messages_at(work, list(said)))
    for conversation_id in conversations:
        _describe_messages(work, conversation_id)
    for customer_id in customers:
        renew_customer(work, customer_id)


def renew_messages(work: Work, message_ids: Iterable[str]) -> None:
    """After words were changed or taken away: what is gone is not found any more."""
    wanted = list(dict.fromkeys(message_ids))
    there = work.session.scalars(select(Message).where(Message.id.in_(wanted))).all()
    _renew_messages(work, there)
    gone = set(wanted) - {message.id for message in there}
    service.remove_all(work, [(MESSAGE, id_) for id_ in gone])


def renew_customer(work: Work, customer_id: str) -> None:
    """Everything of one customer, when records were merged, parted or erased."""
    document = SearchDocument
    known = select(document.kind, document.subject_id).where(document.customer_id == customer_id)
    subjects = [(kind, id_) for kind, id_ in work.session.execute(known)]
    ticket_ids = {id_ for kind, id_ in subjects if kind == TICKET}
    ticket_ids |= set(
        work.session.scalars(select(Ticket.id).where(Ticket.customer_id == customer_id))
    )
    renew_tickets(work, sorted(ticket_ids))
    renew_messages(work, [id_ for kind, id_ in subjects if kind == MESSAGE])
    theirs = select(Conversation.id).where(Conversation.customer_id == customer_id)
    for conversation_id in work.session.scalars(theirs).all():
        _renew_conversation(work, conversation_id)


def forget_customer(work: Work, customer_id: str) -> None:
    """Take everything of an erased customer out, whether its rows are gone already or not."""
    document = SearchDocument
    while True:
        known = select(document.kind, document.subject_id).where(
            document.customer_id == customer_id
        )
        subjects = [(kind, id_) for kind, id_ in work.session.execute(known.limit(BATCH))]
        if not subjects:
            return
        service.remove_all(work, subjects)


# Documents -------------------------------------------------------------------------------------


def renew_tickets(work: Work, ticket_ids: Sequence[str]) -> None:
    if not ticket_ids:
        return
    for start in range(0, len(ticket_ids), BATCH):
        part = ticket_ids[start : start + BATCH]
        there = work.session.scalars(
            select(Ticket).where(Ticket.id.in_(part)).execution_options(populate_existing=True)
        ).all()
        service.put_all(work, [d for ticket in there for d in _of_ticket(ticket)])
        _describe_words(work, there)
        gone = set(part) - {ticket.id for ticket in there}
        service.remove_all(work, [(kind, id_) for id_ in gone for kind in (TICKET, MARKS)])


def _describe_words(work: Work, tickets: Sequence[Ticket]) -> None:
    """What was said on these tickets stands where they stand; most often it does already."""
    document = SearchDocument
    told = work.session.execute(
        select(document.group_id, document.state, document.queue_id, document.assignee_id)
        .where(document.kind == MESSAGE, document.group_id.in_([ticket.id for ticket in tickets]))
        .distinct()
    ).all()
    stands: dict[str | None, set[tuple[Any, ...]]] = defaultdict(set)
    for group_id, *standing in told:
        stands[group_id].add(tuple(standing))
    for ticket in tickets:
        now = _standing(ticket)
        if stands[ticket.id] - {tuple(now.values())}:
            service.describe(work, MESSAGE, ticket.id, **now)


def _of_ticket(ticket: Ticket) -> list[Document]:
    shared: dict[str, Any] = {
        "id": ticket.id,
        "at": ticket.opened_at,
        "tags": tuple(ticket.tags),
        "group_id": ticket.id,
        "customer_id": ticket.customer_id,
        "facts": {
            "number": ticket.number,
            "subject": ticket.subject,
            "channel": ticket.channel,
            "priority": ticket.priority,
        },
        **_standing(ticket),
    }
    values = [str(v) for v in ticket.fields.values() if v is not None and not isinstance(v, bool)]
    marks = " · ".join([*ticket.tags, *values])
    return [
        Document(kind=TICKET, scope=SHARED, title=f"T-{ticket.number} {ticket.subject}", **shared),
        Document(kind=MARKS, scope=INTERNAL, title="", body=marks, **shared),
    ]


def _standing(ticket: Ticket) -> dict[str, Any]:
    return {
        "state": ticket.state,
        "queue_id": ticket.queue_id,
        "assignee_id": ticket.assignee_id,
    }


def _messages_at(work: Work, places: Sequence[tuple[str, int]]) -> list[Message]:
    """The messages at these places of their conversations."""
    wanted: dict[str, list[int]] = {}
    for conversation_id, seq in places:
        wanted.setdefault(conversation_id, []).append(seq)
    if not wanted:
        return []
    any_of = [
        (Message.conversation_id == conversation_id) & Message.seq.in_(seqs)
        for conversation_id, seqs in wanted.items()
    ]
    return list(work.session.scalars(select(Message).where(or_(*any_of))))


def _renew_conversation(work: Work, conversation_id: str) -> None:
    after = 0
    while True:
        part = work.session.scalars(
            select(Message)
            .where(Message.conversation_id == conversation_id, Message.seq > after)
            .order_by(Message.seq)
            .limit(BATCH)
        ).all()
        if not part:
            return
        _renew_messages(work, part)
        after = part[-1].seq


def _describe_messages(work: Work, conversation_id: str) -> None:
    """A conversation changed hands, ended, or hangs on a ticket now: its messages say so."""
    indexed = select(SearchDocument.group_id, SearchDocument.customer_id).where(
        SearchDocument.kind == MESSAGE,
        SearchDocument.subject_id.in_(
            select(Message.id).where(Message.conversation_id == conversation_id).limit(1)
        ),
    )
    now = _surroundings(work, [conversation_id]).get(conversation_id)
    before = work.session.execute(indexed).first()
    if now is None or before is None:
        return
    if (before.group_id, before.customer_id) != (now["group_id"], now["customer_id"]):
        _renew_conversation(work, conversation_id)
    elif now["group_id"] == conversation_id:
        standing = {name: now[name] for name in ("state", "queue_id", "assignee_id")}
        service.describe(work, MESSAGE, conversation_id, **standing)


def _renew_messages(work: Work, messages: Sequence[Message]) -> None:
    around = _surroundings(work, list({m.conversation_id for m in messages}))
    documents = []
    for message in messages:
        told = around.get(message.conversation_id)
        if told is None or message.author in _UNSAID or not _words(message):
            continue
        facts = {**told["facts"], "author": message.author, "seq": message.seq}
        facts["conversation_id"] = message.conversation_id
        documents.append(
            Document(
                kind=MESSAGE,
                id=message.id,
                scope=SHARED if message.public else INTERNAL,
                at=message.at,
                title="",
                body=_words(message),
                **{**told, "facts": facts},
            )
        )
    service.put_all(work, documents)


def _words(message: Message) -> str:
    """What was said, and the names of the files that came with it."""
    names = [str(one.get("name", "")) for one in message.attachments]
    return "\n".join(part for part in [message.text, *names] if part.strip())


def _surroundings(work: Work, conversation_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What a message's document takes from its conversation and ticket."""
    rows = work.session.execute(
        select(Conversation, Ticket)
        .outerjoin(Ticket, Ticket.id == Conversation.ticket_id)
        .where(Conversation.id.in_(conversation_ids))
        .execution_options(populate_existing=True)
    ).all()
    return {conversation.id: _told(conversation, ticket) for conversation, ticket in rows}


def _told(conversation: Conversation, ticket: Ticket | None) -> dict[str, Any]:
    if ticket is None:
        standing: dict[str, Any] = {
            "state": conversation.state,
            "queue_id": conversation.queue_id,
            "assignee_id": conversation.agent_id,
        }
        facts: dict[str, Any] = {"subject": conversation.reason}
    else:
        standing = {**_standing(ticket), "tags": tuple(ticket.tags)}
        facts = {"subject": ticket.subject, "number": ticket.number}
    return {
        **standing,
        "group_id": ticket.id if ticket else conversation.id,
        "customer_id": conversation.customer_id,
        "facts": {**facts, "channel": conversation.channel},
    }


# Rebuild ---------------------------------------------------------------------------------------

Stage = Callable[[Work, str | None], tuple[str | None, int]]
"""Reads one batch after an id; answers where to go on (None at the end) and how many it read."""


def _tickets_stage(work: Work, after: str | None) -> tuple[str | None, int]:
    ids = _ids_after(work, Ticket.id, after)
    renew_tickets(work, ids)
    return _place(ids), len(ids)


def _messages_stage(work: Work, after: str | None) -> tuple[str | None, int]:
    ids = _ids_after(work, Message.id, after)
    renew_messages(work, ids)
    return _place(ids), len(ids)


def _customers_stage(work: Work, after: str | None) -> tuple[str | None, int]:
    return customer_search.rebuild_batch(work, after, BATCH), BATCH


def _strays_stage(work: Work, after: str | None) -> tuple[str | None, int]:
    """Documents whose subject is gone."""
    number = SearchDocument.number
    rows = work.session.execute(
        select(number, SearchDocument.kind, SearchDocument.subject_id)
        .where(number > int(after or -1), SearchDocument.kind.in_((TICKET, MARKS, MESSAGE)))
        .order_by(number)
        .limit(BATCH)
    ).all()
    for model, kinds in ((Ticket, (TICKET, MARKS)), (Message, (MESSAGE,))):
        ids = {row.subject_id for row in rows if row.kind in kinds}
        there = set(work.session.scalars(select(model.id).where(model.id.in_(ids))))
        gone = [
            (r.kind, r.subject_id) for r in rows if r.kind in kinds and r.subject_id not in there
        ]
        service.remove_all(work, gone)
    return (str(rows[-1].number) if len(rows) == BATCH else None), 0


def _ids_after(work: Work, column: Any, after: str | None) -> list[str]:
    statement = select(column).order_by(column).limit(BATCH)
    return list(work.session.scalars(statement.where(column > after) if after else statement))


def _place(ids: Sequence[str]) -> str | None:
    return ids[-1] if len(ids) == BATCH else None


STAGES: dict[str, Stage] = {
    "tickets": _tickets_stage,
    "messages": _messages_stage,
    "customers": _customers_stage,
    "articles": articles_found.renew_some,
    "strays": _strays_stage,
    articles_meant.STAGE: articles_meant.renew_some,
}


def start_rebuild(work: Work, *, from_nothing: bool = False) -> None:
    """Ask for a rebuild; a worker carries it out while people go on working."""
    models = (Ticket, Message, Customer, Article)
    counts = [select(func.count()).select_from(model) for model in models]
    total = sum(work.session.scalar(count) or 0 for count in counts)
    rebuilding.start(work, list(STAGES), total, from_nothing=from_nothing)


def rebuild(event_id: str = "") -> None:
    """Go on with the running rebuild until it is done; may be killed and called again.

    An errand after it was asked for, and a job now and then for one that a killed worker left.
    """
    refused = 0
    while True:
        try:
            with begin(REBUILD) as work:
                more = rebuild_batch(work)
        except DBAPIError as error:
            refused += 1
            if not db.is_contention(error) or refused > TRIES:
                raise
            log.info("a batch gave way to others and is tried again")
            continue
        if not more:
            return


def rebuild_batch(work: Work) -> bool:
    """One batch of the running rebuild; False when there is nothing more to do."""
    before = rebuilding.step(work)
    if before.stage is None:
        return False
    stages = list(STAGES)
    if before.stage not in STAGES:  # of another version
        rebuilding.went_on(work, before, None, 0, stages[0])
        return True
    after, count = STAGES[before.stage](work, before.after)
    following = stages[stages.index(before.stage) + 1 :]
    rebuilding.went_on(work, before, after, count, following[0] if following else None)
    return after is not None or bool(following)
