"""What a customer sees of their matters, and what nobody else sees of them (C, E rows)."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from helpdesk.channels.models import Attachment, Conversation
from helpdesk.core import clock
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import organisations
from helpdesk.customers.models import Customer
from helpdesk.surveys import setup as surveys
from helpdesk.surveys.models import Survey
from helpdesk.tickets import following, queue_rules
from helpdesk.tickets import service as tickets
from helpdesk.tickets.lifecycle import ReopenRule
from helpdesk.tickets.models import Ticket
from helpdesk.workflows import (
    cases,
    cases_line,
    cases_merge,
    portal_matters,
    portal_reach,
    surveying,
    web_form,
)
from tests.web.admin.scene import statements, words_of
from tests.web.portal import scene
from tests.web.portal.scene import SYSTEM, Shop, come_in
from tests.web.signed_in import Browser, mark

ADA, BOB = "ada@customer.example", "bob@customer.example"
CANARY = "kanarienvogel"


def post(browser: Browser, path: str, **fields: Any) -> Any:
    data = {"form_id": new_id(), **fields}
    return browser.post(path, data=data, content_type="multipart/form-data")


def ticket(ticket_id: str) -> Ticket:
    with reading(SYSTEM) as work:
        return work.session.get_one(Ticket, ticket_id)


def test_a_mail_ticket_stands_in_the_portal_with_what_happens_next(shop: Shop) -> None:
    outcome = shop.room.deliver(text="It is broken.")
    come_in(client := shop.client(), ADA)
    home = words_of(client.get("/portal").text)
    assert "Printer" in home
    assert "You get an answer" in home or "a person answers you" in home
    page = client.get(f"/portal/matters/{outcome.ticket_id}")
    assert "It is broken." in page.text
    shop.answer(outcome.ticket_id or "", "Turn it off and on.")
    with begin(shop.anna) as work:
        cases_line.set_state(work, outcome.ticket_id or "", "waiting_on_customer")
    assert "We wait for your answer" in words_of(client.get("/portal").text)
    page = client.get(f"/portal/matters/{outcome.ticket_id}")
    assert "Turn it off and on." in page.text
    assert "Anna" in page.text


def test_C9_E1_E6_another_customer_meets_nothing_by_any_route(shop: Shop) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    case = shop.case(ada, subject="Secret subject", text="Secret text")
    mine, other = shop.browser(ada), shop.browser(bob)
    answer = post(mine, f"/portal/matters/{case}/words", text="See this",
                  files=(io.BytesIO(b"plain"), "list.txt"))  # fmt: skip
    assert answer.status_code == 303
    with reading(SYSTEM) as work:
        file_id = work.session.scalars(select(Attachment.id)).one()
    for path in (f"matters/{case}", f"files/{file_id}", f"requests/{case}/sent"):
        absent = path.replace(case, new_id()).replace(file_id, new_id())
        seen = [other.get(f"/portal/{one}") for one in (path, absent)]
        assert [one.status_code for one in seen] == [404, 404]
        assert mine.get(f"/portal/{path}", buffered=True).status_code == 200
    for path in (f"matters/{case}/words", f"matters/{case}/solved", f"matters/{case}/rating"):
        assert post(other, f"/portal/{path}", text="Mine now").status_code in (400, 404)
    for path in ("", "/matters", "/matters?show=done", "/matters?show=talks"):
        assert "Secret" not in other.get(f"/portal{path}").text
    assert "Secret subject" in mine.get("/portal/matters").text
    assert ticket(case).state != "resolved"
    assert shop.client().get(f"/portal/files/{file_id}").status_code == 303
    with begin(SYSTEM) as work:
        work.session.execute(update(Attachment).values(erased_at=work.at))
    assert mine.get(f"/portal/files/{file_id}").status_code == 404
    assert "list.txt (removed)" in mine.get(f"/portal/matters/{case}").text


def test_E2_notes_names_and_files_of_the_inside_stay_inside(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    case, browser = shop.case(ada), shop.browser(ada)
    shop.answer(case, f"{CANARY} a note", public=False)
    with begin(shop.anna) as work:
        cases_line.assign(work, case, shop.anna.id)
        held = tickets.hold(work, case)
        following.follow(work, held, shop.anna.id)
        cases_line.change(work, case, {"tags": [CANARY]})
        hidden = cases.open_case(
            work, customer_id=ada, subject=f"{CANARY} suspicion", body=f"{CANARY} inner",
            channel="form", author=f"agent:{shop.anna.id}", internal=True,
        )  # fmt: skip
    pages = [browser.get(p).text for p in ("/portal", "/portal/matters", f"/portal/matters/{case}")]
    assert CANARY not in "".join(pages)
    assert browser.get(f"/portal/matters/{hidden.ticket.id}").status_code == 404
    with reading(SYSTEM) as work:
        email = work.session.scalar(select(Conversation.agent_id))
    assert email is not None
    assert email not in "".join(pages)


def test_C5_each_of_two_merged_customers_sees_only_the_own_thread(shop: Shop) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    first, second = shop.case(ada, "Outage", "Ada's words"), shop.case(bob, "Dark", "Bob's words")
    with begin(shop.anna) as work:
        cases_merge.merge(work, second, first, other_customer=True)
    hers, his = shop.browser(ada), shop.browser(bob)
    assert "Bob's words" not in words_of(hers.get(f"/portal/matters/{first}").text)
    assert hers.get(f"/portal/matters/{second}").status_code == 404
    page = words_of(his.get(f"/portal/matters/{second}").text)
    assert "Bob's words" in page
    assert "Ada's words" not in page
    assert his.get(f"/portal/matters/{first}").status_code == 404
    assert "Dark" in his.get("/portal/matters?show=done").text
    assert post(his, f"/portal/matters/{second}/words", text="Still dark").status_code == 303
    assert "Still dark" in his.get(f"/portal/matters/{second}").text
    assert "Still dark" not in hers.get(f"/portal/matters/{first}").text


def test_E4_a_file_that_a_page_lists_after_a_merge_is_there_for_its_reader(shop: Shop) -> None:
    with begin(SYSTEM) as work:
        firm = organisations.create_organisation(work, name="Bakery").id
    ada, bob = shop.customer("Ada", ADA, organisation_id=firm), shop.customer("Bob", BOB)
    cleo = shop.customer("Cleo", "cleo@example.org", organisation_id=firm)
    first, second = shop.case(ada, "Outage", "Ada's words"), shop.case(bob, "Dark", "Bob's words")
    for who, case in ((ada, first), (bob, second)):
        files = (io.BytesIO(b"plain"), f"{case}.txt")
        post(shop.browser(who), f"/portal/matters/{case}/words", text="See this", files=files)
    with begin(SYSTEM) as work:
        work.session.get_one(Customer, cleo).sees_organisation = True
    with begin(shop.anna) as work:
        cases_merge.merge(work, first, second, other_customer=True)
    with reading(SYSTEM) as work:
        ids = {one.name: one.id for one in work.session.scalars(select(Attachment))}
    browser = shop.browser(cleo)
    page = browser.get(f"/portal/matters/{first}").text
    assert f"{first}.txt" in page
    assert f"{second}.txt" not in page
    answers = [
        browser.get(f"/portal/files/{ids[f'{case}.txt']}", buffered=True)
        for case in (first, second)
    ]
    assert [one.status_code for one in answers] == [200, 404]


def test_C4_who_was_taken_in_later_reads_what_was_said_since_and_writes_nothing(
    shop: Shop,
) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    case = shop.case(ada, text="Before")
    with clock.moved_to(clock.now() + timedelta(minutes=5)):
        with begin(shop.anna) as work:
            following.add_participant(work, tickets.hold(work, case), bob)
        with clock.moved_to(clock.now() + timedelta(minutes=5)):
            shop.answer(case, "Afterwards")
            page = shop.browser(bob).get(f"/portal/matters/{case}")
            assert "Afterwards" in page.text
            assert "Before" not in page.text
            assert "Ada" not in page.text
            written = post(shop.browser(bob), f"/portal/matters/{case}/words", text="x")
            assert written.status_code == 404


def test_C4_a_merge_shows_nobody_who_was_taken_in_what_was_said_before(shop: Shop) -> None:
    ada, bob = shop.customer("Ada", ADA), shop.customer("Bob", BOB)
    case, other = shop.case(ada, text="Before"), shop.case(ada, "Another", "Of another matter")
    with clock.moved_to(clock.now() + timedelta(minutes=5)), begin(shop.anna) as work:
        following.add_participant(work, tickets.hold(work, case), bob)
        cases_merge.merge(work, case, other)
    with clock.moved_to(clock.now() + timedelta(minutes=10)):
        shop.answer(other, "Afterwards")
        page = shop.browser(bob).get(f"/portal/matters/{case}", follow_redirects=True).text
        assert "Afterwards" in page
        assert "Before" not in page
        assert "Of another matter" not in page
        with begin(shop.anna) as work:
            following.remove_participant(work, tickets.hold(work, other), bob)
        assert shop.browser(bob).get(f"/portal/matters/{case}").status_code == 404
        hers = shop.browser(ada).get(f"/portal/matters/{case}", follow_redirects=True).text
        assert "Before" in hers


def test_a_proved_address_shows_forms_that_only_said_it_but_nothing_of_others(shop: Shop) -> None:
    """Each form makes a record of its own; whoever reads the address finds what it said."""
    from helpdesk.channels import sites

    def fill_in(text: str, email: str, **more: Any) -> None:
        with begin(SYSTEM) as work:
            site = sites.get_site(work, shop.room.floor.site_id)
            web_form.take_in(work, site, None, name="A", email=email, phone=None, text=text, **more)

    fill_in("First form", ADA)
    fill_in("Second form", ADA)
    fill_in("Of somebody else", BOB)
    with begin(SYSTEM) as work:
        # Somebody whom an import knows under the same address, and who rang us up.
        imported = work.session.scalar(select(Customer.id).order_by(Customer.id).limit(1))
        assert imported
    come_in(client := shop.client(), ADA)
    page = client.get("/portal/matters").text
    assert "First form" in page
    assert "Second form" in page
    assert "Of somebody else" not in page
    fill_in("Third form", ADA)
    assert "Third form" in client.get("/portal/matters").text


def test_the_contact_of_an_organisation_reads_its_matters_and_others_only_their_own(
    shop: Shop,
) -> None:
    with begin(SYSTEM) as work:
        firm = organisations.create_organisation(work, name="Bakery").id
    ada = shop.customer("Ada", ADA, organisation_id=firm)
    bob = shop.customer("Bob", BOB, organisation_id=firm)
    case = shop.case(ada, "Oven", "Too hot")
    shop.answer(case, f"{CANARY} inner", public=False)
    browser = shop.browser(bob)
    assert browser.get("/portal/organisation").status_code == 404
    assert browser.get(f"/portal/matters/{case}").status_code == 404
    with begin(SYSTEM) as work:
        work.session.get_one(Customer, bob).sees_organisation = True
    page = browser.get("/portal/organisation")
    assert "Oven" in page.text
    assert "from Ada" in page.text
    one = browser.get(f"/portal/matters/{case}")
    assert "Too hot" in one.text
    assert CANARY not in one.text
    assert "Oven" not in browser.get("/portal/matters").text
    assert post(browser, f"/portal/matters/{case}/words", text="I").status_code == 404


def test_L10_a_form_sent_twice_has_one_effect_and_keeps_one_file(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    browser, form_id = shop.browser(ada), new_id()
    sent = [
        browser.post(
            "/portal/requests/new",
            data={"form_id": form_id, "subject": "Cold", "text": "The heating is cold",
                  "files": (io.BytesIO(b"one"), "a.txt")},
            content_type="multipart/form-data",
        ).headers["Location"]
        for _ in range(2)
    ]  # fmt: skip
    assert sent[0] == sent[1]
    page = words_of(browser.get(sent[0]).text)
    assert "Your number is T-" in page
    case = sent[0].split("/")[3]
    for _ in range(2):
        post(browser, f"/portal/matters/{case}/words", text="And more", form_id=form_id)
    post(browser, f"/portal/matters/{case}/words", text="And other", form_id=form_id)
    with reading(SYSTEM) as work:
        assert len(work.session.scalars(select(Ticket.id)).all()) == 1
        assert len(work.session.scalars(select(Attachment.id)).all()) == 1
    said = browser.get(f"/portal/matters/{case}").text
    assert said.count("And more") == 1
    assert said.count("And other") == 1


def test_closing_reopening_and_following_up_obey_the_queues_rule(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    case, browser = shop.case(ada), shop.browser(ada)
    assert post(browser, f"/portal/matters/{case}/solved").headers["Location"].endswith("closed")
    assert ticket(case).state == "resolved"
    assert "Send and open it again" in browser.get(f"/portal/matters/{case}").text
    again = post(browser, f"/portal/matters/{case}/words", text="No, still broken")
    assert again.headers["Location"] == f"/portal/matters/{case}?note=reopened"
    assert ticket(case).state == "open"
    with begin(SYSTEM) as work:
        queue_rules.set_rule(work, shop.room.floor.queue_id, ReopenRule("never", 14, None))
        cases_line.set_state(work, case, "resolved")
    assert "Send as a new matter" in browser.get(f"/portal/matters/{case}").text
    follows = post(browser, f"/portal/matters/{case}/words", text="Broken once more")
    assert follows.headers["Location"].endswith("note=follow_up")
    assert ticket(case).state == "resolved"
    assert browser.get(follows.headers["Location"]).status_code == 200


def test_a_solved_matter_is_rated_once_by_whoever_had_it(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    case, browser = shop.case(ada), shop.browser(ada)
    with begin(SYSTEM) as work:
        plan = {"name": "After", "kind": "csat", "question": "", "queue_ids": [], "brand_id": None,
                "delay_s": 0, "valid_days": 30}  # fmt: skip
        surveys.switch(work, surveys.add_plan(work, plan).id, True)
    with begin(shop.anna) as work:
        cases_line.set_state(work, case, "resolved")
    scene.deliver("ticket.resolved", surveying.plan)
    page = browser.get(f"/portal/matters/{case}")
    assert "How satisfied are you" in page.text
    to = f"/portal/matters/{case}/rating"
    assert "Choose a number" in browser.post(to, data={"score": "9"}).text
    assert browser.post(to, data={"score": "4", "comment": "Quick"}).status_code == 303
    assert browser.post(to, data={"score": "1"}).status_code == 303
    with reading(SYSTEM) as work:
        [one] = work.session.scalars(select(Survey))
        assert (one.state, one.score, one.channel) == ("answered", 4, "portal")
    assert "You answered 4 of 5" in browser.get(f"/portal/matters/{case}").text


def test_a_page_of_matters_costs_the_same_however_many_there_are(shop: Shop) -> None:
    ada = shop.customer("Ada", ADA)
    browser = shop.browser(ada)
    counts = []
    for _ in range(2):
        for n in range(4):
            shop.case(ada, f"Matter {n}")
        with statements() as asked:
            assert browser.get("/portal/matters").status_code == 200
        counts.append(len(asked))
    assert counts[1] <= counts[0] < 14
    with reading(SYSTEM) as work:
        actor = shop.anna.__class__("user", new_id(), role="customer", customer_id=ada)
        work.actor = actor
        reach = portal_reach.of(work)
        first = portal_matters.page(work, reach, "open", limit=5)
        second = portal_matters.page(work, reach, "open", limit=5, cursor=first.next_cursor)
    assert len({*[one.id for one in first.items], *[one.id for one in second.items]}) == 8
    assert second.next_cursor is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_E8_J9_odd_words_stand_as_they_were_written_and_unknown_fields_are_refused(
    shop: Shop,
) -> None:
    ada = shop.customer("Ada", ADA)
    browser = shop.browser(ada)
    odd = "<script>alert(1)</script> {{7*7}} {due} %s \u202egnp.exe"
    made = post(browser, "/portal/requests/new", subject=odd, text=odd)
    case = made.headers["Location"].split("/")[3]
    page = browser.get(f"/portal/matters/{case}").text
    assert "<script>alert" not in page
    assert "{{7*7}} {due} %s" in page
    for extra in ("internal", "queue_id", "customer_id", "field-secret"):
        answer = post(browser, "/portal/requests/new", subject="a", text="b", **{extra: "x"})
        assert answer.status_code == 400
    empty = post(browser, "/portal/requests/new", subject=" ", text=" ")
    assert empty.status_code == 400
    assert empty.text.count("Fill this in.") == 4  # beside each field and in the summary
    assert "In a few words: Fill this in." in empty.text
    assert mark(browser.get("/portal/requests/new"))


def test_a_matter_that_a_colleague_gave_to_its_right_customer_is_theirs_to_open(
    shop: Shop,
) -> None:
    wrong, ada = shop.customer("A. typo", "adda@customer.example"), shop.customer("Ada", ADA)
    case = shop.case(wrong, "Lost", "From me")
    elsewhere = [shop.case(wrong, f"Of the other {n}") for n in (1, 2)]
    with begin(shop.anna) as work:
        cases_line.change(work, case, {"customer_id": ada})
        cases_merge.merge(work, *elsewhere)  # what is merged elsewhere hides nothing here
    hers = shop.browser(ada)
    assert "From me" in hers.get(f"/portal/matters/{case}").text
    assert "Lost" in hers.get("/portal").text
    assert post(hers, f"/portal/matters/{case}/words", text="Thanks").status_code == 303
    assert shop.browser(wrong).get(f"/portal/matters/{case}").status_code == 404
