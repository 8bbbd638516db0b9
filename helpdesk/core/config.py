"""Configuration from the environment, with errors that name the setting and the mend.

Only `load` reads the environment; everything else is handed a `Settings`. Not for what an
administrator changes on screen (see `core.stored_settings`).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from helpdesk.core.errors import ConfigError

EXCHANGE_ACCOUNT = "AC" + "0e" * 16
"""The account at our own exchange (docs/exchange.md). No carrier would give out such a number."""


@dataclass(frozen=True, slots=True)
class Settings:
    """One installation's settings. Durations are seconds, sizes are bytes."""

    data: Path = Path("data")
    secret_key: str = field(default="", repr=False)
    base_url: str = "http://127.0.0.1:8000"
    allowed_hosts: tuple[str, ...] = ()
    trusted_proxies: int = 0
    inner_hosts: tuple[str, ...] = ()
    database_url: str = field(default="", repr=False)
    redis_url: str = field(default="", repr=False)
    bind: str = "127.0.0.1"
    port: int = 8000
    web_threads: int = 400
    web_backlog: int = 512
    log_level: str = "info"
    development: bool = False
    demo: bool = False
    max_upload: int = 15 * 1024 * 1024
    max_import: int = 1024**3
    api_limit: int = 6000
    offer_s_chat: int = 30
    twilio_account_sid: str = ""
    twilio_auth_token: str = field(default="", repr=False)
    twilio_api_base: str = ""
    twilio_api_key: str = ""
    twilio_api_secret: str = field(default="", repr=False)
    twilio_application: str = ""
    stun_urls: tuple[str, ...] = ()
    turn_urls: tuple[str, ...] = ()
    turn_secret: str = field(default="", repr=False)
    turn_only: bool = False
    smtp_url: str = field(default="", repr=False)
    imap_url: str = field(default="", repr=False)
    clamd: str = ""

    @property
    def https(self) -> bool:
        return self.base_url.startswith("https:")

    @property
    def origin(self) -> str:
        """Scheme, host and port of the base URL, as a browser's Origin header writes it."""
        parts = urlsplit(self.base_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names this installation answers to (without port)."""
        own = urlsplit(self.base_url).hostname or ""
        local = ("localhost", "127.0.0.1", "[::1]") if not self.https else ()
        return frozenset({own, *local, *self.allowed_hosts})

    @property
    def has_exchange(self) -> bool:
        """Whether the carrier is the exchange of a demo, where nothing sounds."""
        return self.demo and self.twilio_account_sid == EXCHANGE_ACCOUNT

    @property
    def embedded_database(self) -> bool:
        return not self.database_url or self.database_url.startswith("sqlite")

    def database(self) -> str:
        """SQLAlchemy URL: the one given, else the SQLite file in the data folder."""
        return self.database_url or f"sqlite:///{(self.data / 'helpdesk.db').resolve()}"


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def read(name: str, text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise ConfigError(f"{name} must be a whole number from {low} to {high}, not {text!r}.")
        return number

    return read


def _url(*schemes: str) -> Callable[[str, str], str]:
    def read(name: str, text: str) -> str:
        scheme = urlsplit(text).scheme.split("+")[0]
        if scheme not in schemes:
            raise ConfigError(
                f"{name} must start with one of {', '.join(s + '://' for s in schemes)}."
            )
        return text.rstrip("/") if "http" in schemes else text

    return read


def _text(name: str, text: str) -> str:
    return text


def _path(name: str, text: str) -> Path:
    return Path(text)


def _flag(name: str, text: str) -> bool:
    if text.lower() not in ("0", "1", "true", "false", "yes", "no"):
        raise ConfigError(f"{name} must be 1 or 0, not {text!r}.")
    return text.lower() in ("1", "true", "yes")


def _names(name: str, text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _clamd(name: str, text: str) -> str:
    if not text.startswith("/") and not text.rpartition(":")[2].isdecimal():
        raise ConfigError(f"{name} must be host:port or the path of a socket, not {text!r}.")
    return text


def _servers(*schemes: str) -> Callable[[str, str], tuple[str, ...]]:
    def read(name: str, text: str) -> tuple[str, ...]:
        given = _names(name, text)
        if any(one.partition(":")[0] not in schemes for one in given):
            raise ConfigError(f"{name} lists addresses like {schemes[0]}:turn.example.com:3478.")
        return given

    return read


def _secret(name: str, text: str) -> str:
    if len(text) < 32:
        raise ConfigError(
            f"{name} needs at least 32 characters. Make one with: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        )
    return text


def _database(name: str, text: str) -> str:
    given = "postgresql://" + text[len("postgres://") :] if text.startswith("postgres://") else text
    return _url("postgresql", "sqlite")(name, given)


KNOWN: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "HELPDESK_DATA": ("data", _path),
    "HELPDESK_SECRET_KEY": ("secret_key", _secret),
    "HELPDESK_BASE_URL": ("base_url", _url("http", "https")),
    "HELPDESK_ALLOWED_HOSTS": ("allowed_hosts", _names),
    "HELPDESK_TRUSTED_PROXIES": ("trusted_proxies", _whole(0, 10)),
    "HELPDESK_INNER_HOSTS": ("inner_hosts", _names),
    "HELPDESK_BIND": ("bind", _text),
    "HELPDESK_PORT": ("port", _whole(1, 65535)),
    "HELPDESK_WEB_THREADS": ("web_threads", _whole(8, 4000)),
    "HELPDESK_LOG_LEVEL": ("log_level", _text),
    "HELPDESK_DEVELOPMENT": ("development", _flag),
    "HELPDESK_DEMO": ("demo", _flag),
    "HELPDESK_MAX_UPLOAD": ("max_upload", _whole(1024, 1024**3)),
    "HELPDESK_MAX_IMPORT": ("max_import", _whole(1024, 1024**4)),
    "HELPDESK_API_LIMIT": ("api_limit", _whole(0, 1_000_000)),
    "HELPDESK_CLAMD": ("clamd", _clamd),
    "HELPDESK_STUN_URLS": ("stun_urls", _servers("stun", "stuns")),
    "HELPDESK_TURN_URLS": ("turn_urls", _servers("turn", "turns")),
    "HELPDESK_TURN_SECRET": ("turn_secret", _secret),
    "HELPDESK_TURN_ONLY": ("turn_only", _flag),
    "DATABASE_URL": ("database_url", _database),
    "REDIS_URL": ("redis_url", _url("redis", "rediss", "unix")),
    "TWILIO_ACCOUNT_SID": ("twilio_account_sid", _text),
    "TWILIO_AUTH_TOKEN": ("twilio_auth_token", _text),
    "TWILIO_API_BASE": ("twilio_api_base", _url("http", "https")),
    "TWILIO_API_KEY": ("twilio_api_key", _text),
    "TWILIO_API_SECRET": ("twilio_api_secret", _text),
    "TWILIO_APPLICATION_SID": ("twilio_application", _text),
    "SMTP_URL": ("smtp_url", _url("smtp", "smtps")),
    "IMAP_URL": ("imap_url", _url("imap", "imaps")),
}


def load(environ: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Settings from `environ` (the process's by default), with `given` fields on top.

    Raises ConfigError for an unknown HELPDESK_* name (naming the nearest known one) or a value
    that cannot be used.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for name, text in environ.items():
        if name.startswith("HELPDESK_") and name not in KNOWN:
            raise ConfigError(_unknown(name))
        if name in KNOWN and text != "":
            attribute, read = KNOWN[name]
            values[attribute] = read(name, text)
    return replace(Settings(), **{**values, **given})


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, KNOWN, n=1, cutoff=0.0)
    return f"{name} is not a setting of Helpdesk. Did you mean {near[0]}? Rename or unset it."
