"""What a customer sees in the portal: one place that every list, page and file asks.

Their own matters; those of their household, where they see all of it; what was written from an
address they have proved, on records that say nothing else about anybody; what they were taken
into; and, for the contact of an organisation, the public matters of its people. Of a matter they
see its public words, but none that a merge brought along from another customer's: after it each of
the two still sees only what is theirs. A matter in which nothing was said to or by its customer is
not theirs to see. Everything else is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from helpdesk.channels.models import UNREAD, Conversation, Message
from helpdesk.core.errors import NotFound
from helpdesk.core.ids import is_id
from helpdesk.core.work import Work
from helpdesk.customers import households, records
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity.models import User
from helpdesk.tickets import queries
from helpdesk.tickets.models import Ticket, TicketMerge, TicketParticipant
from helpdesk.workflows import cases_reading

WRITTEN = ("email", "form")
SPOKEN = ("call", "callback", "sms", "whatsapp")
MOST_STRAYS = 50
MOST_MERGED = 50
ABSENT = "There is nothing here."


@dataclass(frozen=True, slots=True)
class Reach:
    """`strays` are records that only say a proved address of this customer's; `numbers` those that
    were made by calls and texts from a number they have proved; `household` are the others of
    theirs, where they see all of it.
    """

    customer_id: str
    strays: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    takes_part: bool = False
    organisation_id: str | None = None
    household: tuple[str, ...] = ()

    @property
    def own_ids(self) -> tuple[str, ...]:
        return (self.customer_id, *self.strays, *self.numbers)


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter as its reader may see it. `ticket` carries its name and number, `stands` (another
    one after a merge) how it goes on. `only` are the customers whose threads are shown, None: all
    but the conversations of `hidden`. Words since `since`.
    """

    ticket: Ticket
    stands: Ticket
    relation: str  # own, taking_part, organisation, household
    hidden: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    since: datetime | None = None

    @property
    def is_own(self) -> bool:
        return self.relation == "own"


def of(work: Work) -> Reach:
    """The reach of the signed-in customer; NotFound for everybody else."""
    actor = work.actor
    wanted = actor.customer_id if actor.role == "customer" else None
    customer = records.find(work, wanted) if wanted else None
    if customer is None:
        raise NotFound(ABSENT)
    sees_all = customer.sees_organisation and customer.organisation_id is not None
    return Reach(
        customer.id,
        *_strays(work, customer.id),
        work.session.scalar(_TAKES_PART, {"own": customer.id}) is not None,
        customer.organisation_id if sees_all else None,
        households.others(work, customer.id),
    )


def stray_records(work: Work, customer_id: str) -> tuple[str, ...]:
    """Records that say nothing but what this customer has proved, and hold nothing that the portal
    would not show them: theirs, though not merged. Whoever typed an address in is not its owner.
    """
    by_mail, by_number = _strays(work, customer_id)
    found = (*by_mail, *by_number)
    if not found:
        return ()
    reach = Reach(customer_id, by_mail, by_number)
    written = and_(Conversation.customer_id.in_(by_mail), Conversation.channel.in_(WRITTEN))
    strange = {
        *work.session.scalars(
            select(Ticket.customer_id).where(Ticket.customer_id.in_(found), ~mine(reach))
        ),
        *work.session.scalars(
            select(Conversation.customer_id).where(
                Conversation.customer_id.in_(found),
                Conversation.ticket_id.is_(None),
                ~or_(talks(reach), written),
            )
        ),
    }
    return tuple(one for one in found if one not in strange)


def _strays(work: Work, customer_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Records by a proved mail address, and by a proved number."""
    rows = work.session.execute(_STRAYS, {"own": customer_id}).all()
    return (
        tuple(row.customer_id for row in rows if row.kind == "email"),
        tuple(row.customer_id for row in rows if row.kind == "phone"),
    )


def mine(reach: Reach) -> ColumnElement[bool]:
    """Over Ticket: what is the customer's own, or what they were taken into."""
    own = Ticket.customer_id == reach.customer_id
    if not (reach.strays or reach.numbers or reach.takes_part):
        return own
    found = [own]
    if reach.strays:
        found.append(and_(Ticket.customer_id.in_(reach.strays), _made_by_their_words()))
    if reach.numbers:
        found.append(and_(Ticket.customer_id.in_(reach.numbers), _made_by_their_voice()))
    if reach.takes_part:
        found.append(
            Ticket.id.in_(
                select(TicketParticipant.ticket_id).where(
                    TicketParticipant.customer_id == reach.customer_id
                )
            )
        )
    return or_(*found)


def of_organisation(reach: Reach) -> ColumnElement[bool]:
    """Over Ticket: what people of the customer's organisation have with us."""
    if reach.organisation_id is None:
        return Ticket.id.is_(None)
    return Ticket.organisation_id == reach.organisation_id


def of_household(reach: Reach) -> ColumnElement[bool]:
    """Over Ticket: what the others of the customer's household have with us."""
    if not reach.household:
        return Ticket.id.is_(None)
    return Ticket.customer_id.in_(reach.household)


def is_public() -> ColumnElement[bool]:
    """Over Ticket: something was said to or by its customer, and it is no other's by a merge."""
    target, merged = aliased(Ticket), TicketMerge
    # One look-up for each; an EXISTS here is read by PostgreSQL as a list of the whole table.
    goes_on_with = (
        select(target.customer_id).where(target.id == Ticket.merged_into_id).scalar_subquery()
    )
    took_in = exists(
        select(merged.id)
        .where(merged.target_id == Ticket.id, merged.undone_at.is_(None))
        .correlate(Ticket)  # two levels out, which nothing guesses
    )
    here = and_(
        Conversation.ticket_id == Ticket.id,
        or_(Conversation.customer_id == Ticket.customer_id, ~took_in),
    )
    moved_on = and_(
        Conversation.ticket_id == Ticket.merged_into_id,
        Conversation.customer_id == Ticket.customer_id,
    )
    return and_(
        exists(select(Conversation.id).where(or_(here, moved_on), _is_said())),
        or_(Ticket.merged_into_id.is_(None), goes_on_with != Ticket.customer_id),
    )


def get(work: Work, reach: Reach, ticket_id: str) -> Matter:
    """The matter behind an id, merges followed; NotFound where it is not theirs."""
    asked = _visible(work, reach, ticket_id)
    stands = queries.current(work, asked)
    if stands is not asked and _leads_on(work, reach, asked, stands):
        asked = stands
    matter = _as_seen(work, reach, asked, stands)
    if not _has_words(work, matter):
        raise NotFound(ABSENT)
    return matter


def sees_conversation(work: Work, reach: Reach, conversation: Conversation, at: datetime) -> bool:
    """Whether public words of that moment in this conversation are theirs to read."""
    if conversation.customer_id == reach.customer_id or is_spoken(reach, conversation):
        return True
    if conversation.ticket_id is None:
        return False
    matters = _seen_among(work, reach, _leading_to(work, conversation.ticket_id))
    return any(_shows(matter, conversation, at) for matter in matters)


def _shows(matter: Matter, conversation: Conversation, at: datetime) -> bool:
    here = matter.stands.id == conversation.ticket_id
    recent = matter.since is None or at >= matter.since
    whose = matter.only is None or conversation.customer_id in matter.only
    return here and recent and whose and conversation.id not in matter.hidden


def _leading_to(work: Work, ticket_id: str) -> list[str]:
    """The ticket and those that were merged into it: a page of any of them may show its words."""
    found = [ticket_id]
    fresh = found
    while fresh and len(found) < MOST_MERGED:
        wanted = select(Ticket.id).where(Ticket.merged_into_id.in_(fresh)).limit(MOST_MERGED)
        fresh = [one for one in work.session.scalars(wanted) if one not in found]
        found = [*found, *fresh]
    return found


def _seen_among(work: Work, reach: Reach, ticket_ids: Sequence[str]) -> Iterator[Matter]:
    for ticket_id in ticket_ids:
        try:
            yield get(work, reach, ticket_id)
        except NotFound:
            continue


def is_spoken(reach: Reach, conversation: Conversation) -> bool:
    """A call or text from a number that the reader has proved."""
    return conversation.channel in SPOKEN and conversation.customer_id in reach.numbers


def talks(reach: Reach) -> ColumnElement[bool]:
    """Over Conversation: those that are the reader's own, whether or not they became a matter."""
    own = Conversation.customer_id == reach.customer_id
    if not reach.numbers:
        return own
    spoken = and_(Conversation.customer_id.in_(reach.numbers), Conversation.channel.in_(SPOKEN))
    return or_(own, spoken)


def threads(matter: Matter) -> Select[Any]:
    """The conversations of a matter that its reader may see."""
    statement = select(Conversation).where(Conversation.ticket_id == matter.stands.id)
    if matter.only is not None:
        statement = statement.where(Conversation.customer_id.in_(matter.only))
    if matter.hidden:
        statement = statement.where(Conversation.id.not_in(matter.hidden))
    return statement


def _visible(work: Work, reach: Reach, ticket_id: str) -> Ticket:
    found = _find_visible(work, reach, ticket_id) if is_id(ticket_id) else None
    if found is None:
        raise NotFound(ABSENT)
    return found


def _find_visible(work: Work, reach: Reach, ticket_id: str) -> Ticket | None:
    wanted = or_(mine(reach), of_organisation(reach), of_household(reach))
    return work.session.scalar(select(Ticket).where(Ticket.id == ticket_id, wanted))


def _leads_on(work: Work, reach: Reach, asked: Ticket, stands: Ticket) -> bool:
    """Whether the reader sees all of what the matter went on in, and not its own words alone.

    Whoever was only taken in sees what they take part in now, and of that what was said since.
    """
    is_invited = _is_invited(reach, asked)
    if not is_invited and stands.customer_id not in reach.own_ids:
        return False
    found = _find_visible(work, reach, stands.id) is not None
    if is_invited and not found:
        raise NotFound(ABSENT)
    return found


def _is_invited(reach: Reach, ticket: Ticket) -> bool:
    """It is neither theirs nor their organisation's: they were taken into it."""
    is_ours = reach.organisation_id and ticket.organisation_id == reach.organisation_id
    known = (*reach.own_ids, *reach.household)
    return ticket.customer_id not in known and not is_ours


def _as_seen(work: Work, reach: Reach, ticket: Ticket, stands: Ticket) -> Matter:
    own = ticket.customer_id in reach.own_ids
    if stands is not ticket:
        # It went on in another customer's: what stands there beside the own words is not theirs.
        relation = "own" if own else _shared(reach, ticket)
        return Matter(ticket, stands, relation, only=(ticket.customer_id,))
    hidden = tuple(cases_reading.of_other_customers(work, ticket.id))
    if own:
        return Matter(ticket, stands, "own", hidden)
    since = work.session.scalar(
        select(TicketParticipant.since).where(
            TicketParticipant.ticket_id == ticket.id,
            TicketParticipant.customer_id == reach.customer_id,
        )
    )
    if since is not None and _is_invited(reach, ticket):
        return Matter(ticket, stands, "taking_part", hidden, since=since)
    return Matter(ticket, stands, _shared(reach, ticket), hidden)


def _shared(reach: Reach, ticket: Ticket) -> str:
    return "household" if ticket.customer_id in reach.household else "organisation"


def _has_words(work: Work, matter: Matter) -> bool:
    wanted = threads(matter).with_only_columns(Conversation.id).where(_is_said())
    return work.session.scalar(wanted.limit(1)) is not None


def _is_said() -> ColumnElement[bool]:
    """Over Conversation: a call, or anything that was written for both to read."""
    said = exists(
        select(Message.id).where(Message.conversation_id == Conversation.id, Message.public)
    )
    return or_(Conversation.channel.in_(UNREAD), said)


def _made_by_their_words() -> ColumnElement[bool]:
    """The record was made by what was written, so nobody else has written under it before."""
    return and_(
        Ticket.channel.in_(WRITTEN),
        exists(
            select(Customer.id).where(
                Customer.id == Ticket.customer_id, Customer.created_at == Ticket.opened_at
            )
        ),
    )


def _made_by_their_voice() -> ColumnElement[bool]:
    """The record was made by a call or a text."""
    return exists(
        select(Conversation.id)
        .join(Customer, Customer.id == Conversation.customer_id)
        .where(
            Conversation.customer_id == Ticket.customer_id,
            Conversation.channel.in_(SPOKEN),
            Conversation.opened_at == Customer.created_at,
        )
    )


_OWN: BindParameter[str] = bindparam("own", type_=Customer.id.type)
_proved, _claim, _other = aliased(ContactPoint), aliased(ContactPoint), aliased(ContactPoint)
_STRAYS = (
    select(_claim.customer_id, _claim.kind)
    .join(_proved, and_(_proved.kind == _claim.kind, _proved.value == _claim.value))
    .join(Customer, Customer.id == _claim.customer_id)
    .where(
        _proved.customer_id == _OWN,
        _proved.kind.in_(("email", "phone")),
        _proved.verified_at.is_not(None),
        _claim.verified_at.is_(None),
        _claim.customer_id != _OWN,
        Customer.merged_into_id.is_(None),
        # Whatever else is known of that record may be somebody else's.
        ~exists().where(
            _other.customer_id == _claim.customer_id,
            or_(
                _other.verified_at.is_not(None),
                and_(_other.kind == "email", _other.value != _claim.value),
                and_(_claim.kind == "phone", _other.id != _claim.id),
            ),
        ),
        ~exists().where(User.customer_id == _claim.customer_id),
    )
    .limit(MOST_STRAYS)
)
_TAKES_PART = select(TicketParticipant.id).where(TicketParticipant.customer_id == _OWN).limit(1)
