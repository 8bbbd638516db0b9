"""Our telephone numbers over the API: listed, added, changed, retired. None is ever deleted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, UnsetType

from helpdesk.carriers import numbers
from helpdesk.carriers.models import PhoneNumber
from helpdesk.core.errors import Invalid
from helpdesk.core.work import Work
from helpdesk.ivr import queries as flows
from helpdesk.routing.models import Queue
from helpdesk.web.api.agents import require_known
from helpdesk.web.api.base import ADMIN, operation
from helpdesk.web.api.reading_in import version_asked
from helpdesk.web.api.shapes import (
    Id,
    Listed,
    Paged,
    Version,
    View,
    given,
    listed,
    page_of_few,
)
from helpdesk.web.bodies import Body

Number = Annotated[str, Meta(min_length=1, max_length=40, examples=["+493012345678"])]
Name = Annotated[str, Meta(min_length=1, max_length=numbers.LONGEST_NAME)]
Greeting = Annotated[str, Meta(max_length=numbers.LONGEST_GREETING)]
Language = Literal[
    "en-GB", "en-US", "da-DK", "nl-NL", "fi-FI", "fr-FR", "de-DE", "it-IT", "nb-NO", "pl-PL",
    "pt-PT", "es-ES", "sv-SE",
]  # fmt: skip


class PhoneNumberView(View):
    """A number of ours and where its calls and texts go. Callers of a retired one are told so."""

    id: str
    number: str
    name: str
    queue_id: str
    flow_id: str | None
    greeting: str
    language: str
    takes_calls: bool
    takes_texts: bool
    is_active: bool
    created_at: datetime
    version: int


class NewPhoneNumber(Body, frozen=True):
    """`flow_id` is the call flow that callers meet before they wait."""

    number: Number
    name: Name
    queue_id: Id
    flow_id: Id | None = None
    greeting: Greeting = ""
    language: Language = "en-GB"
    takes_calls: bool = True
    takes_texts: bool = True


class PhoneNumberChange(Body, frozen=True):
    version: Version | UnsetType = UNSET
    number: Number | UnsetType = UNSET
    name: Name | UnsetType = UNSET
    queue_id: Id | UnsetType = UNSET
    flow_id: Id | UnsetType | None = UNSET
    greeting: Greeting | UnsetType = UNSET
    language: Language | UnsetType = UNSET
    takes_calls: bool | UnsetType = UNSET
    takes_texts: bool | UnsetType = UNSET


@operation("GET", "/phone-numbers", who=ADMIN, query=Paged, gives=Listed[PhoneNumberView])
def list_phone_numbers(work: Work, query: Paged) -> Listed[PhoneNumberView]:
    """List our numbers by name, retired ones too."""
    page = page_of_few(numbers.list_numbers(work), query, lambda row: (row.name, row.id))
    return listed(page, [_view(row) for row in page.items])


@operation(
    "POST", "/phone-numbers", who=ADMIN, body=NewPhoneNumber, gives=PhoneNumberView, status=201
)
def add_phone_number(work: Work, body: NewPhoneNumber) -> PhoneNumberView:
    """Add a number that you have at the carrier."""
    _require_there(work, body.queue_id, body.flow_id)
    return _view(numbers.add_number(work, **given(body)))


@operation("GET", "/phone-numbers/<id:number_id>", who=ADMIN, gives=PhoneNumberView)
def get_phone_number(work: Work, number_id: str) -> PhoneNumberView:
    """Get one of our numbers."""
    return _view(numbers.get_number(work, number_id))


@operation(
    "PATCH",
    "/phone-numbers/<id:number_id>",
    who=ADMIN,
    body=PhoneNumberChange,
    gives=PhoneNumberView,
    versioned=True,
)
def change_phone_number(work: Work, number_id: str, body: PhoneNumberChange) -> PhoneNumberView:
    """Change what a number is called and where it leads."""
    changes = given(body, "version")
    _require_there(work, changes.get("queue_id"), changes.get("flow_id"))
    row = numbers.get_number(work, number_id)
    values = {name: getattr(row, name) for name in numbers.FIELDS} | changes
    version = version_asked(body.version)
    return _view(numbers.change_number(work, number_id, version=version, **values))


@operation("POST", "/phone-numbers/<id:number_id>/retire", who=ADMIN, gives=PhoneNumberView)
def retire_phone_number(work: Work, number_id: str) -> PhoneNumberView:
    """Take a number out of service; its calls and conversations stay as they are."""
    return _view(numbers.switch(work, number_id, on=False))


@operation("POST", "/phone-numbers/<id:number_id>/restore", who=ADMIN, gives=PhoneNumberView)
def restore_phone_number(work: Work, number_id: str) -> PhoneNumberView:
    """Take a retired number back into service."""
    return _view(numbers.switch(work, number_id, on=True))


def _require_there(work: Work, queue_id: str | None, flow_id: str | None) -> None:
    require_known(work, Queue, [queue_id] if queue_id else [], "queue_id")
    if flow_id and flow_id not in {row.id for row in flows.list_flows(work)}:
        raise Invalid(fields={"flow_id": "There is no such call flow."})


def _view(row: PhoneNumber) -> PhoneNumberView:
    names = PhoneNumberView.__struct_fields__
    return PhoneNumberView(**{name: getattr(row, name) for name in names})
