"""People and teams as screens list them. Not for changing them (see `service`)."""

from __future__ import annotations

from sqlalchemy import select

from helpdesk.core.work import Work
from helpdesk.identity.models import User


def anybody_exists(work: Work) -> bool:
    """False only on an installation that nobody has set up yet."""
    return work.session.scalar(select(User.id).limit(1)) is not None
