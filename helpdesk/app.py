"""The composition root: the one file that knows every part.

`compose` readies a process for any role; `create_app` adds the doors of the web role. Not for
rules of any subject.
"""

from __future__ import annotations

import functools
import gc
from typing import Literal

import jinja2
from flask import Blueprint, Flask

from helpdesk import wiring
from helpdesk.carriers import port
from helpdesk.carriers.twilio.carrier import TwilioCarrier
from helpdesk.channels import scanning
from helpdesk.channels.attachments import FolderStore
from helpdesk.core import addresses, db, logs, migrating, redis, secrets
from helpdesk.core.config import Settings
from helpdesk.core.errors import ConfigError
from helpdesk.demo.traffic import Traffic
from helpdesk.field_service import pieces as visit_pieces
from helpdesk.imports import files as import_files
from helpdesk.jobs.measures import RelayMeasures
from helpdesk.mail import place
from helpdesk.realtime import server
from helpdesk.search import meaning, wordllama_model
from helpdesk.texts import place as texts_place
from helpdesk.triage import place as triage_place
from helpdesk.web import (
    admin,
    agent,
    api,
    assets,
    auth,
    demo,
    dispatch,
    doors,
    errors_shown,
    floor,
    health,
    help_centre,
    hooks,
    keeping,
    knowledge,
    measures,
    portal,
    presenting,
    repeating,
    security,
    setup,
    survey,
    technician,
    visit_words,
    visits,
    widget,
)
from helpdesk.workflows import telephone_carrying

# A new door adds its line here; its views carry @allow and a row in tests/web/access_table.py.
DOORS: tuple[Blueprint, ...] = (
    health.door,
    auth.door,
    setup.door,
    widget.door,
    survey.door,
    portal.door,
    help_centre.door,
    visits.door,
    hooks.door,
    agent.door,
    dispatch.door,
    floor.door,
    technician.door,
    api.door,
    admin.door,
    knowledge.door,
    demo.door,
)


def compose(settings: Settings, *, pool: int = 12) -> None:
    """Ready this process for any role: keys, log, database, and who listens to what."""
    if not settings.secret_key:
        raise ConfigError(
            "HELPDESK_SECRET_KEY is not set. Make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    migrating.import_models()
    logs.configure(settings.log_level)
    secrets.configure(settings.secret_key)
    addresses.configure(settings.inner_hosts)
    import_files.configure(settings.data / "imports", settings.data / "attachments")
    visit_pieces.configure(settings.data / "visit-files")
    scanning.configure(settings.clamd)
    if settings.redis_url:
        redis.configure(settings.redis_url)
    if not _connected(settings.database()):
        db.connect(settings.database(), pool=pool)
    place.configure(settings)
    port.choose(TwilioCarrier())
    telephone_carrying.configure(settings)
    texts_place.configure(settings)
    triage_place.configure(settings.data / "triage")
    meaning.choose(wordllama_model.PACKAGES, wordllama_model.WordLlamaModel)
    wiring.wire(FolderStore(settings.data / "attachments"))


def _connected(url: str) -> bool:
    """A process that was forked for a role, or a test, has its database already."""
    try:
        return db.current().url == url
    except RuntimeError:
        return False


def rest_what_is_loaded() -> None:
    """Take the loaded program out of the collector's rounds, and let it make fewer of them.

    For a process that now goes on as one role, and only once: what it holds is kept for good.
    What a supervisor froze before it forked this process is left as it is: a look at it copies it.

    A third of a request's time went into walking modules and mappings that never become garbage.
    """
    if not gc.get_freeze_count():
        gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


@functools.cache
def _count_the_relay() -> None:
    """Once per process, however many applications it makes."""
    measures.REGISTRY.register(RelayMeasures())


def create_app(
    settings: Settings,
    *,
    async_mode: Literal["threading", "gevent"] = "threading",
    sockets: bool = True,
) -> Flask:
    """The web role as a WSGI application; `sockets=False` leaves Socket.IO out (tests of pages)."""
    compose(settings)
    return opened(make_app(settings), settings, async_mode=async_mode, sockets=sockets)


def make_app(settings: Settings) -> Flask:
    """Every page, and nothing that runs: a supervisor makes it once, before roles are forked."""
    app = Flask("helpdesk", static_folder=None, template_folder=str(assets.folder("templates")))
    app.extensions["helpdesk"] = settings
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.jinja_env.undefined = jinja2.StrictUndefined
    app.jinja_env.autoescape = True
    app.jinja_env.auto_reload = settings.development

    doors.furnish(app)
    presenting.register(app)
    visit_words.register(app)
    measures.time_requests(app)
    _count_the_relay()
    keeping.note_use(app)
    security.protect(app, settings)
    errors_shown.show(app)
    for door in DOORS:
        app.register_blueprint(door)
    doors.require_marks(app)
    repeating.repeat_lost_races(app)

    app.extensions[demo.EXTENSION] = Traffic()
    return app


def opened(
    app: Flask,
    settings: Settings,
    *,
    async_mode: Literal["threading", "gevent"] = "threading",
    sockets: bool = True,
) -> Flask:
    """Put sockets, static files and guards in front of the pages; threads run from here on."""
    if sockets:
        server.attach(app, settings, async_mode)
        if settings.demo:
            app.extensions[demo.EXTENSION].start()
    assets.serve(app, development=settings.development)
    security.guard_wsgi(app, settings)
    return app
