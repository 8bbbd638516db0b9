"""The first-run wizard."""

from __future__ import annotations

from helpdesk.web.setup.wizard import door

__all__ = ["door"]
