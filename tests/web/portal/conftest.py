"""The shop of the portal's tests, and a running installation with a customer's mailbox."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from helpdesk.channels import sites
from helpdesk.core import db, secrets
from helpdesk.core.config import Settings
from helpdesk.core.work import begin
from helpdesk.routing import setup
from tests.real.mail_servers import ImapServer, SmtpServer
from tests.real.server import Installation
from tests.web.portal import scene
from tests.web.portal.at_the_door import ADA, SYSTEM
from tests.web.portal.scene import Shop


@pytest.fixture
def shop(app: Flask, settings: Settings) -> Shop:
    return scene.furnish(app, settings)


@pytest.fixture(scope="module")
def mailbox() -> Iterator[ImapServer]:
    """Ada's own, at her provider."""
    running = ImapServer(user=ADA).start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def installation(mailbox: ImapServer) -> Iterator[Installation]:
    post = SmtpServer(files_into=mailbox).start()
    running = Installation()
    running.extra["SMTP_URL"] = post.url
    running.start_all()
    secrets.configure(running.secret_key)
    db.use(running.database)
    with begin(SYSTEM) as work:
        queue_id = setup.create_queue(work, name="General").id
        sites.create_site(work, name="Shop", queue_id=queue_id, colour="#8a1f5c")
    yield running
    db.use(None)
    running.stop_all()
    post.stop()
