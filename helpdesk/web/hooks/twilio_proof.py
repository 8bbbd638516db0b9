"""The proof that a request is Twilio's, and the facts it carries. Every hook begins here."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from flask import request

from helpdesk.carriers.twilio import signature
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden
from helpdesk.web import doors

HEADER = "X-Twilio-Signature"
LONGEST = 20_000  # characters of one field; none of Twilio's comes near


def carrier() -> Actor:
    """In whose name a hook changes things."""
    return Actor("system", "twilio", address=request.remote_addr)


def facts() -> dict[str, str]:
    """The fields of a verified hook, by name; Forbidden for anything else.

    A body that is no form is only ever vouched for, not read: its facts are those of the address.
    """
    settings = doors.settings()
    is_form = request.mimetype == "application/x-www-form-urlencoded" or request.method == "GET"
    form = {name: request.form.getlist(name) for name in request.form} if is_form else {}
    proved = signature.fits(
        settings.twilio_auth_token,
        _addresses(),
        form,
        request.headers.get(HEADER, ""),
        body=None if is_form else request.get_data(as_text=True),
    )
    found = {name: values[0] for name, values in form.items()}
    of_account = found.get("AccountSid", settings.twilio_account_sid)
    if not proved or of_account != settings.twilio_account_sid:
        raise Forbidden("This hook is not signed by the carrier.", code="bad_signature")
    return {name: text.replace("\0", "")[:LONGEST] for name, text in found.items()}


def _addresses() -> list[str]:
    """Every address under which this hook can have been called."""
    asked = urlsplit(request.url)
    public = urlsplit(doors.settings().base_url)
    tail = (asked.path, asked.query, "")
    hosts = dict.fromkeys((public.netloc, asked.netloc))
    # As it was sent: Flask decodes and encodes a query anew, and signatures are over every letter.
    raw = request.query_string.decode("latin-1")
    tails = dict.fromkeys((tail, (asked.path, raw, "")))
    return [
        urlunsplit((scheme, host, *rest))
        for scheme in dict.fromkeys((public.scheme, asked.scheme, "https"))
        for host in hosts
        for rest in tails
    ]
