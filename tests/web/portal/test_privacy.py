"""The privacy page: choices with their history, and saying no by the link in a mail (RFC 8058)."""

from __future__ import annotations

import email
from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from helpdesk.consents import service
from helpdesk.consents.models import Consent
from helpdesk.core.config import Settings
from helpdesk.core.errors import Conflict
from helpdesk.core.work import begin, reading
from helpdesk.mail import place
from helpdesk.mail.models import OutgoingMail
from helpdesk.workflows import consented_mail, consenting
from helpdesk.workflows.mail_sending import Sender
from tests.real.mail_servers import SmtpServer
from tests.web.portal.scene import SYSTEM, Shop

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


def test_choices_are_the_customers_own_and_their_history_stays(shop: Shop) -> None:
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


def test_a_mail_that_may_be_refused_carries_its_one_click(
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
