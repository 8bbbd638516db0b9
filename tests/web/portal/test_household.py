"""A household: asked by mail, joined signed in, and what its members see of each other."""

from __future__ import annotations

import io
import re

import pytest
from sqlalchemy import select

from helpdesk.core.work import begin, reading
from helpdesk.customers import households
from helpdesk.customers.models import HouseholdInvitation, HouseholdMember
from helpdesk.mail.models import OutgoingMail
from helpdesk.workflows import household_letters
from tests.web.admin.scene import words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop
from tests.web.portal.test_matters import ticket as ticket_of
from tests.web.signed_in import Browser, add_user, browser_as

HERE = "/portal/household"
SECRET = "the colour of the safe is heliotrope"
on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def person(shop: Shop, name: str) -> tuple[Browser, str, str]:
    """Somebody signed in, with a proved address and a matter of their own."""
    email = f"{name.lower()}@home.example"
    customer_id = shop.customer(name, email)
    user_id = add_user("customer", email=email, customer_id=customer_id)
    ticket_id = shop.case(customer_id, f"{name}'s boiler", f"{SECRET}, says {name}")
    return browser_as(shop.app, "customer", user_id=user_id), email, ticket_id


def invite(browser: Browser, email: str, sees: str = "own") -> int:
    data = {"email": email, "sees": sees}
    return browser.post(f"{HERE}/invitations", data=data).status_code


def steps(browser: Browser) -> list[str]:
    """What this person's page lets them do."""
    return re.findall(rf'action="({HERE}/[^"]+)"', browser.get(HERE).text)


def step(browser: Browser, ends: str, at: int = 0) -> int:
    found = [path for path in steps(browser) if path.endswith(ends)]
    return browser.post(found[at]).status_code


def join(one: Browser, other: Browser, email: str, sees: str = "own") -> None:
    assert invite(one, email, sees) == 303
    assert step(other, "/accept") == 303


def sees(browser: Browser, ticket_id: str) -> bool:
    """By every route that could show it: all of them say the same."""
    at = f"/portal/matters/{ticket_id}"
    page = browser.get(at)
    lists = "".join(
        browser.get(path).text
        for path in ("/portal", "/portal/matters", f"{HERE}/matters", f"{HERE}/matters?show=done",
                     "/portal/matters?show=talks", HERE)
    )  # fmt: skip
    found = {page.status_code == 200, SECRET in page.text, ticket_id in lists}
    assert len(found) == 1, (page.status_code, found)
    return found.pop()


def test_E1_E6_members_see_what_they_agreed_to_and_a_removed_one_at_once_nothing(
    shop: Shop,
) -> None:
    ida, _, idas = person(shop, "Ida")
    ben, bens_mail, bens = person(shop, "Ben")
    eve, _, eves = person(shop, "Eve")
    shop.answer(bens, "canary-note", public=False)
    assert not sees(ida, bens)
    assert ida.get(f"{HERE}/matters").status_code == 404
    join(ida, ben, bens_mail)
    assert sees(ida, bens)
    assert "Ben" in ida.get(f"{HERE}/matters").text
    page = ida.get(f"/portal/matters/{bens}").text
    assert "canary-note" not in page
    assert 'id="answer"' not in page
    for path, data in (("words", {"text": "x"}), ("solved", {}), ("rating", {"score": "5"})):
        sent = ida.post(f"/portal/matters/{bens}/{path}", data={**data, "form_id": "a" * 36})
        assert sent.status_code in (400, 404), path
    assert not sees(ben, idas)
    for stranger, ticket in ((eve, bens), (eve, idas), (ida, eves), (ben, eves)):
        assert stranger.get(f"/portal/matters/{ticket}").status_code == 404
    # Who sees only their own changes nothing, by their page or by an address they know of.
    assert not [path for path in steps(ben) if "role" in path or "invitations" in path]
    with reading(SYSTEM) as work:
        places = {row.sees_all: row.id for row in work.session.scalars(select(HouseholdMember))}
    for other in (ben, eve):
        role = other.post(f"{HERE}/members/{places[True]}/role", data={"sees": "own"})
        assert role.status_code == 404
        assert other.post(f"{HERE}/members/{places[True]}/remove").status_code == 404
    assert invite(ben, "more@home.example") == 404
    assert ida.post(f"{HERE}/members/{places[False]}/role", data={"sees": "all"}).status_code == 303
    assert sees(ben, idas)
    assert ida.post(f"{HERE}/members/{places[False]}/remove").status_code == 303
    assert not sees(ida, bens)
    assert not sees(ben, idas)
    assert ben.post(f"{HERE}/members/{places[False]}/undo").status_code == 404
    assert step(ida, "/undo") == 303
    assert sees(ben, idas)
    # Whoever leaves may come back by themselves, and nobody brings them back.
    assert step(ben, f"{places[False]}/remove") == 303
    assert not sees(ida, bens)
    assert ida.post(f"{HERE}/members/{places[False]}/undo").status_code == 404
    assert step(ben, "/undo") == 303
    assert sees(ida, bens)
    desk = browser_as(shop.app, "agent", user_id=shop.anna.id)
    page = words_of(desk.get(f"/desk/customers/{ticket_of(bens).customer_id}").text)
    for told in (
        "Joined a household",
        "Sees all of their",
        "Taken out of",
        "Left their",
        "Back in",
    ):
        assert told in page


def test_C9_an_invitation_is_for_who_has_proved_its_address(shop: Shop) -> None:
    ida, idas_mail, idas = person(shop, "Ida")
    eve, _, eves = person(shop, "Eve")
    assert invite(ida, "not an address") == 400
    assert invite(ida, " Ben@Home.example ", "all") == 303
    assert invite(ida, "ben@home.example", "all") == 303
    scene.deliver("household.invited", household_letters.send)
    with reading(SYSTEM) as work:
        (mail,) = work.session.scalars(
            select(OutgoingMail).where(OutgoingMail.kind == household_letters.KIND)
        )
        assert mail.to_address == "ben@home.example"
        assert idas_mail in mail.text
        assert "Ida" not in mail.text.replace(idas_mail, "")
        assert re.findall(r"/portal/\S+", mail.text) == ["/portal/household"]
        (waiting,) = (
            row for row in work.session.scalars(select(HouseholdInvitation)) if not row.withdrawn_at
        )
        at = f"{HERE}/invitations/{waiting.id}"
    for verb in ("accept", "decline", "withdraw", "burn"):
        assert eve.post(f"{at}/{verb}").status_code == 404
    assert eve.post("/portal/profile/email", data={"email": "ben@home.example"}).status_code == 303
    assert eve.post(f"{at}/accept").status_code == 404
    assert not sees(eve, idas)
    ben = shop.client()
    scene.come_in(ben, "ben@home.example")
    page = ben.get(HERE).text
    assert "You would see the matters of everybody" in page
    token = re.search(r'name="_csrf" value="([^"]+)"', page)
    assert token
    assert ben.post(f"{at}/accept", data={"_csrf": token[1]}).status_code == 303
    assert ben.get(f"/portal/matters/{idas}").status_code == 200
    assert ben.post(f"{at}/accept", data={"_csrf": token[1]}).status_code == 404
    assert ida.post(f"{at}/withdraw").status_code == 404
    assert ben.get(f"/portal/matters/{eves}").status_code == 404


@on_sqlite
def test_a_household_keeps_somebody_who_sees_all_and_has_an_end(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ida, _, _ = person(shop, "Ida")
    ben, bens_mail, _ = person(shop, "Ben")
    eve, eves_mail, _ = person(shop, "Eve")
    join(ida, ben, bens_mail)
    refused = ida.post(next(p for p in steps(ida) if p.endswith("/remove")))
    assert (refused.status_code, "Somebody has to see all" in refused.text) == (409, True)
    join(eve, browser_as_new(shop, "Kai"), "kai@home.example", "all")
    assert invite(ida, eves_mail) == 303
    refused = eve.post(next(p for p in steps(eve) if p.endswith("/accept")))
    assert (refused.status_code, "another household" in refused.text) == (409, True)
    assert step(ida, "/withdraw") == 303
    monkeypatch.setattr(households, "MOST", 3)
    assert [invite(ida, f"a{n}@x.example") for n in range(2)] == [303, 409]
    monkeypatch.setattr(households, "MOST", 100)
    monkeypatch.setattr(households, "MOST_A_DAY", 5)
    assert [invite(ida, f"b{n}@x.example") for n in range(3)] == [303, 303, 429]


def browser_as_new(shop: Shop, name: str) -> Browser:
    return person(shop, name)[0]


@on_sqlite
def test_E4_files_of_a_member_are_there_for_who_sees_all_and_for_nobody_else(shop: Shop) -> None:
    ida, _, _ = person(shop, "Ida")
    ben, bens_mail, bens = person(shop, "Ben")
    form = re.search(r'name="form_id" value="([^"]+)"', ben.get(f"/portal/matters/{bens}").text)
    assert form
    files = {"form_id": form[1], "text": "Here", "files": (io.BytesIO(b"meter"), "meter.txt")}
    assert ben.post(f"/portal/matters/{bens}/words", data=files).status_code == 303
    link = re.search(r"/portal/files/[0-9a-f-]+", ben.get(f"/portal/matters/{bens}").text)
    assert link
    assert ida.get(link[0]).status_code == 404
    join(ida, ben, bens_mail)
    with ida.get(link[0]) as seen:
        assert (seen.status_code, seen.data) == (200, b"meter")
    with begin(SYSTEM) as work:
        for row in work.session.scalars(select(HouseholdMember)):
            row.sees_all = False
    assert ida.get(link[0]).status_code == 404


def test_who_is_asked_sees_it_at_home_and_nobody_else_does(shop: Shop) -> None:
    ida, idas_mail, _ = person(shop, "Ida")
    ben, bens_mail, _ = person(shop, "Ben")
    eve, _, _ = person(shop, "Eve")
    assert invite(ida, bens_mail) == 303
    told = f"{idas_mail} asks you to join their household"
    assert [told in one.get("/portal").text for one in (ben, eve, ida)] == [True, False, False]
    assert 'value="[' not in eve.get("/portal").text  # the search begins empty
    assert step(ben, "/accept") == 303
    assert told not in ben.get("/portal").text
