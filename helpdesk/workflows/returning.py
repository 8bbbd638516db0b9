"""Sending something back: whether it may, the ticket behind it, and each step told to its customer.

A return stands on a ticket of its own, so routing and clocks apply; its own deadlines come from the
steps. Order of locks: work item, ticket, return. Not for the rule (`returns.rules`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.calendars.hours import Calendar
from helpdesk.core.actors import system
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work, begin
from helpdesk.customers import records
from helpdesk.owned import about, queries, tracking
from helpdesk.owned.models import ShopOrder
from helpdesk.owned.queries import LineOf
from helpdesk.returns import rules, service, settings, steps, wording
from helpdesk.returns.models import ReturnCase
from helpdesk.returns.rules import Answer, Bought
from helpdesk.returns.service import REASONS, WISHES, Item
from helpdesk.routing import service as routing
from helpdesk.tickets import permissions as tickets
from helpdesk.tickets import types
from helpdesk.tickets.lifecycle import is_done
from helpdesk.workflows import cases, cases_flows, customer_days
from helpdesk.workflows import cases_line as line

ACTOR = system("returns")
_STATES = {"customer": "waiting_on_customer", "us": "open"}


@dataclass(frozen=True, slots=True)
class Offered:
    """A line of an order, and whether it may come back."""

    line: LineOf
    answer: Answer


def offered(work: Work, order: ShopOrder) -> list[Offered]:
    """Each line of the order with the rule's answer on its customer's day."""
    customer = records.find(work, order.customer_id) if order.customer_id else None
    zone = customer_days.zone_of(customer, _hours(work))
    today = customer_days.day_of(work.at, zone)
    lines = queries.lines_of(work, [order], today)[order.id]
    back = service.taken_back(work, order.id)
    return [
        Offered(one, rules.answer(_bought(one, back), today, order.status, order.reached, zone))
        for one in lines
    ]


def ask(
    work: Work,
    order: ShopOrder,
    *,
    quantities: Mapping[str, int],
    reason: str,
    wish: str,
    text: str,
    author: str = "visitor",
    goodwill: bool = False,
    site_id: str | None = None,
    queue_id: str | None = None,
) -> ReturnCase:
    """A return of so many of these lines; Invalid (`items`) where the rule says no.

    `goodwill`: a colleague lets something come back that the rule would refuse.
    """
    customer = records.find(work, order.customer_id) if order.customer_id else None
    if customer is None:
        raise Conflict("Say first whose order this is.", code="no_customer")
    _check_words(reason, wish)
    work.session.scalar(select(ShopOrder.id).where(ShopOrder.id == order.id).with_for_update())
    items = _chosen(offered(work, order), quantities, goodwill)
    given = settings.get(work)
    kind = types.find_type(work, given.type) if given.type else None
    opened = cases.open_case(
        work,
        customer_id=customer.id,
        subject=wording.subject(customer.language, order.number),
        body=text,
        channel="form",
        queue=routing.prefer_queue(work, given.queue_id or None, queue_id).id,
        type=kind.key if kind is not None and not _wants_fields(kind.form) else None,
        author=author,
        site_id=site_id,
        internal=author != "visitor",
    )
    about.hang(work, opened.ticket.id, "order", order.id)
    made = service.open_return(
        work,
        ticket_id=opened.ticket.id,
        customer_id=customer.id,
        order_id=order.id,
        order_number=order.number,
        items=items,
        reason=reason,
        wish=wish,
        goodwill=goodwill,
    )
    if author != "visitor":
        told = usual_words(work, made)
        cases.reply(work, opened.ticket.id, author=author, text=told, public=True)
    return made


def take_step(
    work: Work,
    ticket_id: str,
    to: str,
    *,
    version: int | None = None,
    words: str = "",
    label_url: str = "",
) -> ReturnCase:
    """A colleague moves a return on, and its customer is told: in `words`, or the usual ones."""
    tickets.get_visible(work, ticket_id)
    held = line.hold(work, ticket_id)
    row = _held(work, held.ticket.id)
    service.need_version(row, version)
    label = tracking.address(label_url, "label_url") if to == "label_sent" else None
    if to == "refused" and not words.strip():
        raise Invalid(fields={"words": "Say why, and what is still possible."})
    service.move(work, row, to, note=words, label_url=label)
    told = words.strip() or usual_words(work, row)
    cases.reply(work, held.ticket.id, author=f"agent:{work.actor.id}", text=told, public=True)
    _follow(work, row)
    return row


def withdraw(work: Work, ticket_id: str, *, words: str) -> ReturnCase:
    """The customer keeps it after all (the caller has asked that it is theirs)."""
    line.hold(work, ticket_id)
    row = _held(work, ticket_id)
    service.move(work, row, steps.BY_CUSTOMER, note=words)
    cases.customer_wrote(work, ticket_id, text=words, channel="form")
    _follow(work, row)
    return row


def usual_words(work: Work, row: ReturnCase, state: str = "") -> str:
    """What the customer is told of a step, in their language and on their wall."""
    customer = records.find(work, row.customer_id)
    language, calendar = customer.language if customer else None, _hours(work)
    due = row.due_at
    if state and state != row.state:
        due = steps.due(state, work.at, settings.get(work).targets, calendar)
    zone = customer_days.zone_of(customer, calendar)
    items = service.items_of(work, [row.id])[row.id]
    return wording.words(
        state or row.state,
        language,
        order=row.order_number,
        items=", ".join(f"{one.quantity} × {one.name}" for one in items),
        label=row.label_url,
        until=customer_days.words(due, zone, wording.language(language)) if due else "",
    )


def tell_late() -> None:
    """A duty of the sweeper."""
    with begin(ACTOR) as work:
        service.tell_late(work)


def _hours(work: Work) -> Calendar | None:
    return calendars.house_hours(work, settings.get(work).calendar_id)


def _bought(one: LineOf, back: Mapping[str, int]) -> Bought:
    product, checked = one.product, one.verdict
    return Bought(
        quantity=one.line.quantity,
        taken_back=back.get(one.line.id, 0),
        returnable_days=product.returnable_days if product else None,
        known=product is not None,
        covered_until=checked.until if checked is not None and checked.is_covered else None,
    )


def _chosen(lines: Sequence[Offered], quantities: Mapping[str, int], goodwill: bool) -> list[Item]:
    known = {one.line.line.id: one for one in lines}
    items = []
    for line_id, count in quantities.items():
        found = known.get(line_id)
        if found is None or count < 0:
            raise Invalid(fields={"items": "Choose something of this order."})
        if count == 0:
            continue
        most = found.answer.most
        if goodwill:
            most = found.line.line.quantity
        if not goodwill and not found.answer.is_yes:
            raise Invalid(fields={"items": "This can't be sent back."})
        if count > most:
            raise Invalid(fields={"items": f"At most {most} can come back."})
        items.append(Item(line_id, found.line.line.name, count))
    if not items:
        raise Invalid(fields={"items": "Choose what you want to send back."})
    return items


def _check_words(reason: str, wish: str) -> None:
    wrong = {}
    if reason not in REASONS:
        wrong["reason"] = "Choose a reason."
    if wish not in WISHES:
        wrong["wish"] = "Choose what you would like."
    if wrong:
        raise Invalid(fields=wrong)


def _wants_fields(form: Sequence[Mapping[str, str]]) -> bool:
    return any(entry.get("needed") == "to_open" for entry in form)


def _held(work: Work, ticket_id: str) -> ReturnCase:
    row = service.of_ticket(work, ticket_id)
    if row is None:
        raise NotFound(service.ABSENT)
    return service.get(work, row.id, lock=True)


def _follow(work: Work, row: ReturnCase) -> None:
    """The ticket waits for whom the return waits for, and is resolved with it.

    Where its form still wants something of ours, or it is an open complaint too, a colleague does.
    """
    ticket = line.hold(work, row.ticket_id).ticket
    wanted = "resolved" if steps.is_over(row.state) else _STATES[steps.STEPS[row.state].who]
    if ticket.state == wanted or (is_done(ticket.state) and wanted == "resolved"):
        return
    if wanted == "open" and ticket.state == "new":
        return
    try:
        line.set_state(work, row.ticket_id, wanted, why="the return goes on")
    except (Invalid, cases_flows.GoesOn):
        return
