"""Errors a person or a program can act on; each door turns them into its own form.

`code` is stable for programs, `message` says what happened and what to do. Not for bugs:
those stay ordinary exceptions and become a plain 500 without detail.
"""

from __future__ import annotations

from collections.abc import Mapping


class HelpdeskError(Exception):
    """Base: `status` is the HTTP status a door answers with."""

    code = "error"
    status = 400

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if code is not None:
            self.code = code


class Invalid(HelpdeskError):
    """Input that cannot be taken; `fields` maps a field's name to what is wrong with it."""

    code = "invalid"
    status = 400

    def __init__(
        self,
        message: str = "Please check the marked fields.",
        *,
        fields: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        super().__init__(message, code=code)
        self.fields = dict(fields or {})


class NotSignedIn(HelpdeskError):
    code = "not_signed_in"
    status = 401


class Forbidden(HelpdeskError):
    code = "forbidden"
    status = 403


class NotFound(HelpdeskError):
    """Absent, or not for this actor: the answer is the same so that nothing leaks."""

    code = "not_found"
    status = 404

    def __init__(self, message: str = "There is nothing here.", *, code: str | None = None) -> None:
        super().__init__(message, code=code)


class Conflict(HelpdeskError):
    """The thing changed meanwhile; look again and decide anew."""

    code = "conflict"
    status = 409


class TooMany(HelpdeskError):
    code = "too_many_requests"
    status = 429

    def __init__(self, message: str, *, retry_after_s: int = 1, code: str | None = None) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class Unavailable(HelpdeskError):
    code = "unavailable"
    status = 503


class ConfigError(Exception):
    """The installation is set up wrongly; the text names the setting and the mend."""
