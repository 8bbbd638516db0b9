"""Guessing gets slower, by account and by network; a known browser counts by itself (F3)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from helpdesk.core import clock
from helpdesk.core.db import Database
from helpdesk.core.errors import TooMany
from helpdesk.core.work import begin
from helpdesk.identity import sign_in, throttle
from tests.identity.people import PASSWORD, add, nobody


def attempt(email: str, *, address: str = "192.0.2.7", device: str | None = None) -> bool:
    """Whether a wrong try was let through to the password check."""
    with begin(nobody(address)) as work:
        try:
            sign_in.start(work, email, device=device)
        except TooMany:
            return False
    return True


def test_F3_thirty_wrong_passwords_from_rotating_addresses_are_slowed_down(
    database: Database,
) -> None:
    add(email="ada@example.org")
    let_through = sum(attempt("ada@example.org", address=f"198.51.{n}.9") for n in range(30))
    assert let_through == throttle.FREE_ACCOUNT


def test_F3_spraying_over_many_accounts_from_one_network_is_slowed_down(database: Database) -> None:
    let_through = sum(attempt(f"user{n}@example.org", address=f"192.0.2.{n}") for n in range(50))
    assert let_through == throttle.FREE_NETWORK


def test_F3_the_right_password_still_works_from_a_known_browser(database: Database) -> None:
    user_id = add(email="ada@example.org")
    with begin(nobody()) as work:
        device = sign_in.remember_device(work, user_id, None)
    while attempt("ada@example.org"):
        pass
    with begin(nobody()) as work:
        tried = sign_in.start(work, "ada@example.org", device=device)
    right = tried.check(PASSWORD)
    with begin(nobody()) as work:
        assert sign_in.finish(work, tried, right, agent=None) is not None


def test_F3_a_stolen_device_cookie_is_slowed_down_too(database: Database) -> None:
    user_id = add(email="ada@example.org")
    with begin(nobody()) as work:
        device = sign_in.remember_device(work, user_id, None)
    assert sum(attempt("ada@example.org", device=device) for _ in range(30)) == 5


def test_a_device_of_somebody_else_opens_no_side_door(database: Database) -> None:
    add(email="ada@example.org")
    other = add(email="grace@example.org")
    with begin(nobody()) as work:
        device = sign_in.remember_device(work, other, None)
    while attempt("ada@example.org"):
        pass
    assert not attempt("ada@example.org", device=device)


def test_the_wait_grows_with_each_wrong_try_and_ends(database: Database) -> None:
    waits = []
    at = clock.now()
    for _ in range(16):
        with clock.moved_to(at):
            if attempt("ada@example.org"):
                continue
            with begin(nobody()) as work, pytest.raises(TooMany) as caught:
                sign_in.start(work, "ada@example.org")
        waits.append(caught.value.retry_after_s)
        at += timedelta(seconds=caught.value.retry_after_s)
    assert waits == sorted(waits)
    assert waits[0] == 1
    assert waits[-1] <= throttle.LONGEST_S
    with clock.moved_to(at + throttle.WINDOW + timedelta(seconds=1)):
        assert attempt("ada@example.org")
        with begin(nobody()) as work:
            assert throttle.sweep(work) > 0


@pytest.mark.parametrize(
    "one, other, same",
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.9", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
    ],
)
def test_a_network_is_a_24_or_a_64(one: str, other: str, same: bool) -> None:
    assert (throttle.network_of(one) == throttle.network_of(other)) is same


def test_an_address_that_is_none_counts_as_unknown() -> None:
    assert throttle.network_of(None) == throttle.network_of("garbage") == "unknown"
