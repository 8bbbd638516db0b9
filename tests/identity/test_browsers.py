"""Browsers are told apart by names their owners know."""

from __future__ import annotations

import pytest

from helpdesk.identity.browsers import named

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    "agent,name",
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/141.0 Safari/537.36", "Chrome, Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/141 Safari/537 Edg/141", "Edge, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1",
         "Safari, iPhone"),
        ("Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
         "Firefox, Android"),
        ("curl/8.5 " + "x" * 200, ("curl/8.5 " + "x" * 200)[:60]),
        (None, ""),
    ],
)  # fmt: skip
def test_a_browser_has_a_name(agent: str | None, name: str) -> None:
    assert named(agent) == name
