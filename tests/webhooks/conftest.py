"""Receivers on loopback, which the operator of these tests allows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpdesk.core import addresses
from tests.webhooks.receiver import Receiver, receiver


@pytest.fixture(autouse=True)
def loopback_allowed() -> Iterator[None]:
    addresses.configure(("127.0.0.0/8",))
    yield
    addresses.configure(())


@pytest.fixture
def other_program() -> Iterator[Receiver]:
    with receiver() as running:
        yield running
