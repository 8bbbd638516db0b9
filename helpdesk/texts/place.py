"""What the environment says of texts; set once by the composition root."""

from __future__ import annotations

from helpdesk.core.config import Settings

_settings: Settings | None = None


def configure(settings: Settings) -> None:
    global _settings
    _settings = settings


def settings() -> Settings:
    if _settings is None:
        raise RuntimeError("nobody said where texts go")
    return _settings
