"""Mailboxes that sign in by OAuth2, over real servers that take tokens: in, out, and refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.work import begin, reading
from helpdesk.mail import imap, mailboxes, oauth, settings
from helpdesk.mail.models import Mailbox
from helpdesk.mail.reading import readers
from helpdesk.workflows import mail_fetching
from helpdesk.workflows.mail_sending import Sender
from tests.real.mail_servers import ImapServer, SmtpServer
from tests.real.token_server import CLIENT, SECRET, TokenServer
from tests.web.signed_in import browser_as
from tests.workflows import postroom
from tests.workflows.people import SETUP
from tests.workflows.postroom import ADDRESS, Postroom

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@dataclass
class Provider:
    """One provider: tokens, and both of its servers that want them."""

    tokens: TokenServer
    inbox: ImapServer
    relay: SmtpServer


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    with ExitStack() as running:
        tokens = TokenServer(tmp_path_factory.mktemp("tokens") / "good.json", ADDRESS).start()
        running.callback(tokens.stop)
        inbox = ImapServer(ADDRESS, tokens=tokens)
        running.callback(inbox.stop)
        relay = SmtpServer(tokens=tokens).start()
        running.callback(relay.stop)
        yield Provider(tokens, inbox.start(), relay)
    readers.close()


@pytest.fixture
def provider(house: Provider) -> Provider:
    """With nothing asked, nothing taken, and everybody let in again."""
    tokens = house.tokens
    tokens.refresh, tokens.once, tokens.lasts, tokens.refusal = "refresh-0", False, 3600, None
    tokens.asked.clear()
    house.relay.taken.clear()
    return house


@pytest.fixture
def post(database: Database, tmp_path: Path, provider: Provider) -> Postroom:
    made = postroom.make_postroom(tmp_path)
    sign_in_by_token(made, provider)
    return made


def sign_in_by_token(post: Postroom, provider: Provider, **oauth_fields: str) -> None:
    server = {"host": "127.0.0.1", "security": "none", "user": ADDRESS, "sign_in": "oauth2"}
    with begin(SETUP) as work:
        settings.change(work, inner_hosts=True)
        mailboxes.change_mailbox(
            work,
            post.box_id,
            version=mailboxes.get_mailbox(work, post.box_id).version,
            hidden={"client_secret": SECRET, "refresh_token": "refresh-0"},
            incoming="imap",
            imap={**server, "port": provider.inbox.port},
            outgoing="smtp",
            smtp={**server, "port": provider.relay.port},
            oauth={"token_url": provider.tokens.url, "client_id": CLIENT, "scope": "mail",
                   **oauth_fields},
        )  # fmt: skip


def box_of(post: Postroom) -> Mailbox:
    with reading(SETUP) as work:
        return mailboxes.get_mailbox(work, post.box_id)


def a_case_with_an_answer(post: Postroom) -> None:
    first = post.deliver()
    assert first.ticket_id is not None
    post.reply(first.ticket_id)


def test_mail_is_fetched_and_answered_by_one_token(post: Postroom, provider: Provider) -> None:
    provider.inbox.put(post.raw())
    assert mail_fetching.fetch_once(post.box_id) == 1
    (ticket,) = postroom.tickets()
    post.reply(ticket.id)
    assert Sender().send_due() == 1
    assert [t.to for t in provider.relay.taken] == [["ada@customer.example"]]
    (asked,) = provider.tokens.asked
    assert asked == {
        "grant_type": "refresh_token", "client_id": CLIENT, "client_secret": SECRET,
        "refresh_token": "refresh-0", "scope": "mail",
    }  # fmt: skip


@on_sqlite
def test_a_token_that_the_servers_no_longer_take_is_replaced(
    post: Postroom, provider: Provider, clock_at: Callable[..., None]
) -> None:
    assert mail_fetching.fetch_once(post.box_id) == 0
    provider.tokens.end_access()
    with pytest.raises(imap.NotLetIn):
        mail_fetching.fetch_once(post.box_id)
    assert mail_fetching.fetch_once(post.box_id) == 0
    provider.tokens.end_access()
    a_case_with_an_answer(post)
    assert Sender().send_due() == 0
    assert "535" in box_of(post).sending_error
    clock_at(clock.now() + timedelta(seconds=30))
    assert Sender().send_due() == 1
    assert box_of(post).not_sending_since is None
    assert len(provider.tokens.asked) == 3


@on_sqlite
@pytest.mark.parametrize("lasts,asked", [(60, 2), ("60", 2), ("3600", 1), (None, 1), ("soon", 1)])
def test_a_token_is_asked_for_anew_shortly_before_it_ends(
    post: Postroom, provider: Provider, lasts: Any, asked: int
) -> None:
    provider.tokens.lasts = lasts
    for _ in range(2):
        mail_fetching.fetch_once(post.box_id)
    assert len(provider.tokens.asked) == asked


def test_a_refresh_token_that_is_good_once_is_used_once_by_many_at_a_time(
    post: Postroom, provider: Provider
) -> None:
    provider.tokens.once, provider.tokens.lasts = True, 60
    a_case_with_an_answer(post)
    barrier, ends = threading.Barrier(5), []

    def fetch() -> None:
        barrier.wait()
        ends.append(mail_fetching.fetch_once(post.box_id))

    def send() -> None:
        barrier.wait()
        ends.append(Sender().send_due())

    crew = [threading.Thread(target=what) for what in (fetch, fetch, fetch, fetch, send)]
    for one in crew:
        one.start()
    for one in crew:
        one.join()
    assert sorted(ends) == [0, 0, 0, 0, 1]
    assert len({form["refresh_token"] for form in provider.tokens.asked}) == 5
    assert mailboxes.secrets_of(box_of(post))["refresh_token"] == provider.tokens.refresh


@on_sqlite
def test_a_changed_set_up_begins_with_a_token_of_its_own(
    post: Postroom, provider: Provider
) -> None:
    mail_fetching.fetch_once(post.box_id)
    sign_in_by_token(post, provider, scope="more")
    mail_fetching.fetch_once(post.box_id)
    assert [form["scope"] for form in provider.tokens.asked] == ["mail", "more"]


@on_sqlite
def test_a_refusal_stands_on_the_mailboxs_page_and_no_mail_is_lost(
    app: Flask, tmp_path: Path, provider: Provider, clock_at: Callable[..., None]
) -> None:
    post = postroom.make_postroom(tmp_path)
    sign_in_by_token(post, provider)
    provider.tokens.refusal = {
        "error": "invalid_grant", "error_description": "The <b>grant</b> was revoked."
    }  # fmt: skip
    a_case_with_an_answer(post)
    over = threading.Event()
    fetcher = threading.Thread(target=mail_fetching.fetch_for_ever, args=(post.box_id, over))
    fetcher.start()
    try:
        assert Sender().send_due() == 0
        until_failing(post)
    finally:
        over.set()
        fetcher.join(20)
    page = browser_as(app, "admin").get(f"/admin/mailboxes/{post.box_id}").text
    for words in ("can&#39;t be fetched since", "can&#39;t send since", "refused (invalid_grant)",
                  "&lt;b&gt;grant&lt;/b&gt; was revoked", "paste a new refresh token"):  # fmt: skip
        assert words in page.replace("'", "&#39;"), words
    assert SECRET not in page
    assert "refresh-0" not in page
    (mail,) = postroom.outgoing()
    assert (mail.state, mail.attempts) == ("queued", 1)

    provider.tokens.refusal = None
    clock_at(clock.now() + timedelta(minutes=1))
    assert Sender().send_due() == 1
    assert box_of(post).sending_error == ""


def until_failing(post: Postroom) -> None:
    deadline = clock.monotonic() + 20
    while box_of(post).failing_since is None:
        assert clock.monotonic() < deadline
        clock.sleep(0.05)


@on_sqlite
@pytest.mark.parametrize(
    "fields,words",
    [
        ({"token_url": "http://127.0.0.1:9/token"}, "cannot be reached"),
        ({"token_url": "http://127.0.0.1:bad/"}, "does not answer as it should"),
        ({"token_url": ""}, "cannot be reached"),
        ({"client_id": "another"}, "client secret"),
    ],
)
def test_what_is_wrong_with_a_token_server_costs_no_mail(
    post: Postroom, provider: Provider, fields: dict[str, str], words: str
) -> None:
    sign_in_by_token(post, provider, **fields)
    a_case_with_an_answer(post)
    assert Sender().send_due() == 0
    assert words in box_of(post).sending_error
    assert [mail.state for mail in postroom.outgoing()] == ["queued"]
    with pytest.raises(oauth.NoToken):
        mail_fetching.fetch_once(post.box_id)


@on_sqlite
@pytest.mark.parametrize("inner", [True, False])
def test_J7_tokens_of_an_inner_host_need_the_setting(
    post: Postroom, provider: Provider, inner: bool
) -> None:
    with begin(SETUP) as work:
        settings.change(work, inner_hosts=inner)
    if inner:
        assert mail_fetching.fetch_once(post.box_id) == 0
        return
    with pytest.raises(oauth.NoToken, match="may not be called"):
        mail_fetching.fetch_once(post.box_id)
    assert provider.tokens.asked == []
