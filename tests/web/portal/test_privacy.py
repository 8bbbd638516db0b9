"""The privacy page: choices with their history, and saying no by the link in a mail (RFC 8058)."""

from __future__ import annotations

import email
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from helpdesk.channels import service as channels
from helpdesk.channels.attachments import FolderStore
from helpdesk.consents import service
from helpdesk.consents.models import Consent
from helpdesk.core import clock
from helpdesk.core.config import Settings
from helpdesk.core.errors import Conflict
from helpdesk.core.ids import new_id
from helpdesk.core.work import begin, reading
from helpdesk.customers import points
from helpdesk.customers import service as customers
from helpdesk.customers.models import Customer
from helpdesk.identity.models import User
from helpdesk.mail import place
from helpdesk.mail.models import OutgoingMail
from helpdesk.mail.reading import readers
from helpdesk.privacy.models import DataCopy
from helpdesk.recordings.models import CallRecording
from helpdesk.workflows import (
    cases,
    cases_line,
    consented_mail,
    consenting,
    copying,
    copying_pages,
    erasing,
    erasing_plan,
    mail_sending,
)
from helpdesk.workflows.mail_sending import Sender
from tests.real.mail_servers import SmtpServer
from tests.web.portal.scene import SYSTEM, Shop
from tests.web.signed_in import Browser, browser_as

KIM = "kim@x.example"
TO = "/portal/privacy"


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    server = SmtpServer().start()
    yield server
    server.stop()


def allowed(customer_id: str, purpose: str = "news", address: str = "") -> bool:
    with reading(SYSTEM) as work:
        return consenting.may_send(work, purpose, "email", customer_id, address).allowed


def test_E6_choices_are_the_customers_own_and_their_history_stays(shop: Shop) -> None:
    kim, lee = shop.customer("Kim", KIM), shop.customer("Lee", "lee@x.example")
    browser = shop.browser(kim)
    page = browser.open(TO, "GET").text
    assert 'value="news:email"' in page
    assert 'value="service:email"' not in page
    shown = ["news:email", "surveys:email"]
    browser.post(f"{TO}/choices", data={"shown": shown, "on": ["news:email"]})
    assert (allowed(kim), allowed(kim, "surveys")) == (True, False)
    assert (allowed(lee), allowed(lee, "surveys")) == (False, True)
    browser.post(f"{TO}/choices", data={"shown": shown, "on": ["news:email"]})
    with reading(SYSTEM) as work:
        rows = service.history(work, [kim]).items
        assert [(row.purpose, row.state, row.source) for row in rows] == [
            ("news", "given", "portal"), ("surveys", "withdrawn", "portal"),
        ]  # fmt: skip
    told = browser.open(f"{TO}?lang=de", "GET").text
    assert "Nein zu Umfragen" in told
    assert "Ja zu Produktneuigkeiten" in told
    assert "Umfragen" not in shop.browser(lee).open(TO, "GET").text.partition("<details")[2]


def test_B14_a_mail_that_may_be_refused_carries_its_one_click(
    shop: Shop, settings: Settings, smtp: SmtpServer
) -> None:
    place.configure(replace(settings, smtp_url=smtp.url))
    kim = shop.customer("Kim", KIM)
    news = {"purpose": "news", "subject": "New\r\nBcc: x@y.example", "text": "A valve."}
    with begin(SYSTEM) as work, pytest.raises(Conflict, match="not said yes"):
        consented_mail.send(work, kim, once_key="1", **news)
    with begin(SYSTEM) as work:
        service.say(work, kim, purpose="news", channel="email", state="given", source="phone")
        consented_mail.send(work, kim, once_key="2", **news)
        work.session.execute(update(OutgoingMail).values(next_try_at=work.at))
    while Sender().send_due():
        pass
    [taken] = smtp.taken
    mail = email.message_from_bytes(taken.raw)
    assert mail.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    [header] = mail.get_all("List-Unsubscribe", [])
    url = header.strip("<>")
    assert url.partition(" ")[0] == url
    assert len(url.rpartition("/")[2]) == 32
    assert mail["Bcc"] is None  # B14
    path = url.removeprefix("http://localhost")
    client = shop.client()  # neither cookie nor session
    for _ in range(2):
        assert "Stop these mails" in client.get(path).text
    assert client.head(path).status_code == 200
    assert allowed(kim, address=KIM)  # looking used nothing
    for _ in range(3):
        done = client.post(path, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
        assert "Set-Cookie" not in done.headers
    assert not allowed(kim, address=KIM)
    assert "bekommt keine Produktneuigkeiten" in client.post(f"{path}?lang=de").text
    with reading(SYSTEM) as work:
        wanted = select(func.count()).where(Consent.state == "withdrawn")
        assert work.session.scalar(wanted) == 1
        one = work.session.scalars(select(Consent).where(Consent.state == "withdrawn")).one()
        assert (one.source, one.address, one.purpose) == ("unsubscribe", KIM, "news")
    wrong = path[:-1] + ("a" if path[-1] != "a" else "b")
    assert (client.get(wrong).status_code, client.post(wrong).status_code) == (404, 404)


INNER = "geheimvogel"


def labour() -> None:
    """What the worker does when somebody asked."""
    erasing.run()


def page_of(browser: Browser, path: str = TO) -> str:
    return browser.open(path, "GET").text


def answered_case(shop: Shop, kim: str) -> str:
    """A matter with a file of the customer's, words of both, and everything inner beside them."""
    raw = (
        f"From: Kim <{KIM}>\r\nTo: support@shop.example\r\nSubject: Cold\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n"
        "It is cold.\r\n--b\r\nContent-Type: text/plain; name=room.txt\r\n"
        "Content-Disposition: attachment; filename=room.txt\r\n\r\nBlue room\r\n--b--\r\n"
    )
    made = shop.room.deliver(raw.encode())
    readers.close()
    assert made.ticket_id is not None
    shop.answer(made.ticket_id, "Open the valve.")
    shop.answer(made.ticket_id, f"{INNER} in a note", public=False)
    with begin(shop.anna) as work:
        customers.add_note(work, kim, f"{INNER} about Kim")
        customers.add_tag(work, kim, INNER)
        cases_line.change(work, made.ticket_id, {"tags": [INNER]})
        found = customers.permissions.get_customer(work, kim)
        points.put(work, found, points.read(work, "phone", "+447700900123"), label=INNER)
    return made.ticket_id


def test_E2_E4_a_copy_holds_what_its_asker_may_see_and_is_theirs_alone(
    shop: Shop, settings: Settings
) -> None:
    kim, lee = shop.customer("Kim", KIM), shop.customer("Lee", "lee@x.example")
    answered_case(shop, kim)
    shop.case(lee, "Lees own", "Lee wrote this")
    browser, other = shop.browser(kim), shop.browser(lee)
    browser.post(f"{TO}/copy")
    assert "being made" in page_of(browser)
    labour()
    told = page_of(browser)
    [path] = re.findall(r"/portal/privacy/copy/[0-9a-f-]{36}", told)
    answer = browser.open(path, "GET")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.get_data())) as held:
        texts = {name: held.read(name).decode() for name in held.namelist()}
    answer.close()
    whole = "\n".join([*texts, *texts.values()])
    assert INNER not in whole
    assert "Lee" not in whole
    assert {"Open the valve." in texts["index.html"], "Open the valve." in texts["data.json"]} == {
        True
    }
    assert [text for name, text in texts.items() if name.endswith("room.txt")] == ["Blue room"]
    with reading(SYSTEM) as work:
        anna = work.session.get_one(User, shop.anna.id)
        assert anna.name not in whole or anna.name == anna.public_name
    assert other.open(path, "GET").status_code == 404
    assert shop.client().get(path).status_code in (303, 404)
    with clock.moved_to(clock.now() + timedelta(days=8)):
        assert browser.open(path, "GET").status_code in (303, 404)
        labour()
    assert list((settings.data / "copies").iterdir()) == []


def test_E2_a_copy_has_the_sound_of_calls_whose_numbers_are_all_proved(
    shop: Shop, settings: Settings
) -> None:
    kim = shop.customer("Kim", KIM)
    browser, store = shop.browser(kim), FolderStore(settings.data / "attachments")
    kept = store.save(io.BytesIO(b"RIFF of Kim"), most=100)
    with begin(SYSTEM) as work:
        call = channels.open_conversation(
            work, channel="call", customer_id=kim, queue_id=shop.room.floor.queue_id
        )
        work.session.add(
            CallRecording(
                id=new_id(),
                conversation_id=call.id,
                queue_id=shop.room.floor.queue_id,
                line_sid="CA1",
                file="stored",
                file_id=kept.id,
                type="audio/wav",
                ordered_at=work.at,
            )
        )
    for proved in (False, True):
        with begin(SYSTEM) as work:
            found = customers.permissions.get_customer(work, kim)
            points.put(work, found, points.read(work, "phone", "+447700900123"), proved=proved)
        copy_id = asked_copy(kim, browser)
        copying.make(copy_id)
        with zipfile.ZipFile(copying.path_of(copy_id)) as held:
            sounds = [held.read(one) for one in held.namelist() if one.startswith("recordings/")]
        assert sounds == ([b"RIFF of Kim"] if proved else [])


def asked_copy(customer_id: str, browser: Browser) -> str:
    browser.post(f"{TO}/copy")
    with reading(SYSTEM) as work:
        wanted = select(DataCopy.id).where(DataCopy.customer_id == customer_id)
        return work.session.scalars(wanted.order_by(DataCopy.id.desc())).first() or ""


def during(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """`act` happens once while a copy is being made."""
    page, left = copying_pages.page, [act]

    def meanwhile(*given: Any) -> str:
        if left:
            left.pop()()
        return page(*given)

    monkeypatch.setattr(copying_pages, "page", meanwhile)


def test_two_workers_at_one_copy_leave_one_whole_file(
    shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = shop.customer("Kim", KIM)
    answered_case(shop, kim)
    browser = shop.browser(kim)
    copy_id = asked_copy(kim, browser)
    during(monkeypatch, lambda: copying.make(copy_id))
    copying.make(copy_id)
    [left] = (settings.data / "copies").iterdir()
    with zipfile.ZipFile(left) as held:
        assert held.testzip() is None
        assert "index.html" in held.namelist()
    with reading(SYSTEM) as work:
        row = work.session.get_one(DataCopy, copy_id)
        assert (row.state, row.size) == ("ready", left.stat().st_size)
    again = asked_copy(kim, browser)
    copying.make(again)
    assert [one.stem for one in (settings.data / "copies").iterdir()] == [again]


def test_who_is_erased_while_a_copy_is_made_leaves_none(
    shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    kim = shop.customer("Kim", KIM)
    copy_id = asked_copy(kim, shop.browser(kim))

    def erase() -> None:
        with begin(SYSTEM) as work:
            copying.forget(work, [kim])

    during(monkeypatch, erase)
    copying.make(copy_id)
    assert list((settings.data / "copies").iterdir()) == []
    with reading(SYSTEM) as work:
        assert work.session.get_one(DataCopy, copy_id).state == "gone"


def test_erasing_is_shown_first_confirmed_by_mail_and_can_be_stopped(shop: Shop) -> None:
    kim = shop.customer("Kim", KIM)
    ticket_id = answered_case(shop, kim)
    browser = shop.browser(kim)
    dry = page_of(browser, f"{TO}/erase")
    assert "Cold" in dry
    assert "has to end first" in dry
    with begin(SYSTEM) as work:
        cases_line.set_state(work, ticket_id, "resolved")
    assert "has to end first" not in page_of(browser, f"{TO}/erase")
    browser.post(f"{TO}/erase")
    with reading(SYSTEM) as work:
        mail = work.session.scalars(
            select(OutgoingMail).where(OutgoingMail.kind == "erasure")
        ).one()
        [path] = re.findall(r"/portal/erase/\S+", mail_sending._letter(work, mail).text)
    client = shop.client()
    assert "Yes, erase it" in client.get(path).text
    assert "Nothing happens until you confirm" in page_of(browser)
    assert "It is decided" in client.post(path).text
    assert "It is decided" in client.post(path).text
    assert "Until then you can stop it" in page_of(browser)
    browser.post(f"{TO}/erase/stop")
    assert client.get(path).status_code == 410
    with clock.moved_to(clock.now() + timedelta(days=8)):
        labour()
    with reading(SYSTEM) as work:
        assert work.session.get_one(Customer, kim).name == "Kim"


def test_E2_E6_the_dry_run_names_nothing_that_the_portal_would_not_show(shop: Shop) -> None:
    kim = shop.customer("Kim", KIM)
    shop.case(kim, "Cold", "It is cold")
    with begin(shop.anna) as work:
        cases.open_case(
            work, customer_id=kim, subject=f"Suspected of {INNER}", body=INNER, channel="form",
            author=f"agent:{shop.anna.id}", internal=True,
        )  # fmt: skip
    with begin(SYSTEM) as work:
        # Somebody else has typed Kim's address.
        other = customers.create_customer(work, name="Somebody")
        points.put(work, other, points.read(work, "email", KIM))
        other_id = other.id
    with begin(SYSTEM) as work:
        # Kim herself, by a form that asks for no proof.
        typed = customers.create_customer(work, name="K.")
        points.put(work, typed, points.read(work, "email", KIM))
        cases.open_case(
            work, customer_id=typed.id, subject="Typed", body="By a form", channel="form"
        )
        typed_id = typed.id
    shop.case(other_id, "Strange", "Said by somebody else")
    with reading(SYSTEM) as work:
        plan = erasing_plan.of(work, kim)
        # What somebody else said is not erased with it, either.
        assert (plan.ids, len(plan.open)) == ((kim, typed_id), 3)
    dry = page_of(shop.browser(kim), f"{TO}/erase")
    assert "Cold" in dry
    assert "Typed" in dry
    assert INNER not in dry
    assert "Strange" not in dry


def test_at_the_desk_a_supervisor_confirms_for_who_is_on_the_phone(shop: Shop, app: Flask) -> None:
    kim = shop.customer("Kim", KIM)
    ticket_id = shop.case(kim)
    agent, boss = (browser_as(app, role) for role in ("agent", "supervisor"))
    path = f"/desk/customers/{kim}"
    assert "Printer" in agent.open(f"{path}/privacy", "GET").text
    said = agent.post(f"{path}/consents", data={"choice": "news:email", "state": "given"})
    assert said.status_code == 303
    assert allowed(kim)
    news = {"purpose": "surveys", "subject": "Soon", "text": "More.", "form_id": "one"}
    for _ in range(2):
        assert agent.post(f"{path}/mail", data=news).status_code == 303
    with reading(SYSTEM) as work:
        sent = work.session.scalars(
            select(OutgoingMail).where(OutgoingMail.kind == "purpose")
        ).one()
        assert "/portal/unsubscribe/" in sent.unsubscribe_url
    agent.post(f"{path}/consents", data={"choice": "surveys:email", "state": "withdrawn"})
    late = agent.post(f"{path}/mail", data=news | {"form_id": "two"})
    assert late.status_code == 409
    assert "They want no surveys by e-mail." in late.text
    refused = agent.post(f"{path}/consents", data={"choice": "service:email", "state": "withdrawn"})
    assert refused.status_code == 409
    held = boss.post(f"{path}/hold", data={"ticket_id": ticket_id, "reason": "Dispute"})
    assert held.status_code == 303
    confirm = {"do": "confirm", "reason": "Knew the last four invoices"}
    assert agent.post(f"{path}/erasure", data=confirm).status_code == 403
    assert boss.post(f"{path}/erasure", data={"do": "confirm"}).status_code == 400
    assert boss.post(f"{path}/erasure", data=confirm).status_code == 303
    shown = boss.open(f"{path}/privacy", "GET").text
    assert "Confirmed." in shown
    assert "On hold" in shown
