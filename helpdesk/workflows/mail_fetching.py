"""Fetches one mailbox for ever: takes each new mail in, marks it seen, settles it, waits for more.

A mail is marked only when it is kept for good. A process that dies before that finds it
again and knows it; one that dies after has left it in the books, where the next one settles it.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from helpdesk.core import addresses, clock
from helpdesk.core.actors import system
from helpdesk.core.work import begin, reading
from helpdesk.mail import imap, lines, mailboxes, oauth, settings
from helpdesk.mail.imap import Inbox
from helpdesk.mail.models import Mailbox
from helpdesk.workflows import mail_in
from helpdesk.workflows.mail_sending import TOKENS, access_token

log = logging.getLogger("helpdesk.mail")

ACTOR = system("mail")
IDLE_S = 240.0
POLL_S = 30.0
LISTEN_S = 0.5
AGAIN_S = (2.0, 5.0, 15.0, 60.0, 300.0)
ERRORS = (*imap.ERRORS, addresses.AddressRefused, oauth.NoToken, ValueError)


def fetch_for_ever(mailbox_id: str, over: threading.Event) -> None:
    """Until `over` is set. A mailbox that cannot be reached is tried again, ever more rarely."""
    tries = 0
    while not over.is_set():
        with reading(ACTOR) as work:
            box = work.session.get(Mailbox, mailbox_id)
            inner = settings.of(work).inner_hosts
        if box is None:
            return
        try:
            with _inbox(box, inner) as inbox:
                tries = 0
                _note(box, "")
                _serve(box, inbox, over)
        except ERRORS as error:
            log.warning("mailbox %s: %s", box.address, lines.told(error))
            _note(box, lines.told(error))
        except Exception:
            log.exception("mailbox %s: fetching failed", box.address)
            _note(box, "An error of this program; its log says more.")
        if not over.is_set():
            over.wait(AGAIN_S[min(tries, len(AGAIN_S) - 1)])
            tries += 1


def fetch_once(mailbox_id: str) -> int:
    """Take in what is new now; answers how many. For tests of a set-up and for mending."""
    with reading(ACTOR) as work:
        box = mailboxes.get_mailbox(work, mailbox_id)
        inner = settings.of(work).inner_hosts
    with _inbox(box, inner) as inbox:
        return fetch_new(box, inbox, threading.Event())


@contextmanager
def _inbox(box: Mailbox, inner: bool) -> Iterator[Inbox]:
    # What stands in the environment is the operator's word, not somebody's at a screen.
    dial = lines.dialler(inner_allowed=inner or box.from_environment)
    token = access_token(box, dial) if box.imap.get("sign_in") == "oauth2" else ""
    password = mailboxes.secrets_of(box).get("imap_password", "")
    try:
        with imap.opened(box.imap, password=password, access_token=token, dial=dial) as inbox:
            yield inbox
    except imap.NotLetIn:
        TOKENS.forget(box.id)
        raise


def _serve(box: Mailbox, inbox: Inbox, over: threading.Event) -> None:
    while not over.is_set():
        fetch_new(box, inbox, over)
        if inbox.can_wait:
            _wait_for_word(inbox, over)
        else:
            over.wait(POLL_S)
            inbox.stay()


def fetch_new(box: Mailbox, inbox: Inbox, over: threading.Event) -> int:
    """One round over what nobody has seen."""
    count = 0
    for uid in inbox.new():
        if over.is_set():
            return count
        with inbox.mail(uid) as stream:
            if stream is None:
                continue
            noted = mail_in.take_in(stream, mailbox_id=box.id)
        inbox.seen(uid)
        count += 1
        mail_in.handle(noted.id)
    return count


def _wait_for_word(inbox: Inbox, over: threading.Event) -> None:
    """IDLE until the server says something; renewed before servers and routers lose patience."""
    inbox.begin_waiting()
    until = clock.monotonic() + IDLE_S
    try:
        while not over.is_set() and clock.monotonic() < until:
            if inbox.heard(LISTEN_S):
                return
    finally:
        inbox.end_waiting()


def _note(box: Mailbox, error: str) -> None:
    with begin(ACTOR) as work:
        if error:
            mailboxes.note_failure(work, box.id, error)
        else:
            mailboxes.note_success(work, box.id)
