"""What customers said about being written to and rung, over the API: read, written down, asked."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from helpdesk.consents import purposes, service
from helpdesk.consents.deciding import Decision, decide, standing
from helpdesk.consents.models import Consent
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.customers import permissions, points
from helpdesk.web.api.base import DESK, operation
from helpdesk.web.api.shapes import Listed, Paged, Query, View, listed
from helpdesk.web.bodies import Body
from helpdesk.workflows import consented_mail, consenting

Channel = Literal["email", "sms", "whatsapp", "call"]
Key = Annotated[str, Meta(min_length=1, max_length=40, examples=["news"])]


class PurposeView(View):
    """`basis`: always, unless_withdrawn, only_given. `text_version` rises with every new text."""

    key: str
    name: str
    text: str
    basis: str
    channels: list[str]
    text_version: int


class ChoiceView(View):
    """`state` empty: they said nothing. `allowed` without regard to a single address."""

    purpose: str
    channel: str
    state: str
    allowed: bool
    why: str


class ConsentView(View):
    """One statement. `address` empty: it holds for all of theirs."""

    id: str
    purpose: str
    channel: str
    address: str
    state: str
    text_version: int
    source: str
    note: str
    actor: str
    at: datetime


class NewConsent(Body, frozen=True):
    """`note`: when and how they said it. `source` is api unless it comes from an older system."""

    purpose: Key
    channel: Channel
    state: Literal["given", "withdrawn"]
    address: Annotated[str, Meta(max_length=254)] = ""
    source: Literal["api", "import", "phone", "agent"] = "api"
    note: Annotated[str, Meta(max_length=service.LONGEST_NOTE)] = ""


class Asked(Query):
    purpose: Key
    channel: Channel
    address: Annotated[str, Meta(max_length=254)] = ""


class DecisionView(View):
    """`code`: stopped, always, given, not_withdrawn; withdrawn, not_given, no_channel, ..."""

    allowed: bool
    code: str
    why: str


class NewMail(Body, frozen=True):
    """A mail that answers nothing. Its way to say no is added to its text and its headers."""

    purpose: Key
    subject: Annotated[str, Meta(min_length=1, max_length=consented_mail.LONGEST_SUBJECT)]
    text: Annotated[str, Meta(min_length=1, max_length=consented_mail.LONGEST_TEXT)]


class SentView(View):
    address: str


@operation("GET", "/consent-purposes", who=DESK, gives=Listed[PurposeView])
def list_consent_purposes(work: Work) -> Listed[PurposeView]:
    """List what customers are written to or rung for, in order."""
    rows = [
        PurposeView(
            key=one.key,
            name=one.name(),
            text=one.text(),
            basis=one.basis,
            channels=list(one.channels),
            text_version=one.text_number,
        )
        for one in purposes.every(work)
    ]
    return Listed[PurposeView](items=rows, next_cursor=None)


@operation("GET", "/customers/<id:customer_id>/consents", who=DESK, gives=Listed[ChoiceView])
def list_consents(work: Work, customer_id: str) -> Listed[ChoiceView]:
    """List how it stands with each purpose and channel."""
    customer = permissions.get_customer(work, customer_id)
    said = service.standing_of(work, customer.id)
    rows = []
    for one in purposes.every(work):
        for channel in one.channels:
            states = [row.state for row in said.get((one.key, channel), ())]
            told = decide(one.rule, channel, states=states)
            rows.append(
                ChoiceView(
                    purpose=one.key,
                    channel=channel,
                    state=standing(states),
                    allowed=told.allowed,
                    why=told.why,
                )
            )
    return Listed[ChoiceView](items=rows, next_cursor=None)


@operation(
    "GET", "/customers/<id:customer_id>/consents/history", who=DESK, query=Paged,
    gives=Listed[ConsentView],
)  # fmt: skip
def list_consent_history(work: Work, customer_id: str, query: Paged) -> Listed[ConsentView]:
    """List everything a customer said about it, the newest first."""
    customer = permissions.get_customer(work, customer_id)
    page = service.history(work, [customer.id], cursor=query.place(), limit=query.limit)
    return listed(page, [_view(row) for row in page.items])


@operation(
    "POST", "/customers/<id:customer_id>/consents", who=DESK, body=NewConsent, gives=DecisionView
)
def set_consent(work: Work, customer_id: str, body: NewConsent) -> DecisionView:
    """Write down what a customer said; the same again changes nothing. An `address` has to be one
    of theirs.

    409 `no_choice` for service messages, which nobody can refuse.
    """
    customer = permissions.get_customer(work, customer_id)
    if body.address and not points.says(work, customer.id, body.address):
        raise Invalid(fields={"address": "This is no address of this customer."})
    service.say(
        work,
        customer.id,
        purpose=body.purpose,
        channel=body.channel,
        state=body.state,
        source=body.source,
        address=body.address,
        note=body.note,
    )
    return _decision(
        consenting.may_send(work, body.purpose, body.channel, customer.id, body.address)
    )


@operation("GET", "/customers/<id:customer_id>/may-send", who=DESK, query=Asked, gives=DecisionView)
def may_send(work: Work, customer_id: str, query: Asked) -> DecisionView:
    """Ask whether something may be sent for a purpose, by a channel, to an address.

    Do-not-call marks and STOP count where an address is given.
    """
    customer = permissions.get_customer(work, customer_id)
    return _decision(
        consenting.may_send(work, query.purpose, query.channel, customer.id, query.address)
    )


@operation(
    "POST", "/customers/<id:customer_id>/mails", who=DESK, body=NewMail, gives=SentView, status=201
)
def send_mail(work: Work, customer_id: str, body: NewMail) -> SentView:
    """Send a customer a mail for a purpose; it leaves with List-Unsubscribe.

    409 `no_consent` says why it may not go.
    """
    address = consented_mail.send(
        work, customer_id, purpose=body.purpose, subject=body.subject, text=body.text,
        once_key=new_id(),
    )  # fmt: skip
    return SentView(address=address)


def _decision(found: Decision) -> DecisionView:
    return DecisionView(allowed=found.allowed, code=found.code, why=found.why)


def _view(row: Consent) -> ConsentView:
    return ConsentView(
        id=row.id,
        purpose=row.purpose,
        channel=row.channel,
        address=row.address,
        state=row.state,
        text_version=row.text_number,
        source=row.source,
        note=row.note,
        actor=row.actor,
        at=row.at,
    )
