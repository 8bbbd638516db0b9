"""Demo data and demo traffic. Not for tests, which make what they need themselves."""

from __future__ import annotations

from helpdesk.demo.filling import fill

__all__ = ["fill"]
