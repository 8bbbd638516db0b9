"""Asking a virus scanner (clamd) about files before they are kept. Off where none is named.

A scanner that does not answer lets nothing through: uploads are refused, mails wait. Not for what
becomes of a file that carries something (see `attachments`, `workflows.mail_in`).
"""

from __future__ import annotations

import logging
import socket
import struct
from contextlib import closing
from typing import BinaryIO

from helpdesk.core.errors import Invalid, Unavailable

_PIECE = 256 * 1024
_CONNECT_S, _ANSWER_S, _PING_S = 5.0, 60.0, 1.0
_LONGEST_ANSWER = 4096

log = logging.getLogger(__name__)
_address = ""


class Infected(Invalid):
    """The scanner knows what this is."""

    code = "file_infected"

    def __init__(self, found: str) -> None:
        super().__init__(f"A virus was found in this file ({found}). It was not taken.")
        self.found = found


class Unchecked(Invalid):
    """The scanner looks into files of this size not at all."""

    code = "file_not_checked"

    def __init__(self) -> None:
        super().__init__("This file is too large to be checked for viruses. It was not taken.")


class ScannerAway(Unavailable):
    """Nobody could say whether the file is clean."""

    code = "scanner_away"

    def __init__(self) -> None:
        super().__init__(
            "Files can't be checked for viruses right now, so none are taken. Try again soon."
        )


def configure(address: str) -> None:
    """`host:port`, the path of a socket, or nothing."""
    global _address
    _address = address


def is_on() -> bool:
    return bool(_address)


def answers() -> bool:
    """Whether the scanner is there, asked with little patience."""
    try:
        with closing(_dial(_PING_S)) as line:
            line.settimeout(_PING_S)
            line.sendall(b"zPING\0")
            return _read(line) == "PONG"
    except OSError:
        return False


def need_clean(stream: BinaryIO) -> None:
    """Infected, Unchecked or ScannerAway where it may not be kept; nothing without a scanner."""
    if not _address:
        return
    try:
        told = _ask(stream)
    except OSError as error:
        log.warning("the virus scanner does not answer: %s", type(error).__name__)
        raise ScannerAway from error
    found = told.removeprefix("stream: ")
    if found.endswith(" FOUND"):
        raise Infected("".join(c for c in found[:-6] if c.isprintable())[:80])
    if "size limit" in found:
        raise Unchecked
    if found != "OK":
        log.warning("the virus scanner could not look at a file: %r", told[:200])
        raise ScannerAway


def _ask(stream: BinaryIO) -> str:
    with closing(_dial(_CONNECT_S)) as line:
        line.settimeout(_ANSWER_S)
        line.sendall(b"zINSTREAM\0")
        try:
            while piece := stream.read(_PIECE):
                line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
        except ConnectionError:
            pass  # it has heard enough; its answer says why
        return _read(line)


def _dial(patience: float) -> socket.socket:
    host, _, port = _address.rpartition(":")
    if port.isdecimal():
        return socket.create_connection((host.strip("[]"), int(port)), timeout=patience)
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(patience)
    try:
        line.connect(_address)
    except OSError:
        line.close()
        raise
    return line


def _read(line: socket.socket) -> str:
    told = b""
    while not told.endswith(b"\0") and len(told) < _LONGEST_ANSWER:
        piece = line.recv(_LONGEST_ANSWER)
        if not piece:
            break
        told += piece
    return told.rstrip(b"\0\n").decode("utf-8", "replace")
