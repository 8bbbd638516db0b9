"""Tables of the customer record: customer, contact points, organisation, tags, notes, timeline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from helpdesk.core.db import Base, Id, Json, Sequence64, pk


class Organisation(Base):
    __tablename__ = "organisation"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(160), index=True)
    domains: Mapped[list[str]] = mapped_column(Json, default=list)
    custom: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class OrganisationDomain(Base):
    """A mail domain that belongs to one organisation, so that finding it is one look-up."""

    __tablename__ = "organisation_domain"

    domain: Mapped[str] = mapped_column(String(253), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(Id, ForeignKey("organisation.id"), index=True)


class Customer(Base):
    """The person or household served. `merged_into_id` leads to the record that replaced it."""

    __tablename__ = "customer"
    __table_args__ = (Index("ix_customer_list", "last_contact_at", "id"),)

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(160))  # empty: nobody has told us yet
    organisation_id: Mapped[str | None] = mapped_column(
        Id, ForeignKey("organisation.id"), index=True
    )
    owner_id: Mapped[str | None] = mapped_column(Id)  # the account owner, a user
    language: Mapped[str | None] = mapped_column(String(10))
    timezone: Mapped[str | None] = mapped_column(String(60))
    preferred_channel: Mapped[str | None] = mapped_column(String(12))  # email, phone, sms
    preferred_time: Mapped[str | None] = mapped_column(String(12))  # morning, afternoon, evening
    sees_organisation: Mapped[bool] = mapped_column(default=False)
    """The contact of their organisation: reads all of its public matters in the portal."""
    value_head_start_s: Mapped[int] = mapped_column(default=0)
    custom: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    merged_into_id: Mapped[str | None] = mapped_column(Id, index=True)
    created_at: Mapped[datetime]
    last_contact_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)


class ContactPoint(Base):
    """One address of a customer. Many may claim an unproved one, a single one holds it proved."""

    __tablename__ = "contact_point"
    __table_args__ = (
        Index("ix_contact_point_value", "kind", "value"),
        Index(
            "uq_contact_point_proved",
            "kind",
            "value",
            unique=True,
            postgresql_where=text("verified_at IS NOT NULL"),
            sqlite_where=text("verified_at IS NOT NULL"),
        ),
    )

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("customer.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))  # phone, email, chat, external
    value: Mapped[str] = mapped_column(String(254))  # normalised: E.164, lower-case address, id
    as_given: Mapped[str] = mapped_column(String(254))
    label: Mapped[str | None] = mapped_column(String(40))
    verified_at: Mapped[datetime | None]
    is_preferred: Mapped[bool] = mapped_column(default=False)  # the one to use, among its kind
    created_at: Mapped[datetime]


class NoCalls(Base):
    """A telephone number that must not be rung, whosever record it stands on.

    `kind`: asked (they want no calls), wrong (it is somebody else's).
    """

    __tablename__ = "no_calls"

    number: Mapped[str] = mapped_column(String(20), primary_key=True)  # E.164
    kind: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(300), default="")
    set_by: Mapped[str | None] = mapped_column(Id)  # a user; None: the program
    at: Mapped[datetime]


class Tag(Base):
    __tablename__ = "tag"

    id: Mapped[pk]
    name: Mapped[str] = mapped_column(String(50), unique=True)


class CustomerTag(Base):
    __tablename__ = "customer_tag"

    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("customer.id"), primary_key=True)
    tag_id: Mapped[str] = mapped_column(Id, ForeignKey("tag.id"), primary_key=True, index=True)


class CustomField(Base):
    """A field that this installation adds to customers (or organisations)."""

    __tablename__ = "custom_field"

    id: Mapped[pk]
    subject: Mapped[str] = mapped_column(String(20))  # customer, organisation
    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(12))  # text, number, date, choice, switch
    choices: Mapped[list[str]] = mapped_column(Json, default=list)
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)

    __table_args__ = (Index("uq_custom_field_key", "subject", "key", unique=True),)


class CustomerNote(Base):
    __tablename__ = "customer_note"
    __table_args__ = (Index("ix_customer_note_list", "customer_id", "id"),)

    id: Mapped[pk]
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("customer.id"))
    author_id: Mapped[str] = mapped_column(Id)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    deleted_at: Mapped[datetime | None]


class TimelineEntry(Base):
    """A copy of one event on the customer's timeline, made by the observer in the transaction."""

    __tablename__ = "timeline_entry"
    __table_args__ = (
        Index("ix_timeline_entry_list", "customer_id", "at", "seq"),
        Index("ix_timeline_entry_subject", "subject_id", "at"),
    )

    seq: Mapped[int] = mapped_column(Sequence64, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(Id, unique=True)
    customer_id: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(60))
    actor: Mapped[str] = mapped_column(String(80))
    subject_id: Mapped[str | None] = mapped_column(Id)
    facts: Mapped[dict[str, Any]] = mapped_column(Json)


class Merge(Base):
    """Two records made one, with all that is needed to take it back."""

    __tablename__ = "customer_merge"

    id: Mapped[pk]
    kept_id: Mapped[str] = mapped_column(Id, index=True)
    merged_id: Mapped[str] = mapped_column(Id, index=True)
    choices: Mapped[dict[str, Any]] = mapped_column(Json)
    undo: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]
    actor: Mapped[str] = mapped_column(String(80))
    undone_at: Mapped[datetime | None]


class DuplicateSuggestion(Base):
    """Two records that may be one person, with the evidence; an answer is remembered."""

    __tablename__ = "duplicate_suggestion"
    __table_args__ = (Index("uq_duplicate_suggestion_pair", "first_id", "second_id", unique=True),)

    id: Mapped[pk]
    first_id: Mapped[str] = mapped_column(Id)  # first_id < second_id
    second_id: Mapped[str] = mapped_column(Id, index=True)
    score: Mapped[int] = mapped_column(index=True)  # 0-100
    evidence: Mapped[list[Any]] = mapped_column(Json)
    found_at: Mapped[datetime]
    dismissed_at: Mapped[datetime | None]
    dismissed_by: Mapped[str | None] = mapped_column(Id)


class Household(Base):
    """People who agreed to see each other's matters; held while one of them changes it."""

    __tablename__ = "household"

    id: Mapped[pk]
    created_at: Mapped[datetime]


class HouseholdMember(Base):
    """A customer in a household. Gone with `left_at`; `removed_by` is the user who did it."""

    __tablename__ = "household_member"

    id: Mapped[pk]
    household_id: Mapped[str] = mapped_column(Id, ForeignKey("household.id"), index=True)
    customer_id: Mapped[str] = mapped_column(Id, ForeignKey("customer.id"), index=True)
    sees_all: Mapped[bool]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    removed_by: Mapped[str | None] = mapped_column(Id)


class HouseholdInvitation(Base):
    """For whoever proves `email`; `from_address` is what its mail names the sender by."""

    __tablename__ = "household_invitation"
    __table_args__ = (Index("ix_household_invitation_email", "email", "created_at"),)

    id: Mapped[pk]
    household_id: Mapped[str] = mapped_column(Id, ForeignKey("household.id"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    sees_all: Mapped[bool]
    invited_by: Mapped[str] = mapped_column(Id)  # a user
    from_address: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
