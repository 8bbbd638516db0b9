"""The shop of the portal's tests."""

from __future__ import annotations

import pytest
from flask import Flask

from helpdesk.core.config import Settings
from tests.web.portal import scene
from tests.web.portal.scene import Shop


@pytest.fixture
def shop(app: Flask, settings: Settings) -> Shop:
    return scene.furnish(app, settings)
