"""What `helpdesk up --demo` adds: data filled in once, its logins in DIR/demo.json, a carrier."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from helpdesk.core.actors import system
from helpdesk.core.config import Settings
from helpdesk.core.errors import ConfigError
from helpdesk.core.work import reading
from helpdesk.identity.models import User

Login = dict[str, Any]


def note_path(settings: Settings) -> Path:
    return settings.data / "demo.json"


def is_filled(settings: Settings) -> bool:
    return note_path(settings).exists()


def fill(settings: Settings, progress: Callable[[str], None]) -> None:
    """Fill an empty installation; refuses one that people use. The process must be composed."""
    with reading(system("setup")) as work:
        people = work.session.scalar(select(func.count()).select_from(User)) or 0
    if people:
        raise ConfigError(
            f"{settings.data} holds an installation with users. --demo only fills an empty one: "
            "choose another folder with --data, or start without --demo."
        )
    import helpdesk.demo as company  # noqa: PLC0415  nobody else needs it

    write_note(settings, list(company.fill(settings, progress)))


def write_note(settings: Settings, users: list[Login]) -> None:
    """Keep the logins where only this user can read them; replaced in one step."""
    path = note_path(settings)
    part = path.with_suffix(".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"url": settings.base_url, "users": users}, file, indent=2)
    part.replace(path)


def needs_exchange(settings: Settings) -> bool:
    """A demo has a telephone carrier of its own, unless a real one is named."""
    named = (settings.twilio_account_sid, settings.twilio_auth_token, settings.twilio_api_base)
    return settings.demo and not any(named)


def with_exchange(settings: Settings, listening: socket.socket) -> Settings:
    """Settings with an account at the exchange that will listen there."""
    from helpdesk.demo import telephones  # noqa: PLC0415  nobody else needs it

    return telephones.with_account(settings, listening.getsockname()[1])


def logins(settings: Settings) -> list[Login]:
    """The logins of the demo data, with the address brought up to date."""
    users: list[Login] = json.loads(note_path(settings).read_text("utf-8"))["users"]
    write_note(settings, users)
    return users
