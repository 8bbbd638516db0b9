"""`helpdesk mail deliver`: one mail from standard input, for mail servers that call a program.

Loads only what it needs, since a mail server starts it for each mail. The exit codes are those
that mail servers know: 0 kept, 75 try again.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from helpdesk.core import db, logs, migrating, secrets, work
from helpdesk.core.config import Settings
from helpdesk.core.errors import ConfigError, HelpdeskError
from helpdesk.customers import timeline
from helpdesk.mail import place
from helpdesk.mail.reading import readers
from helpdesk.workflows import mail_in

KEPT = 0
TRY_AGAIN = 75


def deliver(
    settings: Settings, as_json: bool, envelope_from: str | None, envelope_to: tuple[str, ...]
) -> int:
    """Take the mail and print what became of it; the exit code."""
    if not settings.secret_key:
        raise ConfigError(
            f"There is no installation in {settings.data}. Name its folder with --data, or give "
            "HELPDESK_SECRET_KEY and DATABASE_URL."
        )
    migrating.import_models()
    logs.configure("warning")
    secrets.configure(settings.secret_key)
    place.configure(settings)
    database = db.connect(settings.database(), pool=2)
    work.observe(timeline.observe)
    try:
        outcome = mail_in.deliver(
            sys.stdin.buffer, envelope_from=envelope_from, envelope_to=envelope_to
        )
    except (SQLAlchemyError, HelpdeskError, OSError) as error:
        print(f"helpdesk: the mail could not be kept: {error}", file=sys.stderr)
        return TRY_AGAIN
    finally:
        readers.close()
        database.dispose()
    print(json.dumps(told(outcome)) if as_json else _line(outcome))
    return KEPT


def told(outcome: mail_in.Outcome) -> dict[str, Any]:
    """The outcome with the keys that other programs rely on."""
    found: dict[str, Any] = {"outcome": outcome.outcome, "mail": outcome.mail_id}
    if outcome.outcome == "waiting":
        found["outcome"] = "quarantine"
    if outcome.ticket_id is not None:
        found["ticket"] = outcome.ticket_id
        found["number"] = f"T-{outcome.ticket_number}"
    if outcome.reason:
        found["reason"] = outcome.reason
    return found


def _line(outcome: mail_in.Outcome) -> str:
    number = f" T-{outcome.ticket_number}" if outcome.ticket_number else ""
    reason = f" ({outcome.reason})" if outcome.reason else ""
    return f"{outcome.outcome}{number}{reason}"
