"""How tickets are set up, over the API: their types with forms, and the rules of queues."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from helpdesk.core.paging import Page
from helpdesk.core.work import Work
from helpdesk.routing import service as routing
from helpdesk.tickets import queue_rules, types
from helpdesk.tickets.lifecycle import ReopenRule
from helpdesk.tickets.models import TicketQueueRule, TicketType
from helpdesk.web.api.base import ADMIN, DESK, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import Listed, Version, View, given, listed, plain
from helpdesk.web.bodies import Body

Key = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,39}$", max_length=40, examples=["fault"])]
Name = Annotated[str, Meta(min_length=1, max_length=80)]
Description = Annotated[str, Meta(max_length=300)]
Days = Annotated[int, Meta(ge=1, le=3650)]


class FormField(Body, frozen=True):
    """A custom field of tickets in a type's form, when it has to be filled in, and whether
    customers see it on tickets of their own.
    """

    key: Key
    needed: Literal["never", "to_open", "to_resolve"] = "never"
    shown_to_customer: bool = False


Form = Annotated[list[FormField], Meta(max_length=60)]


class TypeView(View):
    id: str
    key: str
    name: str
    description: str
    form: list[Any]
    position: int
    is_active: bool
    version: int


class NewType(Body, frozen=True):
    """`key` is what tickets carry and stays as it is made."""

    key: Key
    name: Name
    description: Description = ""
    form: Form = field(default_factory=list)


class TypeChange(Body, frozen=True):
    """Only what is named changes."""

    version: Version | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    form: Form | UnsetType = UNSET
    position: Annotated[int, Meta(ge=0, le=10_000)] | UnsetType = UNSET
    is_active: bool | UnsetType = UNSET


class RuleView(View):
    """What a queue does with done tickets. Not `own`: the house's rule holds."""

    queue_id: str
    own: bool
    reopen: str
    reopen_days: int
    close_after_days: int | None


class Rule(Body, frozen=True):
    """`reopen`: a late answer reopens a ticket always, within `reopen_days` of its resolution, or
    never; otherwise it opens a follow-up. `close_after_days` null: a person closes.
    """

    reopen: Literal["always", "within", "never"]
    reopen_days: Days = 14
    close_after_days: Days | None = None


@operation("GET", "/ticket-types", who=DESK, gives=Listed[TypeView])
def list_ticket_types(work: Work) -> Listed[TypeView]:
    """List the types of tickets, those no longer used too."""
    found = [_view(row) for row in types.list_types(work, active_only=False)]
    return listed(Page(found, None), found)


@operation("POST", "/ticket-types", who=ADMIN, body=NewType, gives=TypeView, status=201)
def add_ticket_type(work: Work, body: NewType) -> TypeView:
    """Add a type of tickets with a form of its own."""
    made = types.add_type(
        work, key=body.key, name=body.name, description=body.description, form=plain(body.form)
    )
    return _view(made)


@operation(
    "PATCH",
    "/ticket-types/<id:type_id>",
    who=ADMIN,
    body=TypeChange,
    gives=TypeView,
    versioned=True,
)
def change_ticket_type(work: Work, type_id: str, body: TypeChange) -> TypeView:
    """Change a type of tickets."""
    changes = plain(given(body, "version"))
    return _view(types.change_type(work, type_id, version=version_asked(body.version), **changes))


@operation("GET", "/queues/<id:queue_id>/ticket-rule", who=DESK, gives=RuleView)
def get_ticket_rule(work: Work, queue_id: str) -> RuleView:
    """Read what a queue does with done tickets."""
    routing.get_queue(work, queue_id)
    return _rule(work, queue_id)


@operation("PUT", "/queues/<id:queue_id>/ticket-rule", who=ADMIN, body=Rule, gives=RuleView)
def set_ticket_rule(work: Work, queue_id: str, body: Rule) -> RuleView:
    """Say what a queue does with done tickets."""
    routing.get_queue(work, queue_id)
    rule = ReopenRule(body.reopen, body.reopen_days, body.close_after_days)
    queue_rules.set_rule(work, queue_id, rule)
    return _rule(work, queue_id)


def _rule(work: Work, queue_id: str) -> RuleView:
    rule = queue_rules.rule_of(work, queue_id)
    return RuleView(
        queue_id=queue_id,
        own=work.session.get(TicketQueueRule, queue_id) is not None,
        reopen=rule.reopen,
        reopen_days=rule.days,
        close_after_days=rule.close_after_days,
    )


def _view(row: TicketType) -> TypeView:
    return TypeView(**{name: getattr(row, name) for name in TypeView.__struct_fields__})
