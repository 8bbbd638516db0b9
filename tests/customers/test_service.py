"""Changing the record: what is taken, what is refused, what is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from helpdesk.core.actors import Actor
from helpdesk.core.errors import Conflict, Forbidden, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry, EventRow
from helpdesk.core.work import begin, reading
from helpdesk.customers import (
    custom_fields,
    organisations,
    permissions,
    points,
    queries,
    service,
)
from helpdesk.customers.models import Customer, CustomerNote
from tests.customers.people import (
    ADMIN,
    AGENT,
    NOON,
    OTHER_AGENT,
    SUPERVISOR,
    TECHNICIAN,
    VISITOR,
    a_customer,
)

STRANGE_IDS = ["", "1", "x" * 36, "'; --", "\0", "01900000-0000-7000-8000-00000000ffff"]


def add_fields(work) -> None:
    for key, kind, choices in (
        ("plan", "choice", ["Basic", "Gold"]),
        ("seats", "number", []),
        ("since", "date", []),
        ("remark", "text", []),
        ("newsletter", "switch", []),
    ):
        custom_fields.add_custom_field(
            work, subject="customer", key=key, label=key.title(), kind=kind, choices=choices
        )


def test_a_stale_edit_is_refused_and_changes_nothing(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        service.change_customer(work, ann.id, version=1, changes={"name": "Ann Lee"})
    with pytest.raises(Conflict), begin(OTHER_AGENT) as work:
        service.change_customer(work, ann.id, version=1, changes={"name": "Anna"})
    with reading(AGENT) as work:
        assert permissions.get_customer(work, ann.id).name == "Ann Lee"


def test_own_fields_are_checked_by_their_definitions(database):
    with begin(ADMIN) as work:
        add_fields(work)
        ann = a_customer(work, "Ann")
        changed = service.change_customer(
            work,
            ann.id,
            version=1,
            changes={
                "custom": {
                    "plan": "Gold",
                    "seats": "12",
                    "since": "2026-01-31",
                    "remark": "line",
                    "newsletter": "yes",
                }
            },
        )
        assert changed.custom == {
            "plan": "Gold",
            "seats": 12,
            "since": "2026-01-31",
            "remark": "line",
            "newsletter": True,
        }
        cleared = service.change_customer(
            work, ann.id, version=2, changes={"custom": {"plan": None, "seats": ""}}
        )
        assert sorted(cleared.custom) == ["newsletter", "remark", "since"]
        wrong = {"plan": "Silver", "seats": "many", "since": "31.1.", "newsletter": "maybe"}
        with pytest.raises(Invalid) as refusal:
            service.change_customer(work, ann.id, version=3, changes={"custom": wrong})
        assert sorted(refusal.value.fields) == sorted(f"custom.{key}" for key in wrong)
        for value in (float("nan"), float("inf"), True, [], {}, 10**40):
            with pytest.raises(Invalid):
                service.change_customer(
                    work, ann.id, version=3, changes={"custom": {"seats": value}}
                )


EXTRA = [
    {"is_admin": True},
    {"role": "admin"},
    {"version": 99},
    {"merged_into_id": new_id()},
    {"created_at": "2020-01-01"},
    {"last_contact_at": "2020-01-01"},
    {"id": new_id()},
    {"custom": {"is_admin": True}},
    {"custom": {"name": {"role": "admin"}}},
    {"custom": [1]},
    {"custom": "x"},
    {"name": {"$ne": None}},
    {"organisation_id": new_id()},
    {"organisation_id": "x"},
    {"owner_id": 5},
    {"timezone": "../../etc/passwd"},
    {"timezone": "Mars/Olympus"},
    {"language": "x" * 9},
]


@pytest.mark.parametrize("changes", EXTRA, ids=[str(n) for n in range(len(EXTRA))])
def test_E8_extra_or_odd_fields_are_refused_and_never_stored(database, changes):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        before = {c.name: getattr(ann, c.name) for c in Customer.__table__.columns}
    with pytest.raises(Invalid), begin(AGENT) as work:
        service.change_customer(work, ann.id, version=1, changes=changes)
    with pytest.raises(Invalid), begin(AGENT) as work:
        service.create_customer(work, **{"name": "Bob", **changes})
    with reading(AGENT) as work:
        after = permissions.get_customer(work, ann.id)
        assert before == {c.name: getattr(after, c.name) for c in Customer.__table__.columns}
        assert len(queries.list_customers(work).items) == 1


def test_only_a_supervisor_gives_a_head_start(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        with pytest.raises(Forbidden):
            service.change_customer(work, ann.id, version=1, changes={"value_head_start_s": 9})
    with begin(SUPERVISOR) as work:
        service.change_customer(work, ann.id, version=1, changes={"value_head_start_s": 9})


def test_addresses_are_added_preferred_proved_and_removed(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann", ("phone", "+358401234567"))
        mail = points.add_contact_point(work, ann.id, kind="email", value="Ann@Example.com")
        same = points.add_contact_point(work, ann.id, kind="email", value="ann@example.com")
        work_mail = points.add_contact_point(work, ann.id, kind="email", value="ann@work.example")
        points.prefer_contact_point(work, mail.id)
        points.prefer_contact_point(work, work_mail.id)
        points.verify_contact_point(work, mail.id)
    assert same.id == mail.id
    with begin(AGENT) as work:
        shown = queries.card(work, ann.id)
        preferred = [p.value for p in shown.points if p.is_preferred]
        assert preferred == ["ann@work.example"]
        assert [p.value for p in shown.points if p.verified_at] == ["ann@example.com"]
        assert "+358 40 1234567" in shown.shown.values()
        points.remove_contact_point(work, mail.id)
        assert len(queries.card(work, ann.id).points) == 2
        told = set(work.session.scalars(select(EventRow.kind)))
    assert {"contact_point.added", "contact_point.verified", "contact_point.preferred"} <= told


def test_one_record_holds_an_address_proved_and_a_second_is_refused(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        points.add_contact_point(work, ann.id, kind="external", value="u1", verified=True)
        bob = a_customer(work, "Bob", ("external", "u1"))
        [claim] = queries.card(work, bob.id).points
        with pytest.raises(Conflict) as refusal:
            points.verify_contact_point(work, claim.id)
        assert refusal.value.code == "held_by_another"
        other = a_customer(work, "Eve")
        with pytest.raises(Conflict):
            points.add_contact_point(work, other.id, kind="external", value="u1", verified=True)
        # The transaction goes on after the refusal.
        service.add_tag(work, bob.id, "checked")
    with reading(AGENT) as work:
        assert [t.name for t in queries.card(work, bob.id).tags] == ["checked"]
        [still] = queries.card(work, bob.id).points
        assert still.verified_at is None


def test_notes_are_deleted_by_their_author_or_a_supervisor_and_their_words_are_gone(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        first = service.add_note(work, ann.id, "first secret")
        second = service.add_note(work, ann.id, "second secret")
    with begin(OTHER_AGENT) as work, pytest.raises(Forbidden):
        service.delete_note(work, first.id)
    with begin(AGENT) as work:
        service.delete_note(work, first.id)
        with pytest.raises(NotFound):
            service.delete_note(work, first.id)
    with begin(SUPERVISOR) as work:
        service.delete_note(work, second.id)
    with reading(AGENT) as work:
        assert set(work.session.scalars(select(CustomerNote.text))) == {""}
        assert not queries.card(work, ann.id).notes
        facts = str([e.facts for e in work.session.scalars(select(EventRow))])
        assert "secret" not in facts
        assert "secret" not in str([a.details for a in work.session.scalars(select(AuditEntry))])


def test_tags_are_shared_and_kept_in_lower_case(database):
    with begin(AGENT) as work:
        ann, bob = a_customer(work, "Ann"), a_customer(work, "Bob", tags=["VIP"])
        tag = service.add_tag(work, ann.id, "  vip ")
        assert service.add_tag(work, ann.id, "Vip").id == tag.id
        assert queries.tags_starting(work, "VI") == ["vip"]
        listed = queries.list_customers(work, tag="VIP").items
        assert {c.name for c in listed} == {"Ann", "Bob"}
        service.remove_tag(work, ann.id, tag.id)
        service.remove_tag(work, ann.id, tag.id)
        assert [c.name for c in queries.list_customers(work, tag="vip").items] == ["Bob"]
        assert queries.card(work, bob.id).tags[0].name == "vip"


def test_an_organisation_is_suggested_by_domain_and_assigned_by_people(database):
    with begin(AGENT) as work:
        acme = organisations.create_organisation(work, name="Acme", domains=["ACME.example"])
        ann = a_customer(work, "Ann", ("email", "ann@acme.example"))
        bob = a_customer(work, "Bob", ("email", "bob@gmail.com"))
        suggested = organisations.suggest_organisation(work, ann.id)
        assert suggested is not None
        assert suggested.id == acme.id
        assert queries.card(work, ann.id).suggested_organisation is suggested
        assert organisations.suggest_organisation(work, bob.id) is None
        service.assign_organisation(work, ann.id, acme.id)
        assert organisations.suggest_organisation(work, ann.id) is None
        with pytest.raises(Conflict):
            organisations.create_organisation(work, name="Acme 2", domains=["acme.example"])
        with pytest.raises(Invalid):
            organisations.create_organisation(work, name="Mail", domains=["gmail.com"])
        organisations.change_organisation(
            work, acme.id, version=1, changes={"name": "Acme Ltd", "domains": ["acme.test"]}
        )
        with pytest.raises(Conflict):
            organisations.change_organisation(work, acme.id, version=1, changes={"name": "X"})
        with pytest.raises(Invalid):
            organisations.change_organisation(work, acme.id, version=2, changes={"version": 7})
        page = queries.organisation_page(work, acme.id)
        assert [c.name for c in page.customers.items] == ["Ann"]
        assert page.customers.items[0].organisation == "Acme Ltd"


def test_own_field_definitions_belong_to_the_administrator(database):
    with begin(AGENT) as work, pytest.raises(Forbidden):
        add_fields(work)
    with begin(ADMIN) as work:
        add_fields(work)
        plan = custom_fields.definitions(work, "customer")[0]
        custom_fields.change_custom_field(work, plan.id, version=1, label="Tariff", choices=["A"])
        with pytest.raises(Conflict):
            custom_fields.change_custom_field(work, plan.id, version=1, label="Old")
        for wrong in (
            {"key": "Plan X"}, {"key": "plan"}, {"kind": "formula"}, {"subject": "user"},
            {"kind": "choice", "choices": []}, {"kind": "choice", "choices": ["a", "a"]},
            {"label": ""},
        ):  # fmt: skip
            good = {"subject": "customer", "key": "fresh", "label": "Fresh", "kind": "text"}
            with pytest.raises((Invalid, Conflict)):
                custom_fields.add_custom_field(work, **{**good, **wrong})
        custom_fields.remove_custom_field(work, plan.id, version=2)
        assert "plan" not in {d.key for d in custom_fields.definitions(work, "customer")}


def test_contact_moves_a_customer_to_the_top_of_the_list(database, clock_at):
    clock_at(NOON)
    with begin(AGENT) as work:
        ann, bob = a_customer(work, "Ann"), a_customer(work, "Bob")
    clock_at(NOON + timedelta(hours=1))
    with begin(AGENT) as work:
        service.touch(work, ann.id)
    with reading(AGENT) as work:
        listed = queries.list_customers(work).items
        assert [(c.name, c.last_contact_at) for c in listed] == [
            ("Ann", NOON + timedelta(hours=1)),
            ("Bob", NOON),
        ]
        assert bob.id == listed[1].id


@pytest.mark.parametrize("id_", STRANGE_IDS)
def test_ids_that_lead_nowhere_are_not_found(database, id_):
    calls = [
        lambda work: permissions.get_customer(work, id_),
        lambda work: queries.card(work, id_),
        lambda work: service.change_customer(work, id_, version=1, changes={}),
        lambda work: service.add_note(work, id_, "x"),
        lambda work: service.delete_note(work, id_),
        lambda work: service.remove_tag(work, id_, id_),
        lambda work: points.verify_contact_point(work, id_),
        lambda work: queries.organisation_page(work, id_),
        lambda work: organisations.change_organisation(work, id_, version=1, changes={}),
    ]
    with begin(AGENT) as work:
        for call in calls:
            with pytest.raises(NotFound):
                call(work)


@pytest.mark.parametrize("actor", [TECHNICIAN, VISITOR], ids=["technician", "visitor"])
def test_outsiders_find_nothing_and_change_nothing(database, actor):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        note = service.add_note(work, ann.id, "x")
    calls = [
        lambda work: permissions.get_customer(work, ann.id),
        lambda work: queries.card(work, ann.id),
        lambda work: queries.list_customers(work),
        lambda work: queries.suggestions(work),
        lambda work: service.add_tag(work, ann.id, "x"),
        lambda work: service.create_customer(work, name="x"),
        lambda work: service.delete_note(work, note.id),
        lambda work: points.add_contact_point(work, ann.id, kind="chat", value="x"),
    ]
    with begin(actor) as work:
        for call in calls:
            with pytest.raises(NotFound):
                call(work)


def test_a_customer_sees_the_own_record_and_no_other(database):
    with begin(AGENT) as work:
        ann, bob = a_customer(work, "Ann"), a_customer(work, "Bob")
    me = Actor("user", new_id(), "customer", customer_id=ann.id)
    with reading(me) as work:
        assert permissions.get_customer(work, ann.id).id == ann.id
        with pytest.raises(NotFound):
            permissions.get_customer(work, bob.id)
        with pytest.raises(NotFound):
            queries.card(work, ann.id)  # it shows the notes of colleagues
