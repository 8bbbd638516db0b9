"""A call in its flow: facts are looked up, the walk says what to do, and where it stands is kept.

For whoever carries the call: `begin` when it comes in, `go_on` with what the caller gave. Both
answer the `Step` to carry out. Not for carrying it out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from helpdesk.calendars import queries as calendars
from helpdesk.calendars.hours import is_open
from helpdesk.carriers.models import PhoneNumber
from helpdesk.channels import service as conversations
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.work import Work
from helpdesk.customers import contact_points, custom_fields, points, records
from helpdesk.customers import queries as customers
from helpdesk.customers.models import ContactPoint, Customer
from helpdesk.identity import service as people
from helpdesk.ivr import queries, sounds, walking
from helpdesk.ivr.actions import Action, CallBack, Enqueue, Step, Voicemail
from helpdesk.ivr.checking import Known
from helpdesk.ivr.flow import Flow, read
from helpdesk.ivr.lookups import BY_PROGRAM, Asked
from helpdesk.ivr.models import IvrStep, IvrWalk
from helpdesk.ivr.walking import Facts, Given
from helpdesk.routing import queries as routing_queries
from helpdesk.routing import service as routing
from helpdesk.tickets.lifecycle import PRIORITIES
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import looking_up
from helpdesk.workflows.looking_up import Told

_CHOICE = re.compile(r"([0-9*#]) (.+)")
NOTHING = "no answer"
MOST_LOOKUPS = 3
LONGEST_GIVEN = 120
OPEN = ("new", "open", "waiting_on_customer", "waiting_on_third_party", "visit_booked")
ACCOUNT = "external"
"""The proof by a customer's account number elsewhere; others are `field:` and a field's key."""
# Not the number of their line: whoever calls can have any number shown.
OTHER_PROOFS = {BY_PROGRAM: "Checked by the program that is asked"}


def begin(work: Work, flow_id: str, conversation_id: str, facts: Facts | None = None) -> Step:
    """The call comes into the live version of that flow, and stays in that version.

    `facts` say who seems to be calling; without them they come from the conversation's customer.
    A call that was in a flow before begins anew. Conflict (`not_published`) where none is live.
    """
    number = queries.live_version(work, flow_id)
    flow = queries.flow_of(work, flow_id, number) if number else None
    if flow is None or number is None:
        raise Conflict("This call flow is not published.", code="not_published")
    walk = _walk(work, flow_id, number, conversation_id)
    caller = _as_caller(facts or caller_of(work, flow, conversation_id))
    step = walking.enter(flow, _facts(work, flow, caller))
    walk.flow_id, walk.number, walk.caller = flow_id, number, caller
    return _kept(work, walk, step)


def go_on(work: Work, conversation_id: str, given: Given, told: Told | None = None) -> Step:
    """The caller gave something where the walk stands. NotFound for a call that is in no flow.

    `told`: what other programs have answered to what `lacks` named.
    """
    walk = queries.walk_of(work, conversation_id, for_update=True)
    flow = queries.flow_of(work, walk.flow_id, walk.number) if walk else None
    if walk is None or flow is None:
        raise NotFound("This call is in no flow.", code="no_flow")
    facts = _facts(work, flow, walk.caller)
    typed = number_typed(work, given.digits, facts.number) if flow.calls_back else ""
    facts = replace(facts, typed_number=typed)
    for _ in range(MOST_LOOKUPS):
        asked = walking.wanted(flow, walk.state, given, facts)
        if asked is None:
            break
        found = looking_up.found(work, asked, conversation_id, facts.number, told or {})
        facts = replace(facts, found={**facts.found, asked: found})
    return _kept(work, walk, walking.answer(flow, walk.state, given, facts))


def lacks(work: Work, conversation_id: str, given: Given) -> Asked | None:
    """What has to be looked up before `go_on` with the same answer, for a call in a flow."""
    walk = queries.walk_of(work, conversation_id)
    flow = queries.flow_of(work, walk.flow_id, walk.number) if walk else None
    if walk is None or flow is None or not flow.uses("lookup"):
        return None
    return walking.wanted(flow, walk.state, given, _facts(work, flow, walk.caller))


def caller_of(work: Work, flow: Flow, conversation_id: str) -> Facts:
    """What the record of the conversation's customer tells, as far as the flow asks for it.

    Recognised is whose record was there before the call, with a name.
    """
    conversation = conversations.get_conversation(work, conversation_id)
    number = number_typed(work, str(conversation.answers.get("caller", "")), "")
    customer = records.find(work, conversation.customer_id)
    if customer is None or not customer.name or customer.created_at >= conversation.opened_at:
        return Facts(number=number)
    if number and not _is_one_persons(work, number):
        return Facts(number=number)  # whose name would be said?
    return Facts(
        number=number,
        recognised=True,
        first_name=first_name(customer.name),
        tags=_tags(work, customer.id) if flow.asks_about("tag") else frozenset(),
        priority=_priority(work, customer.id) if flow.asks_about("priority") else "",
    )


def _is_one_persons(work: Work, number: str) -> bool:
    holders = (
        select(ContactPoint.customer_id)
        .join(Customer, Customer.id == ContactPoint.customer_id)
        .where(
            ContactPoint.kind == "phone",
            ContactPoint.value == number,
            Customer.merged_into_id.is_(None),
        )
    )
    return len(set(work.session.scalars(holders.limit(5)))) == 1


def number_typed(work: Work, digits: str, caller: str) -> str:
    """The number in E.164, as somebody who calls from `caller` types it; empty for what is none."""
    text = digits.rstrip("#")
    region = contact_points.region_of(caller)
    try:
        if region and not text.startswith("+"):
            return contact_points.phone(text, region)
        return points.read(work, "phone", text).value
    except Invalid:
        return ""


def first_name(name: str) -> str:
    """How somebody is greeted: `Dr. Kim Lee` is Kim."""
    words = [word for word in name.split() if not word.endswith(".")]
    return words[0] if words and "@" not in words[0] else ""


def known(work: Work) -> Known:
    """What the steps of a flow can choose from."""
    fields = custom_fields.definitions(work, "customer")
    proofs = {f"field:{one.key}": one.label for one in fields if one.kind in ("text", "number")}
    return Known(
        queues={q.id: q.name for q in routing_queries.queues(work, active_only=True)},
        calendars={row.id: row.name for row in calendars.list_calendars(work)},
        proofs={**proofs, ACCOUNT: "Account number", **OTHER_PROOFS},
        sounds={one.id: one.name for one in sounds.list_sounds(work)},
        skills={one.id: one.name for one in routing_queries.skills(work)},
        lookups={k: one for k, one in looking_up.known(work).items() if one.is_offered},
        zones=people.zones(),
    )


def flows_asking(work: Work, what: str) -> list[str]:
    """Names of the flows that look this up, live or in their draft."""
    live = queries.live_flows(work)
    return [
        row.name
        for row in queries.list_flows(work)
        if any(what in one.uses("lookup") for one in (live.get(row.id), read(row.draft)) if one)
    ]


def numbers_by_flow(work: Work) -> dict[str, list[str]]:
    """Which of our numbers lead into which flow."""
    found: dict[str, list[str]] = {}
    rows = work.session.execute(
        select(PhoneNumber.flow_id, PhoneNumber.name)
        .where(PhoneNumber.flow_id.is_not(None), PhoneNumber.is_active)
        .order_by(PhoneNumber.name)
    )
    for flow_id, name in rows:
        found.setdefault(str(flow_id), []).append(name)
    return found


def numbers_leading_to(work: Work, flow_id: str) -> str | None:
    """The same for one flow, in words; None where no number does."""
    names = numbers_by_flow(work).get(flow_id)
    return f"the numbers {', '.join(names)}" if names else None


def before_you(work: Work, conversation_id: str) -> list[str]:
    """Where a caller went before an agent answered: `Main menu: chose 2, Heating`, ..."""
    return told(queries.last_steps(work, conversation_id))


def told(steps: Sequence[IvrStep]) -> list[str]:
    """Each step once, with what came of it; one that a choice named already is not named again."""
    found: list[str] = []
    last = ""  # the name of the step that stands at the end, while nothing came of it
    for step in steps:
        choice = _CHOICE.fullmatch(step.given)
        if step.given == NOTHING and found and found[-1].startswith(f"{step.name}: {NOTHING}"):
            found[-1] = f"{step.name}: {NOTHING}, more than once"
        elif step.given:
            words = f"chose {choice[1]}, {choice[2]}" if choice else step.given
            at = len(found) - 1 if last == step.name and found[-1:] == [step.name] else len(found)
            found[at:] = [f"{step.name}: {words}"]
            last = choice[2] if choice else ""
        elif step.name != last:
            found.append(step.name)
            last = step.name
    return found


def _walk(work: Work, flow_id: str, number: int, conversation_id: str) -> IvrWalk:
    new = IvrWalk(
        conversation_id=conversation_id,
        flow_id=flow_id,
        number=number,
        state={},
        caller={},
        steps=0,
        began_at=work.at,
        at=work.at,
    )
    if work.put_if_absent(new):
        return new
    walk = queries.walk_of(work, conversation_id, for_update=True)
    if walk is None:
        raise Conflict("This call is being answered elsewhere.", code="raced")
    return walk


def _kept(work: Work, walk: IvrWalk, step: Step) -> Step:
    step = replace(step, actions=tuple(_standing(work, one) for one in step.actions))
    for one in step.went:
        walk.steps += 1
        work.insert(
            IvrStep,
            conversation_id=walk.conversation_id,
            seq=walk.steps,
            node_id=one.node_id[:40],
            name=one.name[:60],
            given=one.given[:LONGEST_GIVEN],
            at=work.at,
        )
    walk.state, walk.at = dict(step.state), work.at
    work.session.flush()
    return step


def _standing(work: Work, action: Action) -> Action:
    """The same in a queue that is still there: one may have been closed since it was published."""
    if isinstance(action, (Enqueue, Voicemail, CallBack)):
        queue_id = routing.prefer_queue(work, action.queue_id, None).id
        return action if queue_id == action.queue_id else replace(action, queue_id=queue_id)
    return action


def _as_caller(facts: Facts) -> dict[str, Any]:
    return {
        "recognised": facts.recognised,
        "first_name": facts.first_name,
        "tags": sorted(facts.tags),
        "priority": facts.priority,
        "number": facts.number,
    }


def _facts(work: Work, flow: Flow, caller: dict[str, Any]) -> Facts:
    return Facts(
        at=work.at,
        recognised=bool(caller.get("recognised")),
        first_name=str(caller.get("first_name", "")),
        tags=frozenset(caller.get("tags", ())),
        priority=str(caller.get("priority", "")),
        number=str(caller.get("number", "")),
        open_calendars=open_now(work, flow),
    )


def open_now(work: Work, flow: Flow) -> frozenset[str]:
    """Those of the flow's calendars that are open; one that is gone counts as closed."""
    found = set()
    for calendar_id in flow.uses("calendar"):
        try:
            if is_open(calendars.hours_of(work, calendar_id), work.at):
                found.add(calendar_id)
        except NotFound:
            continue
    return frozenset(found)


def _tags(work: Work, customer_id: str) -> frozenset[str]:
    tags = customers.tags_of(work, [customer_id]).get(customer_id, ())
    return frozenset(tag.name.casefold() for tag in tags)


def _priority(work: Work, customer_id: str) -> str:
    """The highest priority among the customer's open tickets."""
    rows = work.session.scalars(
        select(Ticket.priority)
        .where(
            Ticket.customer_id == customer_id,
            Ticket.state.in_(OPEN),
            Ticket.merged_into_id.is_(None),
        )
        .distinct()
    ).all()
    return max(rows, key=PRIORITIES.index, default="")
