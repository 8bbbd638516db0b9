"""Webhooks and imports in a real browser, from end to end with a worker, and how they look."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from helpdesk.core import addresses, db, secrets
from helpdesk.core.actors import Actor, system
from helpdesk.core.work import begin, reading
from helpdesk.identity import sessions
from helpdesk.mail.models import OutgoingMail
from helpdesk.routing import setup
from helpdesk.webhooks import service
from tests.conftest import OUT
from tests.real.axe import serious
from tests.real.ports import free_port
from tests.real.server import Installation
from tests.web.signed_in import add_user
from tests.webhooks.receiver import Receiver, receiver

pytestmark = pytest.mark.browser
SYSTEM = system("test")
TABLE = "Name;E-Mail;Firma;Stadt\n" + "".join(
    f"Kim {n};kim{n}@example.org;Acme;Helsinki\n" for n in range(300)
)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    running = Installation()
    running.extra["HELPDESK_INNER_HOSTS"] = "127.0.0.0/8"
    running.extra["SMTP_URL"] = f"smtp://127.0.0.1:{free_port()}"  # nobody answers there
    running.start_all()
    yield running
    running.stop_all()


@pytest.fixture(scope="module")
def admin_id(installation: Installation) -> Iterator[str]:
    secrets.configure(installation.secret_key)
    db.use(installation.database)
    with begin(SYSTEM) as work:
        setup.create_queue(work, name="General")
    yield add_user("admin", email="ada@example.org")
    db.use(None)


@pytest.fixture(scope="module")
def other_program() -> Iterator[Receiver]:
    addresses.configure(("127.0.0.0/8",))
    with receiver() as running:
        yield running
    addresses.configure(())


@pytest.fixture
def open_admin(
    new_page: Callable[..., Page], installation: Installation, admin_id: str
) -> Callable[..., Page]:
    def open_(path: str, **context: Any) -> Page:
        page = new_page(**{"viewport": {"width": 1440, "height": 900}, **context})
        with begin(SYSTEM) as work:
            opened = sessions.open_session(
                work, admin_id, stage="full", address="127.0.0.1", agent="Chromium"
            )
        cookie = {"name": "helpdesk", "value": opened.token, "url": installation.url}
        page.context.add_cookies([cookie])
        page.goto(installation.url + path)
        return page

    return open_


def test_who_forgot_the_password_gets_a_link_and_signs_in_with_a_new_one(
    new_page: Callable[..., Page], installation: Installation, admin_id: str, page_errors: list[str]
) -> None:
    add_user("agent", email="noor@example.org")
    page = new_page()
    page.goto(installation.url + "/sign-in")
    page.get_by_role("link", name="Forgot your password?").click()
    page.get_by_label("E-mail").fill("noor@example.org")
    page.keyboard.press("Enter")
    expect(page.get_by_text("a link is on its way")).to_be_visible()
    page.goto(installation.url + link_in_mail("noor@example.org"))
    page.get_by_label("New password").fill("a few plain words")
    page.get_by_label("The same again").fill("a few plain words")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Your password is set.")).to_be_visible()
    page.get_by_label("E-mail").fill("noor@example.org")
    page.get_by_label("Password").fill("a few plain words")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/desk"))
    assert page_errors == []


def link_in_mail(address: str) -> str:
    """The path of the link, once the mail is in the books."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        with reading(SYSTEM) as work:
            mail = work.session.scalar(
                select(OutgoingMail).where(OutgoingMail.to_address == address)
            )
            if mail is not None:
                found = re.search(r"/set-password/\S+", secrets.unseal(mail.text))
                assert found
                return found.group()
        time.sleep(0.1)
    raise AssertionError("no mail was written down")


def hand_in(page: Page, tmp_path: Path) -> None:
    file = tmp_path / "customers.csv"
    file.write_bytes(TABLE.encode("cp1252") + b";;;\nNobody;not one;;\n")
    page.get_by_label("What it is").select_option("customers_csv")
    page.get_by_label("File").set_input_files(file)
    page.get_by_role("button", name="Hand it in").click()


def test_a_test_call_goes_out_and_comes_back_while_one_looks_on(
    open_admin: Callable[..., Page], other_program: Receiver, page_errors: list[str]
) -> None:
    page = open_admin("/admin/webhooks/new")
    page.get_by_role("textbox", name="Name").fill("Bookkeeping")
    page.get_by_label("Address").fill(other_program.url)
    page.get_by_label("A customer was added").check()
    page.keyboard.press("Control+s")
    expect(page.get_by_label("Secret")).to_have_value(re.compile("^whsec_"))
    page.get_by_role("link", name="I have kept it").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_text("Answer 200")).to_be_visible(timeout=20_000)
    assert other_program.got[-1].body["kind"] == "webhook.ping"
    assert page_errors == []


def test_a_table_is_tried_and_taken_over_while_one_looks_on(
    open_admin: Callable[..., Page], tmp_path: Path, page_errors: list[str]
) -> None:
    page = open_admin("/admin/imports")
    hand_in(page, tmp_path)
    expect(page.get_by_label("Organisation")).to_have_value("2")
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("What would happen")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Take it over").click()
    expect(page.get_by_text("What happened")).to_be_visible(timeout=30_000)
    expect(page.locator("#progress")).to_contain_text("300 added")
    page.reload()
    expect(page.get_by_text("not one is not an e-mail address")).to_be_visible()
    assert page_errors == []


@pytest.mark.parametrize("width,theme", [(1440, "light"), (360, "dark")])
def test_each_screen_of_the_connections_fits_and_reads_well(
    open_admin: Callable[..., Page],
    installation: Installation,
    admin_id: str,
    other_program: Receiver,
    tmp_path: Path,
    page_errors: list[str],
    width: int,
    theme: str,
) -> None:
    admin = Actor("user", admin_id, role="admin")
    with begin(admin) as work:
        row, _ = service.add_endpoint(
            work, name="CRM", url=other_program.url, kinds=["customer.added", "ticket.resolved"]
        )
        sent = service.ping(work, row.id, '{"kind": "webhook.ping", "facts": {"name": "CRM"}}')
    page = open_admin(
        "/admin/imports", viewport={"width": width, "height": 900}, color_scheme=theme
    )
    hand_in(page, tmp_path)
    path = page.url.removeprefix(installation.url)
    page.get_by_role("button", name="Try it out").click()
    expect(page.get_by_text("What would happen")).to_be_visible(timeout=30_000)
    screens = {
        "webhooks": "/admin/webhooks",
        "webhook_new": "/admin/webhooks/new",
        "webhook": f"/admin/webhooks/{row.id}",
        "webhook_delivery": f"/admin/webhooks/deliveries/{sent}",
        "imports": "/admin/imports",
        "import": path,
        "forgotten": "/forgot-password",
        "link_asked": "/forgot-password?note=link_asked",
    }
    OUT.mkdir(exist_ok=True)
    wrong: list[str] = []
    for name, where in screens.items():
        page.goto(installation.url + where)
        page.screenshot(path=OUT / f"admin_{name}_{width}_{theme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            wrong.append(f"{name}: wider than the window")
        wrong += [f"{name}: {told}" for told in serious(page)]
    assert wrong == []
    assert page_errors == []
