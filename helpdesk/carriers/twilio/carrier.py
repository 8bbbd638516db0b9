"""Twilio behind the port of carriers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import BinaryIO

from helpdesk.carriers.port import Line, Texts
from helpdesk.carriers.twilio import media, tokens, words
from helpdesk.carriers.twilio.client import client_of
from helpdesk.carriers.twilio.line import TwilioLine
from helpdesk.carriers.twilio.texting import TwilioTexts
from helpdesk.core.config import Settings


class TwilioCarrier:
    def line(self, settings: Settings) -> Line | None:
        client = client_of(settings)
        hooks = f"{settings.base_url.rstrip('/')}/hooks/twilio"
        return TwilioLine(client, hooks) if client is not None else None

    def texts(self, settings: Settings) -> Texts | None:
        client = client_of(settings)
        return TwilioTexts(client) if client is not None else None

    def can_mint(self, settings: Settings) -> bool:
        return tokens.can_mint(settings)

    def access_token(self, settings: Settings, user_id: str) -> str:
        return tokens.access_token(settings, user_id)

    def has_ended(self, told: Mapping[str, str]) -> bool:
        return words.has_ended(told)

    def refusal(self, told: str) -> str:
        return words.refusal(told)

    def is_recording(self, sid: str) -> bool:
        return media.is_recording(sid)

    def recording_address(self, settings: Settings, sid: str) -> str:
        return media.recording_address(settings, sid)

    def fetch(self, settings: Settings, url: str, *, most: int) -> BinaryIO:
        return media.fetch(settings, url, most=most)
