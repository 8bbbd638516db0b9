"""Pages are tested without the socket server: its threads belong to a running process."""

from __future__ import annotations

import pytest
from flask import Flask

from helpdesk.app import create_app
from helpdesk.core.config import Settings


@pytest.fixture
def app(settings: Settings) -> Flask:
    application = create_app(settings, sockets=False)
    application.testing = True
    return application
