"""Two records become one and can become two again, exactly, unless people did something since."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from helpdesk.channels.models import Conversation
from helpdesk.core import clock, db
from helpdesk.core.errors import Conflict, Invalid, NotFound
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import Work, begin, reading
from helpdesk.customers import (
    custom_fields,
    finding,
    merge,
    organisations,
    permissions,
    points,
    queries,
    search,
    service,
)
from helpdesk.customers.models import Merge
from tests.customers.people import (
    ADMIN,
    AGENT,
    SUPERVISOR,
    TECHNICIAN,
    a_conversation,
    a_customer,
    dump,
)


def test_merging_moves_everything_and_old_ids_lead_on(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann", ("email", "ann@example.com"), tags=["vip"])
        twin = a_customer(work, "", ("phone", "+358401234567"), tags=["vip", "late"])
        note = service.add_note(work, twin.id, "likes tea")
        talk = a_conversation(work, twin.id)
        done = merge.merge(work, ann.id, twin.id)
    with reading(AGENT) as work:
        card = queries.card(work, twin.id)
        assert card.customer.id == ann.id
        assert card.led_from == twin.id
        assert {p.kind for p in card.points} == {"email", "phone"}
        assert [t.name for t in card.tags] == ["late", "vip"]
        assert [n.id for n in card.notes] == [note.id]
        assert [m.id for m in card.merges] == [done.id]
        kinds = [e.kind for e in card.timeline.items]
        assert kinds[0] == "customer.merged"
        assert kinds.count("customer.added") == 2
        assert done.undo["rows"]["conversation.customer_id"] == [talk]
        assert [c.id for c in queries.list_customers(work).items] == [ann.id]
        assert [h.customer_id for h in search.search(work, "tea")] == [ann.id]
        actions = set(work.session.scalars(select(AuditEntry.action)))
        assert "customer.merged" in actions


def test_the_preview_shows_both_values_and_why_one_would_stay(database):
    with begin(ADMIN) as work:
        custom_fields.add_custom_field(
            work, subject="customer", key="plan", label="Plan", kind="text"
        )
        acme = organisations.create_organisation(work, name="Acme")
        ann = a_customer(work, "Ann", custom={"plan": "Gold"})
        twin = a_customer(work, "Ann Lee", organisation_id=acme.id)
        a_conversation(work, twin.id)
        before = dump(work, without=())
        shown = merge.preview(work, ann.id, twin.id)
        assert dump(work, without=()) == before
    fields = {f.field: f for f in shown.fields}
    assert (fields["name"].kept, fields["name"].merged, fields["name"].default) == (
        "Ann",
        "Ann Lee",
        "kept",
    )
    assert fields["organisation_id"].default == "merged"
    assert fields["organisation_id"].reason == "Only the other record has a value."
    assert fields["custom.plan"].default == "kept"
    assert shown.moves["conversation"] == 1


def test_a_choice_is_taken_field_by_field(database):
    with begin(AGENT) as work:
        ann, twin = (
            a_customer(work, "Ann", language="en"),
            a_customer(work, "Ann Lee", language="fi"),
        )
        merge.merge(work, ann.id, twin.id, {"name": "merged"})
        assert (ann.name, ann.language) == ("Ann Lee", "en")
        for wrong in ({"name": "both"}, {"id": "merged"}, {"custom.x": "kept"}):
            other = a_customer(work, "Bob")
            with pytest.raises(Invalid):
                merge.merge(work, ann.id, other.id, wrong)


@pytest.mark.parametrize(
    "choice, proved",
    [("both", {"u1", "u2"}), ("kept", {"u1"}), ("merged", {"u2"})],
)
def test_two_proved_accounts_are_never_merged_without_a_choice(database, choice, proved):
    with begin(AGENT) as work:
        ann, twin = a_customer(work, "Ann"), a_customer(work, "Ann")
        points.add_contact_point(work, ann.id, kind="external", value="u1", verified=True)
        points.add_contact_point(work, twin.id, kind="external", value="u2", verified=True)
        before = dump(work)
        with pytest.raises(Invalid) as refusal:
            merge.merge(work, ann.id, twin.id)
        assert refusal.value.code == "choice_needed"
        done = merge.merge(work, ann.id, twin.id, {"external_id": choice})
        held = {p.value for p in queries.card(work, ann.id).points if p.verified_at}
        assert held == proved
        merge.undo(work, done.id)
        assert dump(work) == before


def test_what_people_changed_since_stays_and_is_told(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "", ("email", "ann@example.com"))
        twin = a_customer(work, "Ann", ("phone", "+358401234567"), ("email", "old@example.com"))
        done = merge.merge(work, ann.id, twin.id)
    with begin(AGENT) as work:
        version = permissions.get_customer(work, ann.id).version
        service.change_customer(work, ann.id, version=version, changes={"name": "Ann Lee"})
        [old] = [p for p in queries.card(work, ann.id).points if p.value == "old@example.com"]
        points.remove_contact_point(work, old.id)
        later = a_conversation(work, ann.id)
        note = service.add_note(work, ann.id, "written since")
    with begin(AGENT) as work:
        undone = merge.undo(work, done.id)
        assert undone.stays == [
            "Name was changed since and stays so.",
            "1 address was removed or moved since and stays so.",
        ]
    with reading(AGENT) as work:
        assert permissions.get_customer(work, ann.id).name == "Ann Lee"
        back = queries.card(work, twin.id)
        assert back.customer.id == twin.id
        assert back.customer.name == "Ann"
        assert {p.value for p in back.points} == {"+358401234567"}
        assert [n.id for n in queries.card(work, ann.id).notes] == [note.id]
        assert later not in done.undo["rows"]["conversation.customer_id"]


def test_an_earlier_merge_is_undone_after_the_later_one(database):
    with begin(AGENT) as work:
        ann, bob, eve = (a_customer(work, name) for name in ("Ann", "Bob", "Eve"))
        before = dump(work)
        first = merge.merge(work, bob.id, eve.id)
        second = merge.merge(work, ann.id, bob.id)
    with begin(AGENT) as work:
        assert permissions.get_customer(work, eve.id).id == ann.id
        with pytest.raises(Conflict) as refusal:
            merge.undo(work, first.id)
        assert refusal.value.code == "undo_later_first"
        assert "the merge of Bob into Ann" in refusal.value.message
        with pytest.raises(Conflict):
            merge.merge(work, ann.id, eve.id)
    with begin(AGENT) as work:
        merge.undo(work, second.id)
        assert permissions.get_customer(work, eve.id).id == bob.id
        merge.undo(work, first.id)
        assert dump(work) == before
        with pytest.raises(Conflict) as refusal:
            merge.undo(work, first.id)
        assert refusal.value.code == "already_undone"


def test_two_merges_into_one_record_are_undone_last_first(database):
    with begin(AGENT) as work:
        ann, bob, eve = (a_customer(work, name) for name in ("Ann", "Bob", "Eve"))
        before = dump(work)
        first = merge.merge(work, ann.id, bob.id)
        second = merge.merge(work, ann.id, eve.id)
        with pytest.raises(Conflict):
            merge.undo(work, first.id)
        merge.undo(work, second.id)
        merge.undo(work, first.id)
        assert dump(work) == before


def test_a_record_is_not_merged_with_itself_or_by_outsiders(database):
    with begin(AGENT) as work:
        ann, bob = a_customer(work, "Ann"), a_customer(work, "Bob")
        with pytest.raises(Invalid):
            merge.merge(work, ann.id, ann.id)
        for wrong in ("", "x", new_id()):
            with pytest.raises(NotFound):
                merge.merge(work, ann.id, wrong)
            with pytest.raises(NotFound):
                merge.undo(work, wrong)
    with begin(TECHNICIAN) as work:
        for call in (merge.merge, merge.preview):
            with pytest.raises(NotFound):
                call(work, ann.id, bob.id)


def test_a_row_that_came_while_the_records_merged_is_collected_and_undone_with_them(database):
    with begin(AGENT) as work:
        ann, twin = a_customer(work, "Ann"), a_customer(work, "Ann")
        done = merge.merge(work, ann.id, twin.id)
        stray = a_conversation(work, twin.id)
        assert merge.collect_strays(work, done.id) == 1
        assert merge.collect_strays(work, done.id) == 0
        assert (
            stray in work.session.get_one(Merge, done.id).undo["rows"]["conversation.customer_id"]
        )
        merge.undo(work, done.id)
        assert work.session.get_one(Conversation, stray).customer_id == twin.id


def test_who_was_proved_is_found_again_after_merge_and_after_undo(database):
    with begin(AGENT) as work:
        ann = a_customer(work, "Ann")
        twin = finding.find_or_create(work, external_id="u1", proved={"external"}).customer
        done = merge.merge(work, ann.id, twin.id)
        found = finding.find_or_create(work, external_id="u1", proved={"external"})
        assert found.customer.id == ann.id
        merge.undo(work, done.id)
        found = finding.find_or_create(work, external_id="u1", proved={"external"})
        assert found.customer.id == twin.id


MAILS = ["a@example.com", "b@example.com", "c@example.com"]
PHONES = ["+358401234567", "+358401234568"]
RECORD = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["", "Ann", "Ann Lee"]),
        "language": st.sampled_from([None, "en", "fi"]),
        "head_start": st.sampled_from([0, 30]),
        "custom": st.dictionaries(st.sampled_from(["plan", "size"]), st.sampled_from(["a", "b"])),
        "tags": st.lists(st.sampled_from(["x", "y", "z"]), unique=True),
        "points": st.dictionaries(
            st.sampled_from(
                [
                    *[("email", m) for m in MAILS],
                    *[("phone", p) for p in PHONES],
                    ("external", "u1"),
                ]
            ),
            st.tuples(st.booleans(), st.booleans()),
        ),
        "own_account": st.booleans(),
        "notes": st.integers(0, 2),
        "talks": st.integers(0, 3),
    }
)
CHOICES = st.dictionaries(
    st.sampled_from(["name", "language", "value_head_start_s", "custom.plan", "custom.size"]),
    st.sampled_from(["kept", "merged"]),
)


def build(work, record, number):
    customer = a_customer(
        work,
        record["name"] or "-",
        tags=record["tags"],
        language=record["language"],
        custom=record["custom"],
        value_head_start_s=record["head_start"],
    )
    if not record["name"]:
        customer.name = ""
    given = dict(record["points"])
    if record["own_account"]:
        given["external", f"own{number}"] = (True, False)
    for (kind, value), (verified, preferred) in given.items():
        held = finding.find_customer(work, kind=kind, value=value)
        point = points.add_contact_point(
            work,
            customer.id,
            kind=kind,
            value=value,
            verified=verified and not (held and held.proved),
        )
        if preferred:
            points.prefer_contact_point(work, point.id)
    for _ in range(record["notes"]):
        service.add_note(work, customer.id, "n")
    for _ in range(record["talks"]):
        a_conversation(work, customer.id)
    return customer


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking takes minutes here
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    records=st.lists(RECORD, min_size=3, max_size=3),
    choices=CHOICES,
    account=st.sampled_from(["kept", "merged", "both"]),
)
def test_merging_and_undoing_leaves_everything_as_it_was(database, records, choices, account):
    """Two merges in a chain, undone in turn; the transaction is given up after each example."""
    session = db.current()
    with session.write_session() as opened:
        work = Work(opened, SUPERVISOR, clock.now())
        for key in ("plan", "size"):
            work.actor = ADMIN
            custom_fields.add_custom_field(
                work, subject="customer", key=key, label=key, kind="text"
            )
        work.actor = SUPERVISOR
        people = [build(work, record, n) for n, record in enumerate(records)]
        done, dumps = [], []
        for kept, merged in ((people[1], people[2]), (people[0], people[1])):
            dumps.append(dump(work))
            shown = merge.preview(work, kept.id, merged.id)
            known = {f.field for f in shown.fields}
            chosen = {field: option for field, option in choices.items() if field in known}
            if any(f.must_choose for f in shown.fields):
                chosen["external_id"] = account
            done.append(merge.merge(work, kept.id, merged.id, chosen))
        for id_, before in zip(reversed(done), reversed(dumps), strict=True):
            assert merge.undo(work, id_.id).stays == []
            assert dump(work) == before
        opened.rollback()
