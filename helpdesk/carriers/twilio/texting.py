"""Handing texts to Twilio, and finding there what was handed over when its answer was lost.

Not for when to do so (see `helpdesk.workflows.texts_sending`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

import orjson
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.rest import Client

from helpdesk.carriers.errors import TextAway, TextRefused, TextUnsure

LOOKED_AT = 50
CLOCKS_APART = timedelta(minutes=2)
TOO_MANY, NOT_LET_IN, ITS_OWN_FAULT = 429, (401, 403), 500


class TwilioTexts:
    def __init__(self, client: Client) -> None:
        self._client = client

    def send(
        self,
        *,
        to: str,
        from_: str,
        body: str,
        media: Sequence[str] = (),
        content_sid: str = "",
        variables: Mapping[str, str] | None = None,
        callback: str = "",
    ) -> str:
        """Hand one text over, answer its sid. A template goes by its content id, without words."""
        facts: dict[str, object] = {"to": to, "from_": from_}
        if callback:
            facts["status_callback"] = callback
        if content_sid:
            facts["content_sid"] = content_sid
            facts["content_variables"] = orjson.dumps(dict(variables or {})).decode()
        else:
            facts["body"] = body
        if media:
            facts["media_url"] = list(media)
        try:
            return str(self._client.messages.create(**facts).sid)
        except TwilioRestException as error:
            raise _read(error) from None
        except requests.exceptions.ConnectTimeout as error:
            raise TextAway("The carrier does not answer.") from error
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise TextUnsure("The carrier's answer was lost.") from error

    def find(
        self,
        *,
        to: str,
        from_: str,
        body: str | None,
        since: datetime,
        others: Callable[[Sequence[str]], set[str]],
    ) -> str | None:
        """The sid of a text that was handed over since; None when Twilio has none such.

        `body` None: its words are Twilio's own (a template). `others` says which sids are known to
        be other texts. TextAway where Twilio can't be asked.
        """
        try:
            found = self._client.messages.list(to=to, from_=from_, limit=LOOKED_AT)
        except (requests.exceptions.RequestException, TwilioException) as error:
            raise TextAway("The carrier does not answer.") from error
        fitting = [
            str(one.sid)
            for one in found
            if str(one.direction).startswith("outbound")
            and one.date_created is not None
            and one.date_created >= since - CLOCKS_APART
            and (body is None or (one.body or "").strip() == body.strip())
        ]
        taken = others(fitting)
        return next((sid for sid in reversed(fitting) if sid not in taken), None)


def _read(error: TwilioRestException) -> Exception:
    if error.status == TOO_MANY:
        return TextAway("The carrier asks for patience.")
    if error.status in NOT_LET_IN:
        return TextAway("The carrier does not let us in. Check the account's sid and token.")
    if error.status >= ITS_OWN_FAULT:
        return TextUnsure("The carrier has troubles of its own.")
    return TextRefused(
        error.code or None, str(error.msg).partition("HTTP")[2][:200] or str(error.msg)
    )
