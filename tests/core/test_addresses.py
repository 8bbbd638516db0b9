"""Which hosts may be called, however their addresses are written (J7)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator

import pytest

from helpdesk.core import addresses
from helpdesk.core.addresses import AddressRefused

INNER = [
    "http://127.0.0.1/",
    "http://127.0.0.1:6379/",
    "http://127.1/",
    "http://2130706433/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://127.0.0.1./",
    "http://0/",
    "http://0.0.0.0/",
    "http://10.1.2.3/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.100.100.200/",
    "http://168.63.129.16/",
    "http://192.0.0.8/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://240.0.0.1/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[0:0:0:0:0:ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::a00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:4136:e378:8000:63bf:80ff:fffe]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25eth0]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://[2001:db8::1]/",
]
ODD = [
    "",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "example.com",
    "http://",
    "http:///x",
    "http://user:pass@example.com/",
    "http://example.com@127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://exa mple.com/",
    "http://example.com/\r\nHost: 127.0.0.1",
    "http://127。0。0。1/",
    "http://①②⑦.0.0.1/",
    "http://example.com:0/",
    "http://example.com:99999/",
    "http://example.com:25/",
    "http://example.com:22/",
    "http://[::1/",
    "http://-x.example/",
    "http://" + "a" * 600 + ".example/",
]


@pytest.fixture
def no_exceptions() -> Iterator[None]:
    addresses.configure(())
    yield
    addresses.configure(())


@pytest.mark.usefixtures("no_exceptions")
@pytest.mark.parametrize("url", INNER + ODD)
def test_J7_an_address_that_is_not_a_public_web_address_is_refused_at_save(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        addresses.check(url)
    assert refused.value.message == "Use the address of a public host."


@pytest.mark.usefixtures("no_exceptions")
@pytest.mark.parametrize(
    "url",
    [
        "https://93.184.215.14/hook",
        "http://8.8.8.8:8443/a?b=c",
        "https://[2606:4700:4700::1111]/",
        "https://[64:ff9b::808:808]/",
    ],
)
def test_a_public_address_is_taken(url: str) -> None:
    assert addresses.check(url).port in (443, 8443)


@pytest.mark.usefixtures("no_exceptions")
def test_J7_a_name_that_leads_inside_is_refused_at_save_and_at_connect() -> None:
    with pytest.raises(AddressRefused):
        addresses.check("http://localhost:8080/")
    with pytest.raises(AddressRefused):
        addresses.connect("localhost", 8080, timeout_s=1)


@pytest.mark.usefixtures("no_exceptions")
def test_J7_a_name_with_one_inner_address_among_public_ones_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def two(host: str, port: int, **_: object) -> list[object]:
        return [(2, 1, 6, "", (ip, port)) for ip in ("8.8.8.8", "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", two)
    with pytest.raises(AddressRefused):
        addresses.resolve("rebind.example", 80)


@pytest.mark.usefixtures("no_exceptions")
def test_J7_a_name_nobody_knows_is_refused_in_the_same_words_as_one_that_leads_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(AddressRefused, match="Use the address of a public host"):
        addresses.check("http://no-such-name.example/")


@pytest.mark.usefixtures("no_exceptions")
def test_J7_the_approved_address_is_dialled_and_the_name_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked, dialled = [], []

    def turning(host: str, port: int, **_: object) -> list[object]:
        asked.append(host)
        ip = "8.8.8.8" if len(asked) == 1 else "127.0.0.1"
        return [(2, 1, 6, "", (ip, port))]

    def dial(address: tuple[str, int], timeout: float) -> socket.socket:
        dialled.append(address)
        return socket.socket()

    monkeypatch.setattr(socket, "getaddrinfo", turning)
    monkeypatch.setattr(socket, "create_connection", dial)
    addresses.connect("rebind.example", 80, timeout_s=1).close()
    assert (asked, dialled) == (["rebind.example"], [("8.8.8.8", 80)])


def test_the_operators_exceptions_open_what_they_name_and_nothing_else(
    no_exceptions: None,
) -> None:
    addresses.configure(("10.2.0.0/16", "127.0.0.1:9000", "localhost:9001"))
    assert addresses.check("http://10.2.3.4:8080/").host == "10.2.3.4"
    assert addresses.check("http://127.0.0.1:9000/").port == 9000
    assert addresses.resolve("localhost", 9001)
    for url in ("http://10.3.0.1/", "http://127.0.0.1:9001/", "http://localhost:9000/"):
        with pytest.raises(AddressRefused):
            addresses.check(url)
    with pytest.raises(AddressRefused):
        addresses.check("http://[::ffff:10.2.3.4]:8080/")


@pytest.mark.parametrize("text", ["1.1.1.1", "2606:4700:4700::1111"])
def test_well_known_public_resolvers_are_outside(text: str) -> None:
    assert not addresses.is_inner(ipaddress.ip_address(text))
