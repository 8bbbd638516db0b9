"""Ports of loopback for servers of tests, which start a while after their port was chosen.

A port that the kernel gives away for outgoing connections may be taken by one meanwhile; so these
lie below that range, and two processes that look at the same time hardly meet.
"""

from __future__ import annotations

import random
import socket

_BELOW_OUTGOING = range(12_000, 32_000)
_dice = random.SystemRandom()


def free_port() -> int:
    """One that nobody listens on now."""
    for port in _dice.sample(_BELOW_OUTGOING, 200):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("every port that was tried is taken")
