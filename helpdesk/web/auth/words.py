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


# Why nobody came in by a provider.
PROVIDER = {
    "failed": "Signing in there did not work, and nothing was changed. Try again; if it stays so, "
    "an administrator finds the reason in the log and under Sign-in.",
    "unvouched": "The provider does not vouch for your e-mail address, so we can't tell who you "
    "are.",
    "no_account": "There is no account for you here that this provider leads to. Ask an "
    "administrator.",
    "denied": "You were not signed in there. Try again when you like.",
    "gone": "That took too long, or began in another browser. Start again here.",
    "wait": "Too many tries. Wait a little, then try again.",
}


def provider() -> str:
    """What the address says of a provider."""
    return PROVIDER.get(request.args.get("provider", ""), "")


def note() -> str | None:
    return NOTES.get(request.args.get("note", ""))
