"""Which hosts this program may call because somebody typed an address in: public ones only.

Whoever can name an address (a webhook, a mail host, a calendar feed) must not reach what only this
machine can reach. An address is looked at twice: `check` when it is saved, and `connect` again,
which resolves the name once and dials the very address that it has approved, so that a name which
points elsewhere meanwhile gains nothing. Every refusal says the same, so that nobody can learn
from it what answers inside. The operator lists exceptions in HELPDESK_INNER_HOSTS. Not for what the
operator configures himself (database, Redis).
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias
from urllib.parse import urlsplit

from helpdesk.core.errors import HelpdeskError

Address: TypeAlias = IPv4Address | IPv6Address

LONGEST = 500
PORTS = {"http": 80, "https": 443}
LOWEST_OTHER_PORT = 1024

_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_OUTER_V6 = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Public by their numbers, inner by what stands there: a cloud's host agent, relays of 6to4.
_INNER_V4 = tuple(
    ipaddress.ip_network(text) for text in ("168.63.129.16/32", "192.88.99.0/24", "192.0.0.0/24")
)


class AddressRefused(HelpdeskError):
    """The address is not one to call; deliberately without a reason."""

    code = "address_refused"
    status = 400

    def __init__(self) -> None:
        super().__init__("Use the address of a public host.")


@dataclass(frozen=True, slots=True)
class Place:
    """A web address taken apart: what to dial and what to ask for there."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def host_header(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Exceptions:
    """What the operator allows all the same: networks, and hosts with a port or without."""

    networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def allow(self, host: str, port: int, address: Address | None = None) -> bool:
        if host in self.hosts or f"{host}:{port}" in self.hosts:
            return True
        return address is not None and any(
            address in network for network in self.networks if network.version == address.version
        )


_exceptions = Exceptions()


def configure(inner_hosts: Iterable[str]) -> None:
    """Take the operator's exceptions; called once per process by the composition root."""
    global _exceptions
    networks, hosts = [], set()
    for text in inner_hosts:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError:
            hosts.add(text.lower().rstrip("."))
    _exceptions = Exceptions(tuple(networks), frozenset(hosts))


def place_of(url: str) -> Place:
    """The parts of a web address; AddressRefused for any other kind and for inner addresses.

    Looks nothing up: names pass here, `check` and `connect` resolve them.
    """
    if not url or len(url) > LONGEST or not url.isascii() or not url.isprintable():
        raise AddressRefused
    if "\\" in url or " " in url:
        raise AddressRefused
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressRefused from error
    if parts.scheme not in PORTS or not parts.hostname or "@" in parts.netloc or parts.fragment:
        raise AddressRefused
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = Place(parts.scheme, _host(parts.hostname), port or PORTS[parts.scheme], path)
    if port == 0 or not _port_fits(place):
        raise AddressRefused
    literal = _literal(place.host)
    if literal is not None:
        _require_outer(place.host, place.port, [literal])
    return place


def is_excepted(place: Place) -> bool:
    """Whether the operator has excepted this host."""
    return _exceptions.allow(place.host, place.port, _literal(place.host))


def check(url: str) -> Place:
    """`place_of`, and the name has to lead to public addresses now. Asks the network: call it
    before a transaction is open.
    """
    place = place_of(url)
    resolve(place.host, place.port)
    return place


def resolve(host: str, port: int) -> list[Address]:
    """The addresses of `host`, all of them public or allowed; AddressRefused otherwise."""
    literal = _literal(_host(host))
    if literal is not None:
        found = [literal]
    else:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise AddressRefused from error
        found = list(dict.fromkeys(_numeric(str(row[4][0])) for row in rows))
    if not found:
        raise AddressRefused
    _require_outer(host, port, found)
    return found


def connect(host: str, port: int, *, timeout_s: float) -> socket.socket:
    """A socket to an approved address of `host`, dialled by number.

    AddressRefused where `host` leads inside; OSError where nobody answers.
    """
    last: OSError = OSError("nobody answers")
    for address in resolve(_host(host), port)[:4]:
        try:
            return socket.create_connection((str(address), port), timeout=timeout_s)
        except OSError as error:
            last = error
    raise last


def is_inner(address: Address) -> bool:
    """True for what only this machine or its network can reach, however it is written."""
    if isinstance(address, IPv4Address):
        return (
            not address.is_global
            or address.is_multicast
            or address.is_reserved
            or any(address in network for network in _INNER_V4)
        )
    inside = _v4_inside(address)
    if inside is not None and is_inner(inside):
        return True
    if address.ipv4_mapped is not None or address in _NAT64:
        return False
    return address not in _OUTER_V6 or not address.is_global or address.scope_id is not None


def _v4_inside(address: IPv6Address) -> IPv4Address | None:
    """The IPv4 address that this one stands for, where it does."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFF_FFFF)
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None


def _require_outer(host: str, port: int, found: list[Address]) -> None:
    """One inner address among public ones refuses all: which is dialled must not be luck."""
    for address in found:
        if is_inner(address) and not _exceptions.allow(host, port, address):
            raise AddressRefused


def _host(text: str) -> str:
    """The host in one spelling; AddressRefused for numbers written in odd ways."""
    host = text.lower().removesuffix(".")
    if ":" in host:
        _numeric(host)
        return host
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise AddressRefused
    # 2130706433, 0177.0.0.1, 0x7f.1: resolvers read such names as addresses.
    if _NUMBER.fullmatch(labels[-1]) and _plain_v4(host) is None:
        raise AddressRefused
    return host


def _literal(host: str) -> Address | None:
    return _numeric(host) if ":" in host else _plain_v4(host)


def _plain_v4(host: str) -> IPv4Address | None:
    try:
        return IPv4Address(host)
    except ValueError:
        return None


def _numeric(text: str) -> Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError as error:
        raise AddressRefused from error


def _port_fits(place: Place) -> bool:
    """Web ports and high ones: nobody shall write to mail servers and the like from here."""
    if place.port in PORTS.values() or place.port >= LOWEST_OTHER_PORT:
        return True
    return _exceptions.allow(place.host, place.port)
