"""Where `next` may lead: to a path on this host, whatever a browser could read into it (F14)."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest

from helpdesk.web import doors

HOSTS = ("evil.example", "localhost@evil.example", "evil.example%2f..", "evil%E3%80%82example")
# fmt: off
LEADS = (
    "//", "///", "////", "/\\", "\\\\", "\\/", "/\t/", "\t//", " //", "/ /", "https://",
    "HTTPS://", "https:", "https:/", "https:///", "javascript://", "data://", "//\\", "/%09/",
    "/%5c", "/%2f", "%2f%2f", "/%2f%2f", "/%252f%252f", "/.//", "/..//", "/./\\", "/\r\n/",
    "/%0d%0a/", "\x00//", "/\u2028/", "//%00", "/;//", "?//", "#//", "@", "//user:pw@",
    "/\ufeff/", "\u3000//", "/%5c%5c", "\\\t\\", "/\x0b/", "///\\;@", "https:\\\\",
    "http:/\\/\\", "//[::ffff:127.0.0.1]@", "ftp://", "/%2e%2e//", "blob:https://", "x:",
    "vbscript:", "intent://", "/\\/\\", "\x01//", "//\t", "/%0a/", "/%255c%255c", "file:///",
    "/\u202e/", "/\u200b/", "/%E2%80%A8/",
)
# fmt: on


@pytest.mark.parametrize("lead", LEADS)
def test_F14_no_payload_leads_to_another_site(lead: str) -> None:
    for host in HOSTS:
        path = doors.local_path(lead + host, "/")
        target = urlsplit(urljoin("http://localhost/sign-in", path.replace("\\", "/")))
        assert target.netloc == "localhost"
        assert not path.startswith(("//", "/\\"))


def test_F14_there_are_enough_payloads() -> None:
    assert len(LEADS) * len(HOSTS) >= 240


@pytest.mark.parametrize("path", ["/", "/desk", "/desk?chat=1&q=a%20b", "/account/password"])
def test_a_path_of_ours_is_kept(path: str) -> None:
    assert doors.local_path(path, "/else") == path
