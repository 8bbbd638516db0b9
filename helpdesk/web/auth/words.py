"""Sentences shown after something was done. The address names them: nobody can write his own."""

from __future__ import annotations

from flask import request

NOTES = {
    "saved": "Saved.",
    "password": "Your password is changed. Other browsers and tokens are signed out.",
    "password_set": "Your password is set. Sign in with it now.",
    "link_asked": "If there is an account with this address, a link is on its way to it.",
    "signed_out": "You are signed out.",
    "off": "Two-step sign-in is off. Other browsers and tokens are signed out.",
    "revoked": "The token no longer works.",
    "ended": "Signed out there.",
}


def note() -> str | None:
    return NOTES.get(request.args.get("note", ""))
