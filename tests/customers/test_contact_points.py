"""Addresses are compared in one form, and nonsense is refused in words."""

from __future__ import annotations

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.customers import contact_points


@pytest.mark.parametrize(
    "given, region, value",
    [
        ("+358 40 123 4567", None, "+358401234567"),
        ("040 123 4567", "FI", "+358401234567"),
        ("040-123 4567", "fi", "+358401234567"),
        ("(020) 7946 0000", "GB", "+442079460000"),
        ("+44 (0)20 7946 0000", None, "+442079460000"),
        ("00 44 20 7946 0000", "FI", "+442079460000"),
    ],
)
def test_a_phone_number_is_kept_in_its_international_form(given, region, value):
    assert contact_points.address("phone", given, region=region).value == value


@pytest.mark.parametrize(
    "given", ["", "12", "040 123 4567", "call me", "+1", "+999999999999999999", "0" * 300, None, 5]
)
def test_what_is_no_phone_number_is_refused_in_words(given):
    with pytest.raises(Invalid) as refusal:
        contact_points.address("phone", given)
    assert refusal.value.fields["phone"].endswith(".")


def test_a_number_that_is_short_for_its_country_reaches_nobody():
    with pytest.raises(Invalid) as refusal:
        contact_points.address("phone", "12", region="DE")
    assert refusal.value.fields == {"phone": "This number has too few or too many digits."}


@pytest.mark.parametrize(
    "given, value",
    [
        ("  Ann.Lee@Example.COM ", "ann.lee@example.com"),
        ("ann+tag@example.com", "ann+tag@example.com"),
        ("o'neill@example.ie", "o'neill@example.ie"),
        ("käthe@bücher.de", "käthe@xn--bcher-kva.de"),
    ],
)
def test_an_email_address_is_kept_in_lower_case_with_an_ascii_domain(given, value):
    assert contact_points.address("email", given).value == value


@pytest.mark.parametrize(
    "given",
    [
        "", "ann", "ann@", "@example.com", "ann@example", "ann@@example.com", "a b@example.com",
        "ann@exa mple.com", "ann@example.com\r\nBcc: x@y.de", "ann@-example.com",
        "ann@example..com",
        "<ann@example.com>", "ann@example.com, bob@example.com", "a" * 65 + "@example.com",
        "ann@" + "a" * 250 + ".com", "ann\u202e@example.com", "ann\0x y@example.com", None,
    ],
)  # fmt: skip
def test_what_is_no_email_address_is_refused_in_words(given):
    with pytest.raises(Invalid) as refusal:
        contact_points.address("email", given)
    assert "email" in refusal.value.fields


def test_an_external_id_is_kept_as_it_is_but_without_line_breaks():
    assert contact_points.address("external", " Ab-12/ö ").value == "Ab-12/ö"
    for wrong in ("", "a\nb", "x" * 300):
        with pytest.raises(Invalid):
            contact_points.address("external", wrong)


def test_an_unknown_kind_of_address_is_refused():
    with pytest.raises(Invalid):
        contact_points.address("pigeon", "coo")
