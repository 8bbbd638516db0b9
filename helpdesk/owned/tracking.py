"""Addresses of carriers' pages that customers are led to: checked before they are kept. Pure."""

from __future__ import annotations

from urllib.parse import urlsplit

from helpdesk.core.errors import Invalid

LONGEST = 500


def address(text: str, field: str = "tracking_url") -> str:
    """A web address of a host, or nothing; Invalid for every other kind."""
    kept = text.strip()
    if not kept:
        return ""
    if len(kept) > LONGEST:
        raise Invalid(fields={field: f"Use at most {LONGEST} characters."})
    if not kept.isprintable() or any(c in kept for c in " \\\"'<>`"):
        raise Invalid(fields={field: "This is no web address."})
    if not _leads_to_a_host(kept):
        raise Invalid(fields={field: "Give an address that begins with https:// or http://."})
    return kept


def _leads_to_a_host(text: str) -> bool:
    """No other scheme, and no name and password before the host."""
    try:
        parts = urlsplit(text)
        bare = parts.username is None and parts.password is None and parts.port != 0
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname) and bare
    except ValueError:
        return False
