"""An office for each test, and browsers signed in as its people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from tests.web.agent.office import Office, furnish
from tests.web.signed_in import Browser, browser_as


@pytest.fixture
def office(app: Flask) -> Office:
    return furnish()


@pytest.fixture
def desk_of(app: Flask, office: Office) -> Callable[[str], Browser]:
    """`desk_of("salla")`: her browser."""
    roles = {"root": "admin", "boss": "supervisor"}
    return lambda name: browser_as(app, roles.get(name, "agent"), user_id=office.people[name])
