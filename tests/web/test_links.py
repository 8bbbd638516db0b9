"""Addresses in plain words made links."""

from __future__ import annotations

import pytest

from helpdesk.web.links import linked


def test_an_address_becomes_a_link_and_its_full_stop_does_not() -> None:
    said = str(linked("Read https://a.example/help?x=1&y=2. Then <b>write</b>."))
    assert '<a href="https://a.example/help?x=1&amp;y=2" target="_blank"' in said
    assert ">https://a.example/help?x=1&amp;y=2</a>. Then &lt;b&gt;write&lt;/b&gt;." in said


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "https://bank.example@evil.example",
        "https://b\u0430nk.example",
        "http://[::1",
        "https://",
        "no address at all",
    ],
)
def test_what_could_deceive_stays_plain_text(text: str) -> None:
    assert "<a" not in linked(text)


def test_what_turns_the_reading_order_is_spelled_out() -> None:
    assert linked("a\u202eb") == "a⟨U+202E⟩b"


def test_nothing_leaves_the_attribute() -> None:
    said = linked('https://a.example/"onclick=alert(1)')
    assert 'href="https://a.example/"' in said
    assert "&#34;onclick" in said
