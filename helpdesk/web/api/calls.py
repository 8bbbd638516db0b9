"""Calls over the API: the list, one with its lines and where its seconds went, and one placed.

Who places a call speaks at the desk: the other end is rung once their page is in it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType

from helpdesk.calls import queries
from helpdesk.calls.models import Call, CallLeg, CallSpan
from helpdesk.channels.models import Conversation
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import records
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import calling_out, calls_listed
from helpdesk.workflows.calls_listed import Wanted

Direction = Literal["in", "out"]
Moment = Annotated[str, Meta(max_length=40, examples=["2026-03-02T09:00:00Z"])]


class CallView(View):
    """One call, under the id of its conversation. Seconds are whole; those of a call that goes on
    are booked when it ends. `carrier`: browser, own (somebody's own telephone) or a carrier's name.
    """

    id: str
    direction: str
    carrier: str
    state: str
    customer_id: str
    queue_id: str | None
    agent_id: str | None
    ticket_id: str | None
    reason: str
    began_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    ended_why: str | None
    talk_s: int
    hold_s: int


class LegView(View):
    """One party's line into a call. `party`: caller, agent, colleague or supervisor."""

    id: str
    party: str
    user_id: str | None
    mode: str
    state: str
    invited_at: datetime
    joined_at: datetime | None
    left_at: datetime | None
    left_why: str | None


class SpanView(View):
    """A stretch of the call that is over: waiting, talk or hold, and whose it was."""

    kind: str
    agent_id: str | None
    began_at: datetime
    ended_at: datetime


class CallDetail(CallView):
    """A call with all its lines, those that ended too, and its seconds by what they were."""

    legs: list[LegView]
    spans: list[SpanView]


class CallsAsked(Paged):
    """Calls that began at `since` or later and before `until`: moments with a time zone."""

    since: Moment = ""
    until: Moment = ""
    direction: Direction | UnsetType = UNSET
    carrier: Annotated[str, Meta(max_length=12)] = ""
    answered: bool | UnsetType = UNSET
    customer_id: Id | UnsetType = UNSET
    agent_id: Id | UnsetType = UNSET
    queue_id: Id | UnsetType = UNSET


class NewCall(Body, frozen=True):
    """Whom to ring: a customer, at the number they prefer, or a number. `number_id`: which of our
    numbers they see, else the queue's. `anyway`: though it is late or early where they are.
    """

    customer_id: Id | None = None
    number: Annotated[str, Meta(max_length=40, examples=["+493012345678"])] = ""
    ticket_id: Id | None = None
    number_id: Id | None = None
    anyway: bool = False


@operation("GET", "/calls", who=DESK, query=CallsAsked, gives=Listed[CallView])
def list_calls(work: Work, query: CallsAsked) -> Listed[CallView]:
    """List calls, the newest first, going on or over."""
    page = calls_listed.page_of_calls(
        work, _wanted(work, query), cursor=query.place(), limit=query.limit
    )
    return listed(page, [CallView(**_facts(*pair)) for pair in page.items])


@operation("POST", "/calls", who=DESK, body=NewCall, gives=CallView, status=201)
def place_call(work: Work, body: NewCall) -> CallView:
    """Ring somebody for the one whose token it is: it comes to their desk, and goes out once they
    are in it.

    409 `no_room` for who has a talk in hand, `rings_already`, `quiet_hours` (then `anyway`);
    403 `no_calls` for who asked not to be called.
    """
    if (body.customer_id is None) == (not body.number):
        raise Invalid(fields={"number": "Give a customer_id or a number."})
    call_id = calling_out.start(
        work,
        calling_out.Wanted(
            client_id=new_id(),
            customer_id=body.customer_id or "",
            number=body.number,
            ticket_id=body.ticket_id or "",
            number_id=body.number_id or "",
            anyway=body.anyway,
        ),
    )
    work.session.flush()
    call, conversation = calls_listed.call_of(work, call_id)
    return CallView(**_facts(call, conversation))


@operation("GET", "/calls/<id:call_id>", who=DESK, gives=CallDetail)
def get_call(work: Work, call_id: str) -> CallDetail:
    """Get one call with its lines and where its seconds went."""
    call, conversation = calls_listed.call_of(work, call_id)
    legs = queries.all_legs(work, conversation.id)
    spans = queries.spans(work, conversation.id)
    return CallDetail(
        **_facts(call, conversation),
        legs=[_leg(leg) for leg in legs],
        spans=[_span(span) for span in spans],
    )


def _wanted(work: Work, query: CallsAsked) -> Wanted:
    since, until = _moment("since", query.since), _moment("until", query.until)
    if since and until and since >= until:
        raise Invalid(fields={"until": "This is not after `since`."})
    customer_id = query.customer_id or ""
    if customer_id:
        customer_id = records.current_ids(work, [customer_id])[customer_id]
    return Wanted(
        since=since,
        until=until,
        direction=query.direction or "",
        carrier=query.carrier,
        answered=None if query.answered is UNSET else query.answered,
        customer_id=customer_id,
        agent_id=query.agent_id or "",
        queue_id=query.queue_id or "",
    )


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 9000:
        raise Invalid(fields={name: "Write a moment with its zone, like 2026-03-02T09:00:00Z."})
    return moment


def _facts(call: Call, conversation: Conversation) -> dict[str, Any]:
    own = ("direction", "carrier", "began_at", "answered_at", "ended_at", "ended_why", "talk_s")
    shared = ("id", "customer_id", "queue_id", "agent_id", "ticket_id", "reason")
    return {
        **{name: getattr(call, name) for name in (*own, "hold_s")},
        **{name: getattr(conversation, name) for name in shared},
        "state": call.doing,
    }


def _leg(row: CallLeg) -> LegView:
    return LegView(**{name: getattr(row, name) for name in LegView.__struct_fields__})


def _span(row: CallSpan) -> SpanView:
    return SpanView(**{name: getattr(row, name) for name in SpanView.__struct_fields__})
