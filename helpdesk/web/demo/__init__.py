"""The guide and traffic panel of demo installations."""

from __future__ import annotations

from helpdesk.web.demo.panel import EXTENSION, door

__all__ = ["EXTENSION", "door"]
