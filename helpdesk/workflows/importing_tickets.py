"""Tickets of another desk: their words, times and clocks as they were, put down in one go.

Each becomes a ticket with one conversation that has ended; a later answer opens a new one. It is
offered to nobody: open ones wait in the lists. Clocks are booked at the times of the words, and
deadlines that passed long ago are told to nobody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select, update

from helpdesk.channels.models import Attachment, Conversation, Message
from helpdesk.clocks import service as clocks
from helpdesk.clocks.models import ClockRow
from helpdesk.clocks.policies import Facts
from helpdesk.clocks.service import Happened
from helpdesk.core.counters import next_for_column
from helpdesk.core.db import insert_rows
from helpdesk.core.ids import new_id
from helpdesk.imports.attached import without
from helpdesk.imports.records import PRIORITIES, Case, Record, RowProblem, Words, fingerprint
from helpdesk.routing.models import Queue
from helpdesk.tickets.events import TicketOpened, TicketResolved
from helpdesk.tickets.lifecycle import is_done, party
from helpdesk.tickets.models import FIRST_NUMBER, NEVER, Ticket, TicketChange, TicketTag
from helpdesk.workflows import indexing

if TYPE_CHECKING:
    from helpdesk.workflows.importing_rows import Batch


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said, with who said it as we write authors."""

    words: Words
    author: str
    ours: bool
    text: str


@dataclass(frozen=True, slots=True)
class Story:
    """What the words of a case come to."""

    said: Sequence[Said]
    first_replied_at: datetime | None
    waiting_since: datetime | None


class Shelf:
    """The tickets of one batch."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._queues: dict[str, str] | None = None
        self._first_queue = ""
        self._made: list[tuple[str, Case, Story, datetime | None, datetime | None, Facts]] = []
        self._threads: dict[str, Conversation] = {}

    def look_up(self, records: Sequence[Record]) -> None:
        """Queues by name, and the conversations that words standing alone belong to."""
        session = self._batch.work.session
        if self._queues is None and any(isinstance(one, Case) for one in records):
            rows = session.scalars(select(Queue).where(Queue.is_active).order_by(Queue.name)).all()
            self._queues = {row.slug: row.id for row in rows}
            self._queues |= {row.name.lower(): row.id for row in rows}
            chosen = str(self._batch.run.options.get("queue_id", ""))
            ids = [row.id for row in rows]
            self._first_queue = chosen if chosen in ids else ids[0] if ids else ""
        ticket_ids = {
            self._batch.linked("ticket", one.ticket_id) for one in records if isinstance(one, Words)
        }
        if ticket_ids - {None} - self._threads.keys():
            for row in session.scalars(
                select(Conversation)
                .where(Conversation.ticket_id.in_(ticket_ids), Conversation.state == "ended")
                .order_by(Conversation.id.desc())
            ):
                if row.ticket_id is not None:
                    self._threads[row.ticket_id] = row  # the oldest one is the last to be kept

    def case(self, case: Case) -> None:
        from_file = case.external_id or fingerprint(case)
        batch = self._batch
        if batch.known("ticket", from_file):
            batch.tally.count("ticket", "there")
            return
        if not self._first_queue:
            raise RowProblem("There is no queue for it. Make a queue first.")
        fields = batch.own_fields("ticket", case.fields)
        customer_id = batch.customer_of(case)
        values = batch.values(fields)
        ticket_id = new_id()
        batch.link("ticket", from_file, ticket_id)
        batch.tally.count("ticket", "added")
        story = self._story(case)
        for said in story.said:
            batch.tally.count("message", "added")
            batch.link("words", said.words.external_id, ticket_id)
            self._count_files(said.words)
        if not batch.is_trial:
            self._put(case, story, ticket_id, customer_id, values)

    def _count_files(self, words: Words) -> None:
        for file in words.files:
            word = "added" if self._batch.brought.has(file) else "missing"
            self._batch.tally.count("file", word)

    def words(self, words: Words) -> None:
        """Something said on a ticket that was taken over before it."""
        batch = self._batch
        if batch.known("words", words.external_id):
            batch.tally.count("message", "there")
            return
        ticket_id = batch.linked("ticket", words.ticket_id)
        if ticket_id is None:
            raise RowProblem(f"The file has no ticket with the id {words.ticket_id}.")
        thread = self._threads.get(ticket_id)
        if thread is None and not batch.is_trial:
            raise RowProblem("The conversation of its ticket is gone.")
        batch.link("words", words.external_id, ticket_id)
        batch.tally.count("message", "added")
        self._count_files(words)
        if thread is None:
            return
        said = self._said(words, "")
        if thread.last_seq == 1 and (first := self._first(thread, words)) is not None:
            first.attachments = self._files(thread.id, first.id, said)
            return
        thread.last_seq += 1
        thread.public_seq += words.public
        thread.last_message_at = max(thread.last_message_at or words.at, words.at)
        thread.ended_at = thread.last_message_at
        thread.visitor_read_seq = thread.agent_read_seq = thread.last_seq
        thread.agent_read_public = thread.public_seq
        self._message(thread.id, thread.last_seq, thread.public_seq, said)
        if words.public:
            self._note_who_waits(thread, said, ticket_id)

    def _note_who_waits(self, thread: Conversation, said: Said, ticket_id: str) -> None:
        at = said.words.at
        if said.ours:
            thread.answered_at = thread.answered_at or at
            change: dict[str, Any] = {
                "first_replied_at": func.coalesce(Ticket.first_replied_at, at),
                "waiting_since": None,
            }
            which = Ticket.id == ticket_id
        else:
            change = {"waiting_since": func.coalesce(Ticket.waiting_since, at)}
            which = (Ticket.id == ticket_id) & Ticket.state.in_(("new", "open"))
        self._batch.work.session.execute(
            update(Ticket)
            .where(which)
            .values(**change)
            .execution_options(synchronize_session=False)
        )

    def write(self, rows: dict[type[Any], list[dict[str, Any]]]) -> None:
        """Insert what came together, then the clocks, which look at what is there."""
        session = self._batch.work.session
        session.flush()
        for row, made in zip(rows.get(Ticket, []), self._made, strict=True):
            row["next_due_at"] = self._clocks(*made) or NEVER
        for table in (Ticket, TicketTag, TicketChange, Conversation, Message, Attachment):
            insert_rows(session, table, rows.get(table, []))
        indexing.renew_tickets(self._batch.work, [made[0] for made in self._made])
        indexing.renew_messages(self._batch.work, [row["id"] for row in rows.get(Message, [])])
        session.flush()
        if self._made:
            session.execute(
                update(ClockRow)
                .where(
                    ClockRow.ticket_id.in_([made[0] for made in self._made]),
                    ClockRow.due_at < self._batch.work.at,
                )
                .values(tell_at=None)
                .execution_options(synchronize_session=False)
            )

    def _put(
        self,
        case: Case,
        story: Story,
        ticket_id: str,
        customer_id: str,
        fields: Mapping[str, Any],
    ) -> None:
        batch, at = self._batch, self._batch.work.at
        assignee_id = batch.linked("agent", case.assignee_id) or batch.user(case.assignee_email)
        state = "open" if case.state == "new" and assignee_id else case.state
        priority = case.priority if case.priority in PRIORITIES else "normal"
        last = max([case.updated_at or case.opened_at, *(s.words.at for s in story.said)])
        solved_at = (case.solved_at or last) if is_done(state) else None
        solved_at = max(solved_at, case.opened_at) if solved_at else None
        closed_at = max(last, solved_at) if solved_at and state == "closed" else None
        queue_id = (self._queues or {}).get(case.group.lower(), self._first_queue)
        organisation_id = batch.linked("organisation", case.organisation_id)
        number = next_for_column(batch.work, "ticket", "number", first=FIRST_NUMBER)
        batch.add(
            Ticket,
            id=ticket_id, number=number, subject=case.subject, state=state, priority=priority,
            type=None, queue_id=queue_id, team_id=None, assignee_id=assignee_id,
            customer_id=customer_id, organisation_id=organisation_id, channel=case.channel,
            tags=list(case.tags), fields=dict(fields), opened_at=case.opened_at,
            first_replied_at=story.first_replied_at,
            waiting_since=None if is_done(state) else story.waiting_since,
            resolved_at=solved_at, first_resolved_at=solved_at, closed_at=closed_at,
            reopened_count=0, updated_at=last, version=1,
        )  # fmt: skip
        for tag in case.tags:
            batch.add(
                TicketTag, ticket_id=ticket_id, tag=tag, opened_at=case.opened_at, state=state
            )
        batch.add(
            TicketChange,
            ticket_id=ticket_id, at=at, actor=batch.work.actor.label, kind="imported", changes={},
            details={"origin": batch.run.origin, "number": case.number},
        )  # fmt: skip
        thread_id = self._conversation(case, story, ticket_id, customer_id, queue_id, last)
        self._timeline(case, ticket_id, customer_id, number, queue_id, thread_id, solved_at)
        facts = Facts(
            priority, None, queue_id, case.channel, case.tags, organisation_id, customer_id
        )
        self._made.append((ticket_id, case, story, solved_at, closed_at, facts))

    def _conversation(
        self, case: Case, story: Story, ticket_id: str, customer_id: str, queue_id: str,
        last: datetime,
    ) -> str:  # fmt: skip
        thread_id, count = new_id(), len(story.said)
        public = sum(one.words.public for one in story.said)
        self._batch.add(
            Conversation,
            id=thread_id, channel=case.channel, state="ended", customer_id=customer_id,
            queue_id=queue_id, ticket_id=ticket_id, reason=case.subject[:160], answers={},
            opened_at=case.opened_at, answered_at=story.first_replied_at, ended_at=last,
            ended_by="system", last_seq=count,
            last_message_at=story.said[-1].words.at if story.said else case.opened_at,
            visitor_read_seq=count, agent_read_seq=count, public_seq=public,
            agent_read_public=public, version=1,
        )  # fmt: skip
        counted = 0
        for seq, said in enumerate(story.said, start=1):
            counted += said.words.public
            self._message(thread_id, seq, counted, said)
        return thread_id

    def _message(self, thread_id: str, seq: int, public_seq: int, said: Said) -> None:
        message_id = new_id()
        self._batch.add(
            Message,
            id=message_id, conversation_id=thread_id, seq=seq, public_seq=public_seq,
            author=said.author, public=said.words.public, text=said.text,
            attachments=self._files(thread_id, message_id, said), at=said.words.at,
        )  # fmt: skip

    def _files(self, thread_id: str, message_id: str, said: Said) -> list[dict[str, Any]]:
        """Rows for the files that came along, and how the message lists them."""
        brought = self._batch.brought
        rows = [
            brought.row(
                file, conversation_id=thread_id, message_id=message_id, uploaded_by=said.author,
                created_at=said.words.at, erased_at=None,
            )
            for file in said.words.files
            if brought.has(file)
        ]  # fmt: skip
        for row in rows:
            self._batch.add(Attachment, **row)
        return [{name: row[name] for name in ("id", "name", "type", "size")} for row in rows]

    def _timeline(
        self, case: Case, ticket_id: str, customer_id: str, number: int, queue_id: str,
        thread_id: str, solved_at: datetime | None,
    ) -> None:  # fmt: skip
        opened = TicketOpened(
            ticket_id=ticket_id, number=number, subject=case.subject[:120], channel=case.channel,
            queue_id=queue_id, priority=case.priority, conversation_id=thread_id,
        )  # fmt: skip
        batch = self._batch
        batch.entry(customer_id, opened.kind, case.opened_at, ticket_id, opened.facts())
        if solved_at is not None:
            solved = TicketResolved(
                ticket_id=ticket_id, number=number, subject=case.subject[:120], agent_id=None,
                first=True,
            )  # fmt: skip
            batch.entry(customer_id, solved.kind, solved_at, ticket_id, solved.facts())

    def _story(self, case: Case) -> Story:
        ordered = sorted(case.words, key=lambda one: one.at)
        said = [self._said(one, case.requester_id) for one in ordered]
        public = [one for one in said if one.words.public]
        replies = [one.words.at for one in public if one.ours]
        unanswered: datetime | None = None
        for one in public:
            unanswered = None if one.ours else unanswered or one.words.at
        return Story(said, replies[0] if replies else None, unanswered)

    def _said(self, words: Words, requester_id: str) -> Said:
        batch = self._batch
        is_colleague = batch.known("agent", words.author_id)
        user_id = batch.linked("agent", words.author_id) or batch.user(words.author_email)
        ours = words.ours
        if ours is None:
            ours = words.author_id != requester_id and (is_colleague or user_id is not None)
        text = without(words.text, [one for one in words.files if not batch.brought.has(one)])
        if not ours and words.public:
            return Said(words, "visitor", False, text)
        if user_id is not None:
            return Said(words, f"agent:{user_id}", ours, text)
        name = batch.name_of(words.author_id) or words.author_name
        return Said(words, "system", ours, f"{name}:\n{text}" if name else text)

    def _first(self, thread: Conversation, words: Words) -> Message | None:
        """The message with these words, where the ticket brought them along as its description."""
        held = self._batch.work.session.scalar(
            select(Message).where(Message.conversation_id == thread.id, Message.seq == 1)
        )
        same = held is not None and not held.attachments and held.text.strip() == words.text.strip()
        return held if same else None

    def _clocks(
        self, ticket_id: str, case: Case, story: Story, solved_at: datetime | None,
        closed_at: datetime | None, facts: Facts,
    ) -> datetime | None:  # fmt: skip
        """Book its whole past; answers the soonest deadline."""
        return clocks.open_told(
            self._batch.work, ticket_id, facts, _booked(case, story, solved_at, closed_at),
            party="queue", state="new", at=case.opened_at,
            owes_reply=not story.said or not story.said[0].ours,
        )  # fmt: skip


def _booked(
    case: Case, story: Story, solved_at: datetime | None, closed_at: datetime | None
) -> list[Happened]:
    """What its clocks have to hear of, in order."""
    heard: list[Happened] = []
    owed = True  # the first words are owed the first response
    for one in story.said:
        if not one.words.public or (solved_at is not None and one.words.at >= solved_at):
            continue
        # Only what changes a clock: the first answer owed, and the answer to it.
        if one.ours and owed:
            heard.append(Happened("replied", one.words.at))
        elif not one.ours and not owed:
            heard.append(Happened("customer_wrote", one.words.at))
        owed = not one.ours
    if solved_at is None:
        since = story.said[-1].words.at if story.said else case.opened_at
        heard.append(Happened("book", since, party(case.state, owned=False), case.state))
        return heard
    heard.append(Happened("resolved", solved_at))
    if closed_at is not None:
        heard.append(Happened("closed", closed_at))
    return heard
