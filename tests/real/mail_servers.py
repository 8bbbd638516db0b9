"""Real mail servers on loopback: IMAP by pymap in a process, SMTP by aiosmtpd in a thread.

The SMTP server keeps what it takes and can be told to refuse, to hang up, or to be away; with an
IMAP server behind it, it files what it takes there, as a provider does.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult
from imapclient import IMAPClient

from tests.real.ports import free_port
from tests.real.token_server import TokenServer

USER, PASSWORD = "support@shop.example", "correct horse"
STARTS_WITHIN = 600  # tries, ten a second
PATIENCE_S = 60.0


class ImapServer:
    """One mailbox over IMAP4rev1 with IDLE; `put` files a mail as a provider's delivery would.

    With `tokens` it lets in who has a good one, and nobody by a password.
    """

    def __init__(
        self, user: str = USER, password: str = PASSWORD, tokens: TokenServer | None = None
    ) -> None:
        self.user, self.password, self.port = user, password, free_port()
        self.tokens = tokens
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        user = self.user.replace("@", "%40")
        return f"imap://{user}:{self.password.replace(' ', '%20')}@127.0.0.1:{self.port}/INBOX"

    def start(self) -> ImapServer:
        """Answers once it lets somebody in; on another port when its own was taken meanwhile."""
        for _ in range(5):
            self._process = self._launched()
            if self._lets_in(self._process):
                return self
            self.port = free_port()
        raise OSError("the mail server ends as soon as it starts")

    def _launched(self) -> subprocess.Popen[bytes]:
        program = ["-c", "from pymap.main import main; import sys; sys.exit(main())"]
        environment = dict(os.environ)
        if self.tokens is not None:
            program = [str(Path(__file__).with_name("imap_by_token.py"))]
            environment |= {
                "GOOD_TOKENS": str(self.tokens.path),
                "OWN_PASSWORD": self.password,
            }
        return subprocess.Popen(
            [
                sys.executable, "-W", "ignore", *program, "--host", "127.0.0.1", "--port",
                str(self.port), "--no-tls", "--no-service", "managesieve", "--no-service", "admin",
                "dict", "--demo-user", self.user, "--demo-password", self.password,
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=environment,
        )  # fmt: skip

    def _lets_in(self, process: subprocess.Popen[bytes]) -> bool:
        """Ask until it does; False when it has ended by itself.

        By tries, not by the clock: a machine that stood still for a minute is no broken server.
        """
        for tried in range(1, STARTS_WITHIN + 1):
            if process.poll() is not None:
                return False
            try:
                with self.client():
                    return True
            except (OSError, IMAPClient.Error):
                if tried == STARTS_WITHIN:
                    raise
                time.sleep(0.1)
        return False

    @contextlib.contextmanager
    def client(self) -> Any:
        with IMAPClient("127.0.0.1", self.port, ssl=False, timeout=10) as client:
            if self.tokens is None:
                client.login(self.user, self.password)
            else:
                client.oauth2_login(self.user, self.tokens.made())
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


class _LongLines(SMTP):
    line_length_limit = 12_288  # what a line with a token may be (RFC 4954)


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
    tokens: TokenServer | None = None
    """Whose access tokens it wants to see before it takes a mail; None: it takes all."""
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
            return await loop.create_server(self._session, "127.0.0.1", self.port)

        self._server = asyncio.run_coroutine_threadsafe(listen(), loop).result(PATIENCE_S)
        return self

    def _session(self) -> SMTP:
        made = _LongLines(self, loop=self._loop, enable_SMTPUTF8=True, auth_require_tls=False)
        made.command_size_limits["AUTH"] = made.line_length_limit
        return made

    async def auth_XOAUTH2(self, server: Any, args: list[str]) -> AuthResult:
        assert self.tokens is not None
        found = re.fullmatch(rb"user=(.*)\x01auth=Bearer (.*)\x01\x01", base64.b64decode(args[1]))
        if found and self.tokens.good().get(found[2].decode()) == found[1].decode():
            server.session.authenticated = True
            await server.push("235 2.7.0 Accepted")
            return AuthResult(success=False, handled=True)
        await server.challenge_auth(b'{"status":"400","schemes":"Bearer"}')
        return AuthResult(success=False, handled=False)

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.tokens is not None and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        return "250 OK"

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

        asyncio.run_coroutine_threadsafe(close(), loop).result(PATIENCE_S)
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join(PATIENCE_S)
        loop.close()
