"""A listener for LMTP, by which the site's own mail server hands mails over.

Answers 250 only when the mail is kept. Listens on this machine alone: whoever can speak to it is
believed to be the mail server.
"""

from __future__ import annotations

import asyncio
import io
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from aiosmtpd.lmtp import LMTP

from helpdesk.mail.limits import MOST_BYTES_READ

log = logging.getLogger("helpdesk.mail")

MOST_RECIPIENTS = 100
MOST_LINE = 4 * 1024 * 1024
Take = Callable[[BinaryIO, str, Sequence[str]], object]
"""(mail, envelope sender, recipients); raises when the mail could not be kept."""


class _Session(LMTP):
    """Mails hold longer lines than the standard allows, and the server in front let them in."""

    line_length_limit = MOST_LINE


class _Handler:
    def __init__(self, take: Take) -> None:
        self._take = take

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = io.BytesIO(envelope.original_content or envelope.content or b"")
        sender = "" if envelope.mail_from in (None, "<>") else str(envelope.mail_from)
        try:
            await asyncio.to_thread(self._take, mail, sender, tuple(envelope.rcpt_tos))
            answer = "250 2.0.0 Kept"
        except Exception:
            log.exception("a mail over LMTP could not be kept")
            answer = "451 4.3.0 Not kept, try again"
        # LMTP answers for each recipient.
        return "\r\n".join(answer for _ in envelope.rcpt_tos)


class Listener:
    """Runs in a thread of its own from `start` to `stop`."""

    def __init__(self, port: int, take: Take, *, host: str = "127.0.0.1") -> None:
        self.port = port
        self._host = host
        self._handler = _Handler(take)
        self._loop = asyncio.new_event_loop()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._run, name="lmtp", daemon=True)

    def start(self) -> None:
        """Raises OSError when the port is taken."""
        self._server = self._loop.run_until_complete(
            self._loop.create_server(self._session, self._host, self.port)
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread.start()

    def _session(self) -> LMTP:
        return _Session(
            self._handler,
            data_size_limit=MOST_BYTES_READ,
            enable_SMTPUTF8=True,
            command_call_limit={"*": 500},
            timeout=120,
            loop=self._loop,
            ident="Helpdesk",
        )

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def stop(self) -> None:
        async def close() -> None:
            if self._server is not None:
                self._server.close()
            waiting = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)

        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(close(), self._loop).result(5)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
        elif self._server is not None:
            self._server.close()
        self._loop.close()
