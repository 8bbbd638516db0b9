"""Merging, splitting and macros of tickets over the API, with the way back of the first two."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, field

from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.tickets import macros, permissions, queries
from helpdesk.tickets.models import Macro, Ticket
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Id, Listed, Paged, Version, View, listed, page_of_few
from helpdesk.web.api.tickets import QueueName, Subject, TicketView, view
from helpdesk.web.bodies import Body
from helpdesk.workflows import cases_macros, cases_merge, cases_split

Side = Literal["source", "target"]
FieldName = Annotated[str, Meta(max_length=60)]
Tag = Annotated[str, Meta(min_length=1, max_length=50)]


class MergeAsked(Body, frozen=True):
    """`into` is an id or a number. `choose` says whose value stays where the two differ."""

    into: Annotated[str, Meta(min_length=1, max_length=40, examples=["T-10432"])]
    choose: Annotated[dict[FieldName, Side], Meta(max_length=40)] = field(default_factory=dict)
    other_customer: bool = False


class MergeView(View):
    id: str
    source_id: str
    target_id: str


class UnmergedView(View):
    """`kept` are fields of the target that somebody changed since and that stay so."""

    source_id: str
    target_id: str
    kept: list[str]


class SplitAsked(Body, frozen=True):
    """Messages of one conversation of the ticket, by their `seq`."""

    conversation_id: Id
    seqs: Annotated[
        list[Annotated[int, Meta(ge=1, le=2_147_483_647)]], Meta(min_length=1, max_length=200)
    ]
    subject: Subject
    queue: QueueName | None = None


class SplitView(View):
    """`moved`: the whole conversation belongs to the new ticket now, else its words were copied."""

    id: str
    source_id: str
    ticket_id: str
    moved: bool


class MacroView(View):
    id: str
    name: str
    description: str
    audience: str
    team_id: str | None
    changes: dict[str, Any]
    add_tags: list[str]
    remove_tags: list[str]
    reply: str
    public: bool
    is_active: bool
    version: int


class MacroFacts(Body, frozen=True):
    """`changes` {state, priority, queue_id, assignee_id (`me` or an id), team_id, type}; `reply`
    may hold placeholders such as `{{customer.name}}`.
    """

    name: Annotated[str, Meta(min_length=1, max_length=80)]
    description: Annotated[str, Meta(max_length=200)] = ""
    audience: Literal["own", "team", "everybody"] = "own"
    team_id: Id | None = None
    changes: Annotated[
        dict[FieldName, Annotated[str, Meta(min_length=1, max_length=60)]], Meta(max_length=6)
    ] = field(default_factory=dict)
    add_tags: Annotated[list[Tag], Meta(max_length=30)] = field(default_factory=list)
    remove_tags: Annotated[list[Tag], Meta(max_length=30)] = field(default_factory=list)
    reply: Annotated[str, Meta(max_length=8000)] = ""
    public: bool = True
    is_active: bool = True


class MacroChange(MacroFacts, frozen=True, kw_only=True):
    version: Version


@operation("POST", "/tickets/<id:ticket_id>/merge", who=DESK, body=MergeAsked, gives=MergeView)
def merge_ticket(work: Work, ticket_id: str, body: MergeAsked) -> MergeView:
    """Merge a ticket into another one; what comes for it later arrives there.

    409 `other_customer` unless confirmed, `merged`, or `target_done`.
    """
    permissions.get_visible(work, ticket_id)
    target = _target(work, body.into)
    row = cases_merge.merge(
        work, ticket_id, target.id, choose=body.choose, other_customer=body.other_customer
    )
    return MergeView(id=row.id, source_id=row.source_id, target_id=row.target_id)


@operation("POST", "/ticket-merges/<id:merge_id>/undo", who=DESK, gives=UnmergedView)
def undo_ticket_merge(work: Work, merge_id: str) -> UnmergedView:
    """Undo a merge. Words written since stay with their conversation."""
    undone = cases_merge.undo(work, merge_id)
    return UnmergedView(
        source_id=undone.source.id, target_id=undone.target.id, kept=list(undone.kept)
    )


@operation(
    "POST", "/tickets/<id:ticket_id>/split", who=DESK, body=SplitAsked, gives=SplitView, status=201
)
def split_ticket(work: Work, ticket_id: str, body: SplitAsked) -> SplitView:
    """Begin a ticket with some messages of another one."""
    made = cases_split.split(
        work,
        ticket_id,
        conversation_id=body.conversation_id,
        seqs=body.seqs,
        subject=body.subject,
        queue=body.queue,
    )
    return SplitView(
        id=made.id, source_id=made.source_id, ticket_id=made.made_id, moved=made.is_moved
    )


@operation("POST", "/ticket-splits/<id:split_id>/undo", who=DESK, gives=TicketView)
def undo_ticket_split(work: Work, split_id: str) -> TicketView:
    """Undo a split; 409 `has_words` once somebody has written on the new ticket."""
    source = cases_split.undo(work, split_id)
    work.session.flush()
    return view(source)


@operation("GET", "/macros", who=DESK, query=Paged, gives=Listed[MacroView])
def list_macros(work: Work, query: Paged) -> Listed[MacroView]:
    """List the macros the caller may use."""
    page = page_of_few(macros.macros_for(work), query, key=lambda one: (one.name, one.id))
    return listed(page, [_macro(one) for one in page.items])


@operation("POST", "/macros", who=DESK, body=MacroFacts, gives=MacroView, status=201)
def add_macro(work: Work, body: MacroFacts) -> MacroView:
    """Make a macro. Supervisors make everybody's, people of a team its own."""
    return _macro(cases_macros.save(work, _facts(body)))


@operation("GET", "/macros/<id:macro_id>", who=DESK, gives=MacroView)
def get_macro(work: Work, macro_id: str) -> MacroView:
    """Get one macro."""
    return _macro(macros.get_macro(work, macro_id))


@operation("PUT", "/macros/<id:macro_id>", who=DESK, body=MacroChange, gives=MacroView)
def change_macro(work: Work, macro_id: str, body: MacroChange) -> MacroView:
    """Change a macro as a whole; 409 `stale` when somebody changed it since `version`."""
    facts = _facts(body)
    facts.pop("version")
    return _macro(cases_macros.change(work, macro_id, facts, version=body.version))


@operation("DELETE", "/macros/<id:macro_id>", who=DESK)
def remove_macro(work: Work, macro_id: str) -> None:
    """Remove a macro."""
    macros.remove_macro(work, macro_id, version=macros.get_macro(work, macro_id).version)


@operation("POST", "/tickets/<id:ticket_id>/macros/<id:macro_id>", who=DESK, gives=TicketView)
def use_macro(work: Work, ticket_id: str, macro_id: str) -> TicketView:
    """Use a macro on a ticket: its words are sent and its changes made, or neither."""
    done = cases_macros.apply(work, macro_id, ticket_id)
    work.session.flush()
    return view(done.ticket)


def _target(work: Work, text: str) -> Ticket:
    number = queries.read_number(text)
    found = queries.find_by_number(work, number) if number is not None else None
    if number is not None and found is None:
        raise Invalid(fields={"into": "There is no such ticket."})
    return permissions.get_visible(work, found.id if found is not None else text)


def _facts(body: MacroFacts) -> dict[str, Any]:
    return {name: getattr(body, name) for name in body.__struct_fields__}


def _macro(row: Macro) -> MacroView:
    return MacroView(id=row.id, version=row.version, **macros.facts_of(row))
