"""One's own data and addresses, proved by mail and changed by their owner; requests; chat."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from helpdesk.bulletins.models import Bulletin
from helpdesk.channels.models import WidgetSite
from helpdesk.core.ids import new_id
from helpdesk.core.tables import AuditEntry
from helpdesk.core.work import begin, reading
from helpdesk.customers import organisations, service
from helpdesk.customers.models import ContactPoint, Customer, DuplicateSuggestion, TimelineEntry
from helpdesk.identity.models import User
from helpdesk.tickets import types
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import chat, likely, portal_identity
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop, code_in, come_in, letter
from tests.web.signed_in import add_user, browser_as, send

ADA = "ada@customer.example"


def points(customer_id: str) -> dict[str, bool]:
    with reading(SYSTEM) as work:
        rows = work.session.scalars(
            select(ContactPoint).where(ContactPoint.customer_id == customer_id)
        )
        return {row.value: row.verified_at is not None for row in rows}


def test_a_customer_corrects_their_data_and_the_timeline_tells(shop: Shop) -> None:
    come_in(client := shop.client(), ADA)
    given = {"version": "1", "name": "Ada Lovelace", "language": "de", "timezone": "Europe/Berlin",
             "preferred_channel": "phone", "preferred_time": "evening"}  # fmt: skip
    page = client.get("/portal/profile").text
    version = page.split('name="version" value="')[1].split('"')[0]
    saved = send(client, "/portal/profile", **{**given, "version": version})
    assert saved.status_code == 303
    assert "Gespeichert." in client.get(saved.headers["Location"]).text
    stale = send(client, "/portal/profile", **{**given, "version": "0", "name": "Eve"})
    assert stale.status_code == 409
    wrong = send(client, "/portal/profile", **{**given, "version": version, "name": ""})
    assert wrong.status_code == 400
    with reading(SYSTEM) as work:
        user = work.session.scalars(select(User).where(User.email == ADA)).one()
        customer = work.session.get_one(Customer, user.customer_id)
        assert (customer.name, customer.preferred_channel) == ("Ada Lovelace", "phone")
        assert (user.name, user.timezone) == ("Ada Lovelace", "Europe/Berlin")
        entry = work.session.scalars(
            select(TimelineEntry).where(TimelineEntry.kind == "customer.changed")
        ).one()
        assert entry.actor == f"user:{user.id}"
        assert "preferred_time" in entry.facts["changed"]


def test_E8_what_is_not_theirs_to_set_is_refused(shop: Shop) -> None:
    browser = shop.browser(shop.customer("Ada", ADA))
    for extra in ("organisation_id", "sees_organisation", "owner_id", "custom"):
        answer = browser.post("/portal/profile", data={"version": "1", "name": "A", extra: "yes"})
        assert answer.status_code == 400


def test_a_further_address_counts_once_its_mailbox_has_answered(shop: Shop) -> None:
    come_in(client := shop.client(), ADA)
    other = shop.room.deliver(sender="Ada <work@customer.example>", subject="From work")
    assert "From work" not in client.get("/portal/matters").text
    asked = send(client, "/portal/profile", "/portal/profile/email", email="Work@customer.example")
    assert asked.headers["Location"] == "/portal/profile/code?note=code_sent"
    scene.relay()
    # The record that wrote from there holds the address: nobody's records are joined here.
    send(client, "/portal/profile/code", code=code_in(letter()))
    page = client.get("/portal/profile?note=claimed")
    assert "a person of our team looks at both" in words_of(page.text)
    assert other.ticket_id
    with reading(SYSTEM) as work:
        assert len(work.session.scalars(select(DuplicateSuggestion)).all()) == 1
    send(client, "/portal/profile", "/portal/profile/email", email="home@customer.example")
    scene.relay()
    proved = send(client, "/portal/profile/code", code=code_in(letter()))
    assert proved.headers["Location"] == "/portal/profile?note=proved"
    with reading(SYSTEM) as work:
        mine = work.session.scalars(select(User.customer_id).where(User.email == ADA)).one()
    assert points(mine or "") == {
        ADA: True, "work@customer.example": False, "home@customer.example": True
    }  # fmt: skip
    # The new address signs in to the same account.
    again = shop.client()
    come_in(again, "home@customer.example")
    assert "home@customer.example" in again.get("/portal/profile").text
    with reading(SYSTEM) as work:
        assert len(work.session.scalars(select(User).where(User.role == "customer")).all()) == 1


def test_F13_a_proof_is_worth_nothing_to_another_account(shop: Shop) -> None:
    come_in(client := shop.client(), ADA)
    send(client, "/portal/profile", "/portal/profile/email", email="x@customer.example")
    scene.relay()
    link = scene.link_in(letter())
    come_in(other := shop.client(), "eve@customer.example")
    assert "Open it where you asked" in other.get(link).text
    assert send(other, "/portal/profile", link).status_code == 404
    assert send(client, "/portal/profile", link).headers["Location"].endswith("note=proved")


def test_addresses_are_added_and_removed_by_their_owner_only(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    user = add_user("customer", email=ADA, customer_id=ada)
    browser = browser_as(shop.app, "customer", user_id=user)
    to = "/portal/profile/phone"
    assert browser.post(to, data={"phone": "12"}).status_code == 400
    assert browser.post(to, data={"phone": "+44 20 7946 0000"}).status_code == 303
    assert points(ada) == {ADA: True, "+442079460000": False}
    with reading(SYSTEM) as work:
        ids = dict(work.session.execute(select(ContactPoint.value, ContactPoint.id)).all())
    eve = shop.browser(shop.customer("Eve", "eve@customer.example"))
    path = "/portal/profile/points/{}/{}"
    for what in ("remove", "confirm"):
        assert eve.post(path.format(ids[ADA], what)).status_code == 404
        assert eve.post(path.format(new_id(), what)).status_code == 404
    assert browser.post(path.format(ids[ADA], "remove")).status_code == 409
    assert browser.post(path.format(ids["+442079460000"], "remove")).status_code == 303
    assert points(ada) == {ADA: True}


def test_a_colleague_names_the_contact_of_an_organisation_and_the_audit_keeps_it(
    shop: Shop,
) -> None:
    with begin(SYSTEM) as work:
        firm = organisations.create_organisation(work, name="Bakery").id
        next_firm = organisations.create_organisation(work, name="Mill").id
    ada = shop.customer("Ada", ADA, organisation_id=firm)
    agent = browser_as(shop.app, "agent", user_id=shop.anna.id)
    with reading(SYSTEM) as work:
        version = work.session.get_one(Customer, ada).version
    page = agent.get(f"/desk/customers/{ada}").text
    assert "Contact of Bakery" in page
    change = {"field": "sees_organisation", "value": "yes", "version": str(version)}
    assert agent.post(f"/desk/customers/{ada}/change", data=change).status_code == 200
    with reading(SYSTEM) as work:
        assert work.session.get_one(Customer, ada).sees_organisation
        actions = work.session.scalars(select(AuditEntry.action)).all()
    assert "organisation.portal_opened" in actions
    with begin(SYSTEM) as work:
        service.assign_organisation(work, ada, next_firm)
        assert not work.session.get_one(Customer, ada).sees_organisation


def test_G13_the_chat_knows_who_is_signed_in_and_the_agent_what_they_read(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    case = shop.case(ada, "Heating")
    page = shop.browser(ada).get(f"/portal/matters/{case}").text
    assert f'data-identity-external-id="customer:{ada}"' in page
    proof = page.split('data-identity-hash="')[1].split('"')[0]
    with begin(SYSTEM) as work:
        site = work.session.get_one(WidgetSite, shop.room.floor.site_id)
        other = shop.customer_in(work, "Eve")
        for who, given in ((ada, f"{proof}x"), (other, proof), (ada, "99999999999.00"), (ada, "")):
            assert portal_identity.customer_of(work, site, f"customer:{who}", given) is None
        visitor, _ = chat.visitor_or_new(work, site, None)
        started = chat.start(
            work, site, visitor, text="Hello",
            page_url=f"https://desk.shop.example/portal/matters/{case}",
        )  # fmt: skip
        assert chat.identify(
            work, site, visitor, external_id=f"customer:{ada}", email=None, name=None, proof=proof
        )
        talk = chat.service.get_conversation(work, started.conversation_id)
        assert talk.customer_id == ada
        ticket = work.session.get_one(Ticket, case)
        told = likely.of_conversation(work, talk)[0]
        assert (told.text, told.href) == (
            f"Has T-{ticket.number} Heating open in the portal", f"/desk/tickets/{case}"
        )  # fmt: skip
        talk.page_url = f"https://x.example/portal/matters/{new_id()}"
        assert likely.looks_at(work, talk) is None
    listed = shop.browser(ada).get("/portal/matters?show=talks").text
    assert f"/portal/talks/{started.conversation_id}" in listed
    assert "Hello" in shop.browser(ada).get(f"/portal/talks/{started.conversation_id}").text
    eve = shop.browser(other)
    assert eve.get(f"/portal/talks/{started.conversation_id}").status_code == 404


def test_a_request_has_the_form_of_its_kind_and_asks_what_it_needs(shop: Shop) -> None:
    from helpdesk.customers import custom_fields

    with begin(SYSTEM) as work:
        for key, kind, choices in (("meter", "text", ()), ("inner", "text", ()),
                                   ("floor", "choice", ("1", "2"))):  # fmt: skip
            custom_fields.add_custom_field(
                work, subject="ticket", key=key, label=key.title(), kind=kind, choices=choices
            )
        types.add_type(
            work, key="fault", name="Fault", description="Something broke", in_portal=True,
            form=[{"key": "meter", "needed": "to_open"}, {"key": "inner"},
                  {"key": "floor", "shown_to_customer": True}],
        )  # fmt: skip
        types.add_type(work, key="secret", name="Suspicion")
    browser = shop.browser(shop.customer("Ada", ADA))
    kinds = browser.get("/portal/requests/new").text
    assert "Fault" in kinds
    assert "Suspicion" not in kinds
    form = browser.get("/portal/requests/new?kind=fault").text
    assert "Meter" in form
    assert "Floor" in form
    assert "Inner" not in form
    given: dict[str, Any] = {"kind": "fault", "subject": "Cold", "text": "It is", "form_id": "f"}
    missing = browser.post("/portal/requests/new", data=given)
    assert missing.status_code == 400
    assert 'id="f-field-meter-error"' in missing.text
    sneaky = browser.post("/portal/requests/new", data={**given, "field-inner": "x"})
    assert sneaky.status_code == 400
    full = {**given, "field-meter": "M-1", "field-floor": "2"}
    sent = browser.post("/portal/requests/new", data=full)
    case = sent.headers["Location"].split("/")[3]
    with reading(SYSTEM) as work:
        made = work.session.get_one(Ticket, case)
        assert (made.type, made.fields) == ("fault", {"meter": "M-1", "floor": "2"})
        assert (made.channel, made.queue_id) == ("form", shop.room.floor.queue_id)
    page = words_of(browser.get(f"/portal/matters/{case}").text)
    assert "Floor 2" in page
    unknown = browser.post("/portal/requests/new", data={**given, "kind": "secret"})
    with reading(SYSTEM) as work:
        assert unknown.status_code == 303
        newest = work.session.scalars(select(Ticket).order_by(Ticket.number.desc())).first()
        assert newest is not None
        assert newest.type is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_announcements_are_written_by_those_who_may_and_read_by_those_they_are_for(
    shop: Shop,
) -> None:
    with begin(SYSTEM) as work:
        firm = organisations.create_organisation(work, name="Bakery").id
    boss = browser_as(shop.app, "supervisor")
    form = {"_was": "{}", "version": "0", "severity": "incident", "audience": "everybody",
            "title_en": "No power in the north", "title_de": "Kein Strom im Norden"}  # fmt: skip
    to = "/admin/announcements/new"
    assert browser_as(shop.app, "agent").post(to, data=form).status_code == 403
    assert boss.post(to, data={**form, "title_en": "", "title_de": ""}).status_code == 400
    assert boss.post(to, data=form).status_code == 303
    only = {**form, "audience": "organisation", "organisation_id": firm, "title_en": "For bakers",
            "severity": "news"}  # fmt: skip
    boss.post(to, data=only)
    later = {**form, "title_en": "Tomorrow", "from_at": "2199-01-01T10:00"}
    boss.post(to, data=later)
    outside = shop.client()
    assert "No power in the north" in outside.get("/portal/sign-in").text
    german = outside.get("/portal/sign-in?lang=de").text
    assert "Kein Strom im Norden" in german
    assert "Bekannte Störung" in german
    ada = shop.browser(shop.customer("Ada", ADA, organisation_id=firm))
    bob = shop.browser(shop.customer("Bob", "bob@customer.example"))
    assert "For bakers" in ada.get("/portal").text
    assert "For bakers" not in bob.get("/portal").text
    assert "Tomorrow" not in ada.get("/portal").text
    with reading(SYSTEM) as work:
        [one] = work.session.scalars(select(Bulletin).where(Bulletin.severity == "news"))
    page = boss.get(f"/admin/announcements/{one.id}")
    assert "For bakers" in page.text
    changed = {**only, "title_en": "For all bakers", "version": "1"}
    assert boss.post(f"/admin/announcements/{one.id}", data=changed).status_code == 303
    assert boss.post(f"/admin/announcements/{one.id}", data=changed).status_code == 409
    assert "For all bakers" in ada.get("/portal").text
    boss.post(f"/admin/announcements/{one.id}/end")
    assert "For all bakers" not in ada.get("/portal").text
    boss.post(f"/admin/announcements/{one.id}/remove")
    assert boss.get(f"/admin/announcements/{one.id}").status_code == 404
    assert "No power" in boss.get("/admin/announcements").text
