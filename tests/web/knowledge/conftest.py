"""Signed-in browsers of the roles that meet the knowledge area."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.web.signed_in import Browser, browser_as


@pytest.fixture
def agent(app: Flask) -> Browser:
    return browser_as(app, "agent")


@pytest.fixture
def supervisor(app: Flask) -> Browser:
    return browser_as(app, "supervisor")


@pytest.fixture
def admin(app: Flask) -> Browser:
    return browser_as(app, "admin")
