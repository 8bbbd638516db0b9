"""The guide and traffic panel of demo installations, and a telephone to ring them up."""

from __future__ import annotations

from helpdesk.web.demo import telephone as _telephone  # noqa: F401  its views stand at the door
from helpdesk.web.demo.panel import EXTENSION, door

__all__ = ["EXTENSION", "door"]
