"""A line to a mail server: dialled with care, protected where it is to be.

What administrators type in leads to public hosts only, unless they have said that their mail
servers stand inside; what the environment names is the operator's own affair.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable

from helpdesk.core import addresses

TIMEOUT_S = 30.0
Dial = Callable[[str, int], socket.socket]


def dialler(*, inner_allowed: bool) -> Dial:
    """How hosts are called: any, or public ones only."""

    def anywhere(host: str, port: int) -> socket.socket:
        return socket.create_connection((host, port), TIMEOUT_S)

    def outside(host: str, port: int) -> socket.socket:
        return addresses.connect(host, port, timeout_s=TIMEOUT_S)

    return anywhere if inner_allowed else outside


def told(error: Exception) -> str:
    """An error in one short line for a screen, without what a server says of itself at length."""
    text = " ".join(str(error).split())[:200]
    if isinstance(error, addresses.AddressRefused):
        return "This host may not be called. Inner hosts need the setting for it."
    if isinstance(error, ssl.SSLError):
        return f"The protected line could not be opened: {text}"
    if isinstance(error, TimeoutError):
        return "The mail server does not answer."
    if isinstance(error, ConnectionRefusedError):
        return "The mail server refuses the connection."
    return text or type(error).__name__


def context() -> ssl.SSLContext:
    return ssl.create_default_context()
