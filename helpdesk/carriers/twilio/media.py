"""Fetching files of texts and calls: from Twilio's hosts alone, whatever address a hook names.

Each address on the way is looked at again, so a redirect leads nowhere else either. The account's
password goes to the API alone, never to the hosts where the bytes lie.
"""

from __future__ import annotations

import base64
import http.client
import re
import socket
import ssl
import tempfile
from functools import cache
from typing import BinaryIO, cast
from urllib.parse import urljoin, urlsplit

from helpdesk.carriers.errors import NotFetched, NotNow
from helpdesk.core import addresses
from helpdesk.core.addresses import AddressRefused
from helpdesk.core.config import Settings

API = "api.twilio.com"
BYTES_AT = ("mms.twiliocdn.com", "media.twiliocdn.com")
MOST_HOPS = 3
TIMEOUT_S = 20.0
IN_MEMORY = 4 * 1024 * 1024  # what is larger waits on the disk
_PIECE = 256 * 1024
_RECORDING = re.compile(r"RE[0-9a-f]{32}")
_REDIRECTS = (301, 302, 303, 307, 308)


def is_recording(sid: str) -> bool:
    """Whether it has the form of a recording's id: what a hook names becomes part of an address."""
    return _RECORDING.fullmatch(sid) is not None


def recording_address(settings: Settings, sid: str) -> str:
    """Where the sound of a recording lies at the carrier, whatever address a hook names."""
    base = (settings.twilio_api_base or f"https://{API}").rstrip("/")
    account = settings.twilio_account_sid
    return f"{base}/2010-04-01/Accounts/{account}/Recordings/{sid}.wav"


def may_fetch(settings: Settings, url: str) -> bool:
    """Whether the address is one of the carrier's; nothing is asked of any other."""
    parts = urlsplit(url) if url.isascii() and url.isprintable() else None
    if parts is None or "@" in parts.netloc or "\\" in url:
        return False
    if _is_api(settings, url):
        return True
    return parts.scheme == "https" and parts.netloc.lower() in BYTES_AT


def fetch(settings: Settings, url: str, *, most: int) -> BinaryIO:
    """The bytes, at most `most` of them."""
    for _ in range(MOST_HOPS + 1):
        if not may_fetch(settings, url):
            raise NotFetched("its address is not the carrier's")
        line = _dial(settings, url)
        try:
            response = _ask(settings, line, url)
            if response.status not in _REDIRECTS:
                return _read(response, most)
            url = urljoin(url, response.headers.get("Location", ""))
        except http.client.HTTPException as error:
            raise NotNow("what the carrier answered is not HTTP") from error
        except OSError as error:
            raise NotNow("the carrier does not answer") from error
        finally:
            line.close()
    raise NotFetched("it leads in a circle")


def _is_api(settings: Settings, url: str) -> bool:
    """Twilio's own API, or the one that the operator named in its place."""
    if settings.twilio_api_base:
        own = urlsplit(settings.twilio_api_base)
        asked = urlsplit(url)
        return (asked.scheme, asked.netloc) == (own.scheme, own.netloc)
    parts = urlsplit(url)
    return parts.scheme == "https" and parts.netloc.lower() == API


def _dial(settings: Settings, url: str) -> socket.socket:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    try:
        if settings.twilio_api_base and _is_api(settings, url):
            line = socket.create_connection((host, port), timeout=TIMEOUT_S)  # the operator's word
        else:
            line = addresses.connect(host, port, timeout_s=TIMEOUT_S)
        if parts.scheme != "https":
            return line
        return _trust().wrap_socket(line, server_hostname=host)
    except AddressRefused as error:
        raise NotFetched("its address leads inside") from error
    except OSError as error:
        raise NotNow("the carrier does not answer") from error


def _ask(settings: Settings, line: socket.socket, url: str) -> http.client.HTTPResponse:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc)
    connection.sock = line
    headers = {"User-Agent": "Helpdesk-Texts/1", "Connection": "close"}
    if _is_api(settings, url):
        known = f"{settings.twilio_account_sid}:{settings.twilio_auth_token}"
        headers["Authorization"] = "Basic " + base64.b64encode(known.encode()).decode()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection.request("GET", path, headers=headers)
    return connection.getresponse()


def _read(response: http.client.HTTPResponse, most: int) -> BinaryIO:
    if response.status in (404, 410):
        raise NotFetched("the carrier does not have it any more")
    if response.status != 200:
        raise NotNow(f"the carrier answered {response.status}")
    if (response.length or 0) > most:
        raise NotFetched(f"it is larger than {most // 1024 // 1024} MB")
    held = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  the caller reads it
    try:
        while piece := response.read(_PIECE):
            held.write(piece)
            if held.tell() > most:
                raise NotFetched(f"it is larger than {most // 1024 // 1024} MB")
        held.seek(0)
    except BaseException:
        held.close()
        raise
    return cast("BinaryIO", held)


@cache
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
