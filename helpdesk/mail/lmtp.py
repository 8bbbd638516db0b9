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
from aiosmtpd.smtp import syntax

from helpdesk.mail.limits import MOST_BYTES_READ

log = logging.getLogger("helpdesk.mail")

MOST_RECIPIENTS = 100
_END = b"\r\n.\r\n"
Take = Callable[[BinaryIO, str, Sequence[str]], object]
"""(mail, envelope sender, recipients); raises when the mail could not be kept."""


class _Session(LMTP):
    """Takes a mail as a whole. The library goes line by line: it refuses lines longer than the
    standard allows, which the server in front let in, and a mail of ten million short ones would
    hold everybody else up for minutes.
    """

    line_length_limit = MOST_BYTES_READ

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        if await self.check_helo_needed():
            return
        envelope: Any = self.envelope
        if arg or not envelope.rcpt_tos:
            await self.push("501 Syntax: DATA" if arg else "503 Error: need RCPT command")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            mail = await self._whole_mail()
        except asyncio.CancelledError:
            self._writer.close()
            raise
        envelope.content = envelope.original_content = mail
        told = await self._call_handler_hook("DATA")
        self._set_post_data_state()
        await self.push(told)

    async def _whole_mail(self) -> bytes | None:
        """None: it was too large, and has been read past."""
        # The end is a dot between line breaks, and the first line may be that dot.
        reader: Any = self._reader
        reader._buffer[:0] = b"\r\n"
        is_whole = True
        while True:
            try:
                found: bytes = await reader.readuntil(_END)
            except asyncio.LimitOverrunError as error:
                is_whole = False
                await reader.read(error.consumed)
            else:
                break
        return found.replace(b"\r\n..", b"\r\n.")[2:-3] if is_whole else None


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
        answer = await self._keep(envelope)
        # LMTP answers for each recipient.
        return "\r\n".join(answer for _ in envelope.rcpt_tos)

    async def _keep(self, envelope: Any) -> str:
        if envelope.content is None:
            return "552 5.3.4 Too large"
        sender = "" if envelope.mail_from in (None, "<>") else _storable(envelope.mail_from)
        recipients = tuple(_storable(address) for address in envelope.rcpt_tos)
        try:
            await asyncio.to_thread(self._take, io.BytesIO(envelope.content), sender, recipients)
        except Exception:
            log.exception("a mail over LMTP could not be kept")
            return "451 4.3.0 Not kept, try again"
        return "250 2.0.0 Kept"


def _storable(address: str) -> str:
    """Bytes that are no UTF-8 come as lone surrogates, which no database takes."""
    return address.encode("utf-8", "replace").decode().replace("\0", "")


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
        self._thread.start()
        try:
            listening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
            self._server = listening.result(10)
        except Exception:
            self.stop()
            raise
        self.port = self._server.sockets[0].getsockname()[1]

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(self._session, self._host, self.port)

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
