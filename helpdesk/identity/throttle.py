"""Slows down guessing: the more wrong tries, the longer the wait, by account and by network.

A try is written down before it is checked and taken back when it was right, so that many at once
gain nothing. Nobody is locked out for good, and a browser from which somebody has signed in
before counts by itself: strangers who guess cannot keep its owner out.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from helpdesk.core.errors import TooMany
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.identity.models import SignInFailure

WINDOW = timedelta(hours=1)
FREE_ACCOUNT = 5
FREE_NETWORK = 20
LONGEST_S = 300
OF_DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Try:
    """A try that was written down; `take_back` when it was right."""

    id: str
    account_hash: str


def network_of(address: str | None) -> str:
    """The /24 or /64 that an address belongs to: one home or office, whatever the last digits."""
    try:
        ip = ipaddress.ip_address((address or "").split("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return str(ipaddress.ip_network((ip, 24 if ip.version == 4 else 64), strict=False))


def account_hash(purpose: str, account: str) -> str:
    """What stands for an account in the table; known or unknown, it looks the same."""
    return hashlib.sha256(f"{purpose}\0{account}".encode("utf-8", "replace")).hexdigest()


def wait_s(count: int, free: int, last: datetime | None, at: datetime) -> int:
    """Seconds to wait after `count` wrong tries of which `free` cost nothing."""
    if count < free or last is None:
        return 0
    delay = min(2.0 ** min(count - free, 20), LONGEST_S)
    return max(0, math.ceil(delay - (at - last).total_seconds()))


def begin_try(work: Work, account: str, *, address: str | None, device: str | None = None) -> Try:
    """Write a try down; TooMany while the account, its known device or the network has to wait.

    `account` is an `account_hash`; `device` the hash of a known device's token.
    """
    network = OF_DEVICE if device else network_of(address)
    counted = account_hash("device", device) if device else account
    wait = _account_wait(work, counted)
    if not device:
        wait = max(wait, _network_wait(work, network))
    if wait:
        raise TooMany(
            "Too many tries. Wait a little, then try again.", retry_after_s=wait, code="throttled"
        )
    row = SignInFailure(id=new_id(), account_hash=counted, network=network, at=work.at)
    work.session.add(row)
    return Try(row.id, counted)


def take_back(work: Work, tried: Try) -> None:
    """It was right: forget this try and the wrong ones before it."""
    work.session.execute(
        delete(SignInFailure).where(SignInFailure.account_hash == tried.account_hash)
    )


def sweep(work: Work) -> int:
    """Remove tries that no longer count; answers how many."""
    gone = work.session.execute(delete(SignInFailure).where(SignInFailure.at < work.at - WINDOW))
    return int(getattr(gone, "rowcount", 0))


def _account_wait(work: Work, account: str) -> int:
    count, last = work.session.execute(
        select(func.count(), func.max(SignInFailure.at)).where(
            SignInFailure.account_hash == account, SignInFailure.at > work.at - WINDOW
        )
    ).one()
    return wait_s(count, FREE_ACCOUNT, last, work.at)


def _network_wait(work: Work, network: str) -> int:
    count, last = work.session.execute(
        select(func.count(), func.max(SignInFailure.at)).where(
            SignInFailure.network == network, SignInFailure.at > work.at - WINDOW
        )
    ).one()
    return wait_s(count, FREE_NETWORK, last, work.at)
