"""The REST client, at the address that the installation names."""

from __future__ import annotations

import logging

from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

# Loaded here, before roles are forked, and so held once for all of them.
from twilio.rest.api.v2010 import V2010  # noqa: F401

from helpdesk.core.config import Settings

TIMEOUT_S = 10.0
# It would write down every request, numbers and all.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


def client_of(settings: Settings) -> Client | None:
    """None where no account is set up."""
    if not settings.twilio_account_sid or not settings.twilio_auth_token:
        return None
    client = Client(
        settings.twilio_account_sid,
        settings.twilio_auth_token,
        http_client=TwilioHttpClient(timeout=TIMEOUT_S, max_retries=0),
    )
    if settings.twilio_api_base:
        client.api.base_url = settings.twilio_api_base
    return client
