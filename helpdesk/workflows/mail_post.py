"""The post office: what fetches, settles and sends mails, beside the labour of a worker.

One worker at a time has it (lease "post"). Where no mailbox is set up and nothing waits, it looks
at the books every few seconds and loads nothing. Each mailbox has a thread of its own, so that
a broken one holds up no other.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import Any

from helpdesk.core import clock, leases
from helpdesk.core.actors import system
from helpdesk.core.heartbeats import process_id
from helpdesk.core.work import begin, reading
from helpdesk.mail import mailboxes, outbox, place, service, settings
from helpdesk.mail.reading import readers
from helpdesk.workflows import mail_in

log = logging.getLogger("helpdesk.mail")

ACTOR = system("mail")
LEASE = "post"
LEASE_S = 15.0
RENEW_S = 5.0
TICK_S = 0.5
SEND_EVERY_S = 1.0
SETTLE_EVERY_S = 3.0
LOOK_EVERY_S = 5.0
LEAVE_S = 1.2


class PostOffice:
    """`stopping` is true when it is time to go."""

    def __init__(self, stopping: Any) -> None:
        self._stopping = stopping
        self._fetchers: dict[str, tuple[int, threading.Event, threading.Thread]] = {}
        self._listener: Any = None
        self._sender: Any = None
        self._next: dict[str, float] = {}
        self._held = False

    def run(self) -> None:
        try:
            while not self._stopping:
                try:
                    self.round()
                except Exception:
                    log.exception("a round of the post office failed; trying again")
                    self._held = False
                    self._pause(5.0)
                self._pause(TICK_S)
        finally:
            self._close()

    def round(self) -> None:
        """Do what is due."""
        if self._due("lease", RENEW_S):
            with begin(ACTOR) as work:
                self._held = leases.hold(work, LEASE, process_id(), seconds=LEASE_S)
            if not self._held:
                self._end_all()
        if not self._held:
            return
        if self._due("look", LOOK_EVERY_S):
            self._look_at_mailboxes()
            readers.rest()
        if self._due("send", SEND_EVERY_S):
            self._send()
        if self._due("settle", SETTLE_EVERY_S):
            mail_in.handle_waiting(most=20)

    def _due(self, name: str, every_s: float) -> bool:
        now = clock.monotonic()
        if now < self._next.get(name, 0.0):
            return False
        self._next[name] = now + every_s
        return True

    def _pause(self, seconds: float) -> None:
        until = clock.monotonic() + seconds
        while not self._stopping and clock.monotonic() < until:
            clock.sleep(min(0.5, max(0.0, until - clock.monotonic())))

    def _send(self) -> None:
        with reading(ACTOR) as work:
            waiting = bool(outbox.due(work, most=1))
        if not waiting:
            return
        if self._sender is None:
            from helpdesk.workflows.mail_sending import Sender  # noqa: PLC0415  only where used

            self._sender = Sender()
        while not self._stopping and self._sender.send_due():
            pass

    def _look_at_mailboxes(self) -> None:
        """Start and end fetchers, and the listener, as the set-up says now."""
        if place.here().imap_url and "environment" not in self._next:
            self._next["environment"] = 0.0
            with begin(ACTOR) as work:
                mailboxes.from_environment(work, place.here().imap_url, place.here().host)
        with reading(ACTOR) as work:
            wanted = {
                box.id: box.version
                for box in mailboxes.mailboxes(work, active_only=True)
                if box.incoming == "imap"
            }
            port = settings.of(work).lmtp_port
        for mailbox_id, (version, over, thread) in list(self._fetchers.items()):
            if wanted.get(mailbox_id) != version or not thread.is_alive():
                over.set()
                del self._fetchers[mailbox_id]
        for mailbox_id, version in wanted.items():
            if mailbox_id not in self._fetchers:
                self._fetchers[mailbox_id] = (version, *self._fetcher(mailbox_id))
        self._listen(port)

    def _fetcher(self, mailbox_id: str) -> tuple[threading.Event, threading.Thread]:
        from helpdesk.workflows.mail_fetching import fetch_for_ever  # noqa: PLC0415  IMAP is large

        over = threading.Event()
        thread = threading.Thread(
            target=fetch_for_ever, args=(mailbox_id, over), name="mailbox", daemon=True
        )
        thread.start()
        return over, thread

    def _listen(self, port: int) -> None:
        if self._listener is not None and self._listener.port != port:
            self._listener.stop()
            self._listener = None
        if port and self._listener is None:
            from helpdesk.mail.lmtp import Listener  # noqa: PLC0415  only where it is switched on

            listener = Listener(port, _take)
            try:
                listener.start()
            except OSError as error:
                log.warning("LMTP cannot listen on port %d: %s", port, error)
                return
            self._listener = listener

    def _end_all(self) -> None:
        ended = list(self._fetchers.values())
        for _, over, _ in ended:
            over.set()
        self._fetchers.clear()
        until = clock.monotonic() + LEAVE_S
        for _, _, thread in ended:
            thread.join(max(0.0, until - clock.monotonic()))
        self._listen(0)

    def _close(self) -> None:
        self._end_all()
        if self._sender is not None:
            self._sender.close()
        readers.close()
        with suppress(Exception), begin(ACTOR) as work:
            if self._held:
                leases.give_up(work, LEASE, process_id())


def run(stopping: Any) -> None:
    """Until told to stop; what a worker runs beside its labour."""
    PostOffice(stopping).run()


def _take(mail: Any, sender: str, recipients: Any) -> service.Noted:
    """What comes over LMTP is kept; the next round settles it."""
    return mail_in.take_in(mail, envelope_from=sender, envelope_to=recipients)
