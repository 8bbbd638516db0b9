"""Hands a mail to a mail server over SMTP. DKIM and delivery from there are the server's affair.

"Sent" means that the server has taken the mail. When the line dies after the text was given and
before the server answered, nobody can know: the mail is tried again with the same id, so that of
two copies one can be told for what it is.
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from helpdesk.core.addresses import AddressRefused
from helpdesk.mail import lines
from helpdesk.mail.mailboxes import PORTS

_SIGN_IN_FIRST = (530, 534, 535, 538)


class Refused(Exception):
    """The server will not take this mail, now (`for_good` False) or ever."""

    def __init__(self, text: str, *, for_good: bool) -> None:
        super().__init__(text)
        self.for_good = for_good


class Away(Exception):
    """No mail can be handed over now: the server is not there, or doesn't let us in."""


class NotLetIn(Away):
    """The server is there and does not take our name with this password or token."""


class _Plain(smtplib.SMTP):
    dial: lines.Dial

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = self.dial(host, port)
        line.settimeout(timeout)
        return line


class _Tls(smtplib.SMTP_SSL):
    dial: lines.Dial

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        line = self.dial(host, port)
        line.settimeout(timeout)
        return self.context.wrap_socket(line, server_hostname=host)


def server_of(url: str) -> tuple[dict[str, Any], str]:
    """The server and password that SMTP_URL names: `smtp://user:password@host:587?starttls=1`."""
    parts = urlsplit(url)
    asked = parse_qs(parts.query)
    security = "tls" if parts.scheme == "smtps" else "starttls" if "starttls" in asked else "none"
    server = {
        "host": parts.hostname or "localhost",
        "port": parts.port or PORTS["smtp"][security],
        "security": security,
        "user": unquote(parts.username or ""),
        "sign_in": "password",
    }
    return server, unquote(parts.password or "")


class Relay:
    """A server that takes our mails; the line is kept for the next one. Not for two threads."""

    def __init__(
        self, server: dict[str, Any], *, password: str, access_token: str = "", dial: lines.Dial
    ) -> None:
        self._server = server
        self._password = password
        self._token = access_token
        self._dial = dial
        self._line: smtplib.SMTP | None = None

    def send(self, raw: bytes, *, envelope_from: str, to: str) -> None:
        """Hand one mail over; Refused or Away when that fails."""
        try:
            self._live_line().sendmail(envelope_from, [to], raw)
        except smtplib.SMTPNotSupportedError as error:
            raise Refused("The mail server cannot write to this address.", for_good=True) from error
        except smtplib.SMTPServerDisconnected as error:
            self.close()
            raise Away(lines.told(error)) from error
        except smtplib.SMTPSenderRefused as error:
            self.close()
            if _code(error) in _SIGN_IN_FIRST:
                raise NotLetIn(_said(error)) from error
            raise Refused(_said(error), for_good=_code(error) >= 500) from error
        except smtplib.SMTPAuthenticationError as error:
            self.close()
            raise NotLetIn(_said(error)) from error
        except (smtplib.SMTPConnectError, smtplib.SMTPHeloError) as error:
            self.close()
            raise Away(_said(error)) from error
        except smtplib.SMTPException as error:
            self._reset()
            raise Refused(_said(error), for_good=_code(error) >= 500) from error
        except OSError as error:
            self.close()
            raise Away(lines.told(error)) from error

    def _live_line(self) -> smtplib.SMTP:
        """The line, opened anew where the server has closed it meanwhile."""
        if self._line is not None:
            try:
                if self._line.noop()[0] == 250:
                    return self._line
            except smtplib.SMTPServerDisconnected:
                pass
            self.close()
        self._line = self._connect()
        return self._line

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        kind = _Tls if server["security"] == "tls" else _Plain
        line = kind(timeout=lines.TIMEOUT_S, local_hostname=socket.getfqdn() or "localhost")
        line.dial = self._dial
        if isinstance(line, _Tls):
            line.context = lines.context()
        setattr(line, "_host", server["host"])  # noqa: B010  starttls checks the name by it
        try:
            self._begin(line)
        except AddressRefused as error:  # a name that leads nowhere may lead somewhere tomorrow
            line.close()
            raise Away(f"{server['host']} is not the name of a public mail server.") from error
        except smtplib.SMTPNotSupportedError as error:
            # It is the server that cannot, whatever the mail.
            line.close()
            raise NotLetIn(lines.told(error)) from error
        except Exception:
            line.close()
            raise
        return line

    def _begin(self, line: smtplib.SMTP) -> None:
        server = self._server
        code, said = line.connect(server["host"], int(server["port"]))
        if code != 220:
            raise smtplib.SMTPConnectError(code, said)
        if server["security"] == "starttls":
            line.starttls(context=lines.context())
        line.ehlo_or_helo_if_needed()
        if server["user"]:
            self._sign_in(line, server["user"])

    def _sign_in(self, line: smtplib.SMTP, user: str) -> None:
        if not self._token:
            line.login(user, self._password)
            return
        said = f"user={user}\1auth=Bearer {self._token}\1\1"
        line.auth("XOAUTH2", lambda challenge=None: said if not challenge else "")

    def _reset(self) -> None:
        try:
            if self._line is not None:
                self._line.rset()
        except (smtplib.SMTPException, OSError):
            self.close()

    def close(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            try:
                line.quit()
            except (smtplib.SMTPException, OSError, ssl.SSLError):
                line.close()


def _code(error: smtplib.SMTPException) -> int:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return int(next(iter(error.recipients.values()))[0])
    return int(getattr(error, "smtp_code", 400))


def _said(error: smtplib.SMTPException) -> str:
    text: Any = getattr(error, "smtp_error", b"") or str(error)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        text = next(iter(error.recipients.values()))[1]
    shown = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"{_code(error)} {' '.join(shown.split())}"[:280]
