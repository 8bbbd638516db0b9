"""What somebody merely says leads to nobody's record; what is proved leads to its holder, once."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import func, select

from helpdesk.core.actors import system
from helpdesk.core.errors import Invalid
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import finding, points, queries, service, timeline
from helpdesk.customers.models import ContactPoint, Customer, DuplicateSuggestion
from tests.customers.people import AGENT, SYSTEM, VISITOR, a_conversation, a_customer


def victim(work) -> Customer:
    customer = a_customer(work, "Vera Victim")
    points.add_contact_point(
        work, customer.id, kind="email", value="vera@example.com", verified=True
    )
    service.add_note(work, customer.id, "secret history")
    a_conversation(work, customer.id)
    return customer


@pytest.mark.parametrize("case", ["C9", "G13"])
def test_C9_G13_an_unproved_address_never_leads_to_its_holder(database, case):
    with begin(AGENT) as work:
        vera = victim(work)
    with begin(VISITOR) as work:
        found = finding.find_or_create(
            work,
            name="Vera Victim",
            email=" VERA@example.com ",
            chat_visitor_id=VISITOR.id,
            proved=set(),
        )
    assert found.is_new
    assert found.customer.id != vera.id
    assert found.unproved_claims == ("email",)
    with reading(AGENT) as work:
        new = queries.card(work, found.customer.id)
        old = queries.card(work, vera.id)
        kinds = [e.kind for e in timeline.timeline(work, found.customer.id).items]
    claims = {p.kind: p.verified_at for p in new.points}
    assert claims["email"] is None
    assert claims["chat"] is not None
    assert not new.notes
    assert "customer.note_added" not in kinds
    assert [p.verified_at is not None for p in old.points] == [True]
    # People are told, with the evidence.
    assert {new.suggestions[0].one[0], new.suggestions[0].other[0]} == {vera.id, found.customer.id}
    assert "Same e-mail address vera@example.com" in new.suggestions[0].evidence[0]
    assert old.suggestions[0].id == new.suggestions[0].id


def test_C9_claiming_again_does_not_wear_the_refusal_down(database):
    with begin(AGENT) as work:
        vera = victim(work)
    found = set()
    for _ in range(12):
        with begin(SYSTEM) as work:
            found.add(finding.find_or_create(work, email="vera@example.com").customer.id)
    assert len(found) == 12
    assert vera.id not in found


def test_a_proved_address_leads_to_its_holder_and_a_claim_beside_it_stays_a_claim(database):
    with begin(AGENT) as work:
        vera = victim(work)
    with begin(SYSTEM) as work:
        found = finding.find_or_create(
            work, email="vera@example.com", phone="+358401234567", proved={"email"}
        )
    assert (found.customer.id, found.is_new, found.matched_by) == (vera.id, False, "email")
    assert found.unproved_claims == ("phone",)
    with reading(AGENT) as work:
        held = {p.kind: p.verified_at for p in queries.card(work, vera.id).points}
    assert held["phone"] is None


def test_a_proved_address_that_is_only_claimed_elsewhere_makes_a_record_of_its_own(database):
    with begin(SYSTEM) as work:
        liar = finding.find_or_create(work, email="vera@example.com").customer
    with begin(SYSTEM) as work:
        vera = finding.find_or_create(work, email="vera@example.com", proved={"email"})
    assert vera.is_new
    assert vera.customer.id != liar.id


def test_a_new_account_is_not_blended_with_another_through_a_shared_mailbox(database):
    with begin(SYSTEM) as work:
        first = finding.find_or_create(
            work, email="home@example.com", external_id="u1", proved={"email", "external"}
        )
        second = finding.find_or_create(
            work, email="home@example.com", external_id="u2", proved={"email", "external"}
        )
        again = finding.find_or_create(work, external_id="u2", proved={"external"})
        mailbox = finding.find_or_create(work, email="home@example.com", proved={"email"})
    assert second.is_new
    assert again.customer.id == second.customer.id
    assert mailbox.customer.id == first.customer.id


def test_an_anonymous_browser_becomes_the_account_that_signs_in_there(database):
    visitor = new_id()
    with begin(SYSTEM) as work:
        before = finding.find_or_create(work, chat_visitor_id=visitor)
        after = finding.find_or_create(
            work, name="Ann", external_id="u1", chat_visitor_id=visitor, proved={"external"}
        )
        back = finding.find_or_create(work, chat_visitor_id=visitor)
    assert before.is_new
    assert after.customer.id == before.customer.id == back.customer.id
    assert after.customer.name == "Ann"


def test_a_browser_that_signs_in_to_a_known_account_leads_there_and_is_suggested(database):
    visitor = new_id()
    with begin(SYSTEM) as work:
        known = finding.find_or_create(work, name="Ann", external_id="u1", proved={"external"})
        guest = finding.find_or_create(work, chat_visitor_id=visitor)
        found = finding.find_or_create(
            work, external_id="u1", chat_visitor_id=visitor, proved={"external"}
        )
    assert found.customer.id == known.customer.id != guest.customer.id
    with reading(AGENT) as work:
        [suggestion] = queries.suggestions(work).items
    assert "Same browser" in suggestion.evidence[0]


def test_finding_prefers_the_holder_and_says_when_it_is_only_a_claim(database):
    with begin(SYSTEM) as work:
        liar = finding.find_or_create(work, phone="+358401234567").customer
        hint = finding.find_customer(work, kind="phone", value="+358 40 123 4567")
        assert hint is not None
        assert (hint.customer.id, hint.proved) == (liar.id, False)
        holder = finding.find_or_create(work, phone="+358401234567", proved={"phone"}).customer
        finding.find_or_create(work, phone="+358401234567")
        sure = finding.find_customer(work, kind="phone", value="+358 40 123 4567")
        assert sure is not None
        assert (sure.customer.id, sure.proved) == (holder.id, True)
        assert finding.find_customer(work, kind="email", value="nobody@example.com") is None


def test_nonsense_is_refused_before_anything_is_stored(database):
    for given in ({"email": "nope"}, {"phone": "12"}, {"email": "a@b.de", "proved": {"shoe"}}):
        with pytest.raises(Invalid), begin(SYSTEM) as work:
            finding.find_or_create(work, **given)
    with reading(SYSTEM) as work:
        assert work.session.scalar(select(func.count()).select_from(Customer)) == 0


def test_many_claims_of_one_address_stay_cheap(database):
    for _ in range(40):
        with begin(SYSTEM) as work:
            finding.find_or_create(work, email="vera@example.com")
    with reading(SYSTEM) as work:
        stored = work.session.scalar(select(func.count()).select_from(DuplicateSuggestion))
    assert stored <= 40 * 5


def at_once(count, call):
    start = threading.Barrier(count)
    results, errors = [], []

    def run() -> None:
        try:
            start.wait()
            results.append(call())
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    return results


@pytest.mark.parametrize("round_", range(5))
def test_L8_first_messages_at_once_find_one_customer(database, round_):
    def write() -> str:
        with begin(system("door")) as work:
            found = finding.find_or_create(
                work,
                name="Ann",
                email="ann@example.com",
                external_id="u1",
                proved={"email", "external"},
            )
            return found.customer.id

    found = at_once(8, write)
    assert len(set(found)) == 1
    with reading(AGENT) as work:
        assert work.session.scalar(select(func.count()).select_from(Customer)) == 1
        assert work.session.scalar(select(func.count()).select_from(ContactPoint)) == 2
