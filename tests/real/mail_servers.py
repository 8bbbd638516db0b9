"""Real mail servers on loopback: IMAP by pymap in a process, SMTP by aiosmtpd in a thread.

The SMTP server keeps what it takes and can be told to refuse, to hang up, or to be away; with an
IMAP server behind it, it files what it takes there, as a provider does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.smtp import SMTP
from imapclient import IMAPClient

USER, PASSWORD = "support@shop.example", "correct horse"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ImapServer:
    """One mailbox over IMAP4rev1 with IDLE; `put` files a mail as a provider's delivery would."""

    def __init__(self, user: str = USER, password: str = PASSWORD) -> None:
        self.user, self.password, self.port = user, password, free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        user = self.user.replace("@", "%40")
        return f"imap://{user}:{self.password.replace(' ', '%20')}@127.0.0.1:{self.port}/INBOX"

    def start(self) -> ImapServer:
        command = "from pymap.main import main; import sys; sys.exit(main())"
        self._process = subprocess.Popen(
            [
                sys.executable, "-W", "ignore", "-c", command, "--host", "127.0.0.1", "--port",
                str(self.port), "--no-tls", "--no-service", "managesieve", "--no-service", "admin",
                "dict", "--demo-user", self.user, "--demo-password", self.password,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 20
        while True:
            try:
                with self.client():
                    return self
            except OSError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.1)

    @contextlib.contextmanager
    def client(self) -> Any:
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            client.login(self.user, self.password)
            client.select_folder("INBOX")
            yield client

    def put(self, *raws: bytes) -> None:
        with self.client() as client:
            for raw in raws:
                client.append("INBOX", raw)

    def unseen(self) -> int:
        with self.client() as client:
            return len(client.search("UNSEEN"))

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


@dataclass
class Taken:
    """A mail that the server took."""

    sender: str
    to: list[str]
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        found = message_from_bytes(self.raw, policy=policy.default)
        assert isinstance(found, EmailMessage)
        return found


@dataclass
class SmtpServer:
    """Takes mails on `port` while it runs; can be stopped and started on the same port."""

    files_into: ImapServer | None = None
    port: int = field(default_factory=free_port)
    taken: list[Taken] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    """Answers to give instead of taking, one per mail; "hang up" takes and breaks the line."""
    _loop: asyncio.AbstractEventLoop | None = None
    _thread: threading.Thread | None = None
    _server: Any = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def start(self) -> SmtpServer:
        # A thread that drives a browser has a loop running already: this one never runs there.
        loop = self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=loop.run_forever, daemon=True)
        self._thread.start()

        async def listen() -> Any:
            return await loop.create_server(
                lambda: SMTP(self, loop=loop, enable_SMTPUTF8=True), "127.0.0.1", self.port
            )

        self._server = asyncio.run_coroutine_threadsafe(listen(), loop).result(10)
        return self

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.answers.pop(0) if self.answers else ""
        if answer and answer != "hang up":
            return answer
        taken = Taken(envelope.mail_from or "", list(envelope.rcpt_tos), envelope.content)
        self.taken.append(taken)
        if self.files_into is not None:
            await asyncio.to_thread(self.files_into.put, taken.raw)
        if answer == "hang up":
            server.transport.abort()
        return "250 2.0.0 OK"

    def stop(self) -> None:
        loop, self._loop = self._loop, None
        if loop is None or self._thread is None:
            return

        async def close() -> None:
            self._server.close()
            rest = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(close(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(5)
        loop.close()
