"""One mailbox over IMAP: what is new in it, its mails piece by piece, and waiting for more.

The only file that knows the library. Not for what happens with a mail (`workflows.mail_post`).
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, cast

import imapclient
from imapclient.exceptions import IMAPClientError, LoginError
from imapclient.imap4 import IMAP4WithTimeout

from helpdesk.mail import lines
from helpdesk.mail.limits import MOST_BYTES_KEPT

PIECE = 4 * 1024 * 1024
IN_MEMORY = 1024 * 1024
ERRORS = (IMAPClientError, OSError)
NotLetIn = LoginError


class _Line(IMAP4WithTimeout):
    """imaplib over a socket that our own dialler has opened."""

    def __init__(self, host: str, port: int, dial: lines.Dial, *, tls: bool) -> None:
        self._dial, self._tls = dial, tls
        super().__init__(host, port, lines.TIMEOUT_S)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        line = self._dial(self.host, self.port)
        line.settimeout(lines.TIMEOUT_S)
        if self._tls:
            return lines.context().wrap_socket(line, server_hostname=self.host)
        return line


class _Client(imapclient.IMAPClient):
    def __init__(self, host: str, port: int, dial: lines.Dial, *, tls: bool) -> None:
        self._dial, self._over_tls = dial, tls
        timeout = imapclient.SocketTimeout(connect=lines.TIMEOUT_S, read=lines.TIMEOUT_S)
        super().__init__(host, port=port, ssl=False, timeout=timeout)

    def _create_IMAP4(self) -> _Line:
        return _Line(self.host, self.port, self._dial, tls=self._over_tls)


class Inbox:
    """A folder that is open. Everything raises one of ERRORS when the line breaks."""

    def __init__(self, client: _Client) -> None:
        self._client = client

    def new(self) -> list[int]:
        """Mails that nobody has seen, oldest first."""
        return sorted(self._client.search("UNSEEN"))

    @contextmanager
    def mail(self, uid: int) -> Iterator[BinaryIO | None]:
        """The bytes of one mail, fetched in pieces; None when it is gone."""
        known = self._client.fetch([uid], ["RFC822.SIZE"]).get(uid)
        if known is None:
            yield None
            return
        size = int(known[b"RFC822.SIZE"])
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as out:
            at = 0
            # One byte more than is kept, so that what is cut is seen to be cut.
            while at < min(size, MOST_BYTES_KEPT + 1):
                piece = self._piece(uid, at, min(PIECE, size - at))
                if not piece:
                    break
                out.write(piece)
                at += len(piece)
            out.seek(0)
            yield cast("BinaryIO", out)

    def _piece(self, uid: int, at: int, count: int) -> bytes:
        found = self._client.fetch([uid], [f"BODY.PEEK[]<{at}.{count}>"]).get(uid, {})
        key = next((k for k in found if k.startswith(b"BODY[]")), None)
        return bytes(found[key] or b"") if key is not None else b""

    def seen(self, uid: int) -> None:
        """Mark the mail as ours; after that it is not offered again."""
        self._client.add_flags([uid], [imapclient.SEEN], silent=True)

    @property
    def can_wait(self) -> bool:
        return bool(self._client.has_capability("IDLE"))

    def begin_waiting(self) -> None:
        self._client.idle()

    def heard(self, seconds: float) -> bool:
        """Whether the server said something within so many seconds."""
        told: list[Any] = self._client.idle_check(timeout=seconds)
        return any(isinstance(x, tuple) and len(x) > 1 and x[1] in (b"EXISTS", b"RECENT")
                   for x in told)  # fmt: skip

    def end_waiting(self) -> None:
        self._client.idle_done()

    def stay(self) -> None:
        self._client.noop()


@contextmanager
def opened(
    server: dict[str, Any], *, password: str = "", access_token: str = "", dial: lines.Dial
) -> Iterator[Inbox]:
    """Sign in and open the folder; raises one of ERRORS or AddressRefused."""
    client = _Client(server["host"], int(server["port"]), dial, tls=server.get("security") == "tls")
    try:
        if server.get("security") == "starttls":
            client.starttls(lines.context())
        if access_token:
            client.oauth2_login(server["user"], access_token)
        else:
            client.login(server["user"], password)
        client.select_folder(server.get("folder") or "INBOX")
        yield Inbox(client)
    finally:
        try:
            client.logout()
        except Exception:
            client.shutdown()
