"""Access tokens with which a signed-in agent's page may place calls through our application."""

from __future__ import annotations

from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VoiceGrant

from helpdesk.carriers.twilio.words import identity_of
from helpdesk.core.config import Settings

GOOD_FOR_S = 3600


def can_mint(settings: Settings) -> bool:
    return bool(
        settings.twilio_account_sid
        and settings.twilio_api_key
        and settings.twilio_api_secret
        and settings.twilio_application
    )


def access_token(settings: Settings, user_id: str) -> str:
    """Only for calls that this page places itself: nobody can ring it."""
    token = AccessToken(
        settings.twilio_account_sid,
        settings.twilio_api_key,
        settings.twilio_api_secret,
        identity=identity_of(user_id),
        ttl=GOOD_FOR_S,
    )
    token.add_grant(
        VoiceGrant(outgoing_application_sid=settings.twilio_application, incoming_allow=False)
    )
    return str(token.to_jwt())
