"""Customers on the desk: found, made, changed by two at once, tagged, merged and taken apart."""

from __future__ import annotations

import re
from collections.abc import Callable

from sqlalchemy import event

from helpdesk.channels.models import Conversation, WidgetSite
from helpdesk.core import db
from helpdesk.core.actors import Actor
from helpdesk.core.work import begin
from helpdesk.customers import points, service, timeline
from helpdesk.workflows import calling, cases
from tests.web.admin import scene
from tests.web.agent import office as o
from tests.web.agent.office import Office
from tests.web.signed_in import Browser

Desk = Callable[[str], Browser]


def version_of(card: str) -> str:
    found = re.search(r'data-version="(\d+)"', card)
    assert found
    return found.group(1)


def test_a_new_customer_is_made_and_found_by_any_word(office: Office, desk_of: Desk) -> None:
    desk = desk_of("salla")
    made = desk.post(
        "/desk/customers/new", data={"name": "Aino Virtanen", "email": "aino@example.net"}
    )
    assert made.status_code == 303
    assert "aino@example.net" in desk.get(made.headers["Location"]).text
    assert "Aino Virtanen" in desk.get("/desk/customers?q=virt").text
    found = desk.get("/desk/palette?q=aino").json
    assert found
    assert found["items"][0]["href"] == made.headers["Location"]


def test_a_hit_says_which_field_has_what_was_typed(office: Office, desk_of: Desk) -> None:
    desk, note = desk_of("salla"), "Rings at noon. <b>Allergic</b> to latex, dogs and stairs."
    made = desk.post(
        "/desk/customers/new", data={"name": "Änne Virtanen", "phone": "+358 40 123 4567"}
    )
    with begin(office.actor("salla")) as work:
        service.add_note(work, made.headers["Location"].rsplit("/", 1)[1], note)
    for typed, told in (
        ("ann", '<span class="faint">Name</span> <mark>Änn</mark>e Virtanen'),
        ("040 123", '<span class="faint">Phone</span> +358<mark>40123</mark>4567'),
        ("4567", '<span class="faint">Phone</span> +35840123<mark>4567</mark>'),
        ("virt latex", "to <mark>latex</mark>, dogs"),
    ):
        assert told in desk.get(f"/desk/customers?q={typed}").text
    page = desk.get("/desk/search?q=virt+latex").text
    assert "<mark>Virt</mark>anen" in page
    assert '<span class="faint">Note</span> Rings at noon. &lt;b&gt;Allergic' in page
    found = desk.get("/desk/palette?q=4567").json
    assert found
    assert found["items"][0]["title"] == "Änne Virtanen · Phone: +358401234567"


def test_a_wrong_address_is_said_beside_its_field_and_nothing_is_lost(
    office: Office, desk_of: Desk
) -> None:
    answer = desk_of("salla").post("/desk/customers/new", data={"name": "Aino", "email": "no"})
    assert answer.status_code == 400
    assert 'value="Aino"' in answer.text
    assert "like name@example.com" in answer.text


def test_two_who_edit_at_once_see_both_values(office: Office, desk_of: Desk) -> None:
    customer = o.add_customer(office, "Aino")
    path = f"/desk/customers/{customer}"
    version = version_of(desk_of("salla").get(f"{path}/card").text)
    first = {"field": "name", "value": "Aino Virtanen", "version": version}
    assert desk_of("olu").post(f"{path}/change", data=first).status_code == 200
    second = {"field": "name", "value": "Aino V.", "version": version}
    answer = desk_of("salla").post(f"{path}/change", data=second)
    assert answer.status_code == 409
    assert "Theirs: Aino Virtanen" in answer.text
    assert "Yours: Aino V." in answer.text
    mine = {**second, "version": version_of(answer.text)}
    assert 'value="Aino V."' in desk_of("salla").post(f"{path}/change", data=mine).text


def test_tags_notes_and_addresses_are_kept_on_the_card(office: Office, desk_of: Desk) -> None:
    customer = o.add_customer(office, "Aino")
    path, desk = f"/desk/customers/{customer}", desk_of("salla")
    assert "service plan" in desk.post(f"{path}/tags", data={"tag": "Service plan"}).text
    assert "Dog in the yard" in desk.post(f"{path}/notes", data={"text": "Dog in the yard"}).text
    card = desk.post(f"{path}/points", data={"kind": "email", "value": "a@example.net"}).text
    assert "not proved" in card
    wrong = desk.post(f"{path}/points", data={"kind": "email", "value": "nonsense"})
    assert wrong.status_code == 400
    assert "like name@example.com" in wrong.text
    tag = re.search(rf"{path}/tags/([^/]+)/remove", card)
    assert tag
    assert (
        "service plan"
        not in desk.post(f"{path}/tags/{tag.group(1)}/remove").text.split("data-timeline")[0]
    )


def test_an_address_that_another_holds_proved_is_explained(office: Office, desk_of: Desk) -> None:
    holder, other = (o.add_customer(office, name) for name in ("Aino", "Aino V."))
    with o.begin(office.actor("salla")) as work:
        points.add_contact_point(work, holder, kind="email", value="a@example.net", verified=True)
        point = points.add_contact_point(work, other, kind="email", value="a@example.net")
        point_id = point.id
    answer = desk_of("salla").post(f"/desk/customers/{other}/points/{point_id}/verify")
    assert answer.status_code == 409
    assert "Another customer holds this address" in answer.text


def test_duplicates_are_compared_merged_and_taken_apart(office: Office, desk_of: Desk) -> None:
    one = o.add_customer(office, "Aino Virtanen", contact_points=[("email", "aino@example.net")])
    other = o.add_customer(office, "Aino V.", contact_points=[("phone", "+358401234567")])
    with o.begin(office.actor("salla")) as work:
        points.add_contact_point(work, other, kind="email", value="aino@example.net")
    desk = desk_of("salla")
    card = desk.get(f"/desk/customers/{one}").text
    assert "Possibly the same person" in card
    form = desk.get(f"/desk/customers/{one}/merge/{other}").text
    assert "Aino V." in form
    done = desk.post(f"/desk/customers/{one}/merge/{other}", data={"choice.name": "merged"})
    assert done.status_code == 303, done.text
    merged = desk.get(f"/desk/customers/{one}").text
    assert "+358 40 1234567" in merged
    assert desk.get(f"/desk/customers/{other}").headers["Location"].endswith(one)
    undo = re.search(r"/desk/merges/[^/]+/undo", merged)
    assert undo
    assert desk.post(undo.group()).status_code == 303
    assert desk.get(f"/desk/customers/{other}").status_code == 200


def test_the_timeline_tells_a_chat_in_one_entry_with_its_times(
    office: Office, desk_of: Desk
) -> None:
    o.make_available(office, "salla")
    started = o.writes(office, "The radiator is cold")
    o.take(office, "salla", started)
    o.answers(office, "salla", started, "Open the valve")
    with o.begin(office.actor("salla")) as work:
        o.desk.end_by_agent(work, started.conversation_id)
    with o.begin(office.actor("salla")) as work:
        o.desk.finish_wrap_up(work, started.conversation_id, outcome="resolved")
    card = desk_of("olu").get(f"/desk/customers/{o.customer_of(started)}/card?show=contacts").text
    assert card.count('class="timeline-entry"') == 1
    for words in ("Heating", "Salla Niemi", "Waited", "talked", "2 messages", "Resolved"):
        assert words in card


def test_a_call_that_was_handed_on_is_one_entry_that_tells_to_whom(
    office: Office, desk_of: Desk
) -> None:
    o.make_available(office, "salla")
    with begin(Actor("visitor", "new")) as work:
        site = work.session.get_one(WidgetSite, office.site)
        rung = calling.start(work, site, None, about="The radiator is cold")
        calling.join_as_caller(work, rung.conversation_id, sid="caller", process_id="test")
    for name, to in (("salla", "olu"), ("olu", "")):
        actor = office.actor(name)
        with begin(actor) as work:
            o.desk.accept_offer(work, o.desk.desk_work(work, actor.id)["offers"][0].id)
            calling.join(work, rung.conversation_id, sid=name, process_id="test")
        if to:
            o.make_available(office, to)
        with begin(actor) as work:
            if to:
                o.desk.transfer(work, rung.conversation_id, to_agent=office.people[to])
            else:
                o.desk.end_by_agent(work, rung.conversation_id)
    with begin(o.SETUP) as work:
        customer = work.session.get_one(Conversation, rung.conversation_id).customer_id
    card = desk_of("olu").get(f"/desk/customers/{customer}/card?show=contacts").text
    assert card.count('class="timeline-entry"') == 1
    told = scene.words_of(card)
    assert "Transferred to Olu" in told
    assert "Answered by Olu" in told


def test_words_on_a_ticket_are_one_entry_with_the_newest_lines_and_no_note(
    office: Office, desk_of: Desk
) -> None:
    customer = o.add_customer(office, "Aino", contact_points=[("email", "aino@example.net")])
    with o.begin(o.SETUP) as work:
        opened = cases.open_case(
            work, customer_id=customer, subject="Cold rooms", body="It is cold.", channel="email",
            queue=office.heating,
        )  # fmt: skip
    salla = f"agent:{office.people['salla']}"
    for number in range(6):
        with o.begin(o.SETUP) as work:
            cases.customer_wrote(work, opened.ticket.id, text=f"Still cold, day {number}.")
            cases.reply(work, opened.ticket.id, author=salla, text="Secret.", public=False)
            words = f"Have you tried valve {number}?\n" + "long " * 60
            cases.reply(work, opened.ticket.id, author=salla, text=words, public=True)
    card = desk_of("olu").get(f"/desk/customers/{customer}/card").text
    told = scene.words_of(card)
    assert card.count("T-10001 Cold rooms") == 2  # opened, and what was said since
    assert "Salla Niemi: Have you tried valve 5? long" in told
    assert "Customer: Still cold, day 5." in told
    assert "valve 4" in told
    assert "day 4" not in told
    assert "Earlier words are on the ticket" in told
    assert "Secret" not in told
    contacts = desk_of("olu").get(f"/desk/customers/{customer}/card?show=contacts").text
    assert "valve 5" in contacts
    with o.begin(office.actor("olu")) as work:
        page = timeline.timeline(work, customer, limit=50)
    assert [one.kind for one in page.items].count("ticket.replied") == 6


def statements(call: Callable[[], object]) -> int:
    """How many statements the database runs for one call."""
    count = 0

    def one(*_: object) -> None:
        nonlocal count
        count += 1

    database = db.current()
    engines = [database.engine]
    if database.read_engine.pool is not database.engine.pool:  # else its events are the same
        engines.append(database.read_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", one)
    try:
        call()
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", one)
    return count


def test_ten_times_the_rows_are_not_ten_times_the_questions(office: Office, desk_of: Desk) -> None:
    o.make_available(office, "salla", "olu", "nadia")
    desk, boss = desk_of("salla"), desk_of("boss")
    paths = [
        (desk, "/desk"), (desk, "/desk/work"), (desk, "/desk/customers"), (boss, "/floor"),
        (boss, "/floor/now"), (boss, f"/floor/queues/{office.heating}"),
    ]  # fmt: skip
    first = o.writes(office, "Chat first", name="First")
    o.take(office, "salla", first) if _offered_to(office, "salla", first) else None
    customer = o.customer_of(first)
    paths += [
        (desk, f"/desk/customers/{customer}"),
        (desk, f"/desk/customers/{customer}/conversations"),
    ]
    for browser, path in paths:
        browser.get(path)  # caches that live as long as the process
    few = [statements(lambda b=b, p=p: b.get(p)) for b, p in paths]
    for number in range(60):
        o.writes(office, f"Chat {number}", name=f"Visitor {number}", email=f"v{number}@example.net")
    many = [statements(lambda b=b, p=p: b.get(p)) for b, p in paths]
    grown = [
        (path, before, after)
        for (_, path), before, after in zip(paths, few, many, strict=True)
        if after > before + 5  # what routing keeps for a while may be read anew
    ]
    assert not grown


def _offered_to(office: Office, name: str, started: o.chat.Started) -> bool:
    actor = office.actor(name)
    with o.begin(actor) as work:
        lying = o.desk.desk_work(work, actor.id)
        return any(x.work_item_id == started.work_item_id for x in lying["offers"])
