"""Orders and questions to Twilio over REST. Each order names a state; said twice it is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from helpdesk.carriers.errors import NotYet, Refused
from helpdesk.carriers.port import Tape
from helpdesk.carriers.twilio import tapes

NO_SUCH, NOT_RUNNING, NOBODY_TO_COACH = 404, 21220, 13240
MAY_PASS = (401, 403, 408, 429)  # a key that is being changed, a busy carrier
LIVE = ("queued", "ringing", "in-progress")
MOST_LISTED = 2000
RINGS_S = 40  # how long somebody is rung; the carrier's networks often give up before
CLOCKS_DIFFER = timedelta(seconds=10)


class TwilioLine:
    """`hooks` is the address under which our hooks are reached, without a slash at its end."""

    def __init__(self, client: Client, hooks: str) -> None:
        self._client = client
        self._hooks = hooks

    def move(self, sid: str, *, was_tried: bool, room: str) -> None:
        """The caller is to ask us anew where to be. Where they are already there is nothing to do.

        Only after a try of which nobody knows what came of it: it would be heard as a gap.
        """
        if was_tried and room and self._is_in(room, sid):
            return
        with _spoken():
            self._client.calls(sid).update(url=f"{self._hooks}/voice/next", method="POST")

    def seat(self, sid: str, room: str, wanted: Mapping[str, Any], *, known: str) -> None:
        """Hold, mute, and whom alone the party is heard by. `known`: see `_change`."""
        changes: dict[str, Any] = {}
        if "hold" in wanted:
            changes["hold"] = wanted["hold"]
            if wanted["hold"]:
                changes |= {"hold_url": f"{self._hooks}/voice/hold", "hold_method": "POST"}
        if "muted" in wanted:
            changes["muted"] = wanted["muted"]
            changes["coaching"] = bool(wanted.get("coached"))
            if wanted.get("coached"):
                changes["call_sid_to_coach"] = wanted["coached"]
        self._change(sid, room, known, changes)

    def announce(self, sid: str, room: str, text: str, *, known: str) -> None:
        """Words that this party alone hears over the conversation. `known`: see `_change`."""
        said = {"announce_url": f"{self._hooks}/voice/say/{text}", "announce_method": "POST"}
        self._change(sid, room, known, said)

    def _change(self, sid: str, room: str, known: str, changes: Mapping[str, Any]) -> None:
        """`known` is the conference that the party was last told to be in, if any: looking for it
        by its name costs a request more. A room may have had several, one after the other.
        """
        refused: Exception | None = None
        if known:
            try:
                self._sits(known, sid, changes)
                return
            except (NotYet, Refused) as error:
                refused = error
        with _spoken():
            found = self._conference(room)
        if refused is not None and found == known:
            raise refused
        self._sits(found, sid, changes)

    def _sits(self, conference: str, sid: str, changes: Mapping[str, Any]) -> None:
        with _spoken():
            self._client.conferences(conference).participants(sid).update(**changes)

    def dial(self, dialled_id: str, wanted: Mapping[str, Any], *, was_tried: bool) -> str:
        """Ring somebody; answers the carrier's id of the line.

        After a try of which nobody knows what came of it the carrier is asked first: nobody's
        telephone rings twice.
        """
        if was_tried and (known := self._dialled_before(wanted)):
            return known
        detection: dict[str, Any] = {}
        told_at = f"{self._hooks}/status?dialled={dialled_id}"
        if wanted["detects"]:
            # Beside the call: whoever answers is not kept waiting in silence for the verdict.
            detection = {
                "machine_detection": "Enable",
                "async_amd": "true",
                "async_amd_status_callback": told_at,
                "async_amd_status_callback_method": "POST",
            }
        with _spoken():
            call = self._client.calls.create(
                to=wanted["to"],
                from_=wanted["caller_id"],
                url=f"{self._hooks}/voice/dialled/{dialled_id}",
                method="POST",
                fallback_url=f"{self._hooks}/voice/fallback",
                fallback_method="POST",
                status_callback=told_at,
                status_callback_method="POST",
                status_callback_event=["initiated", "ringing", "answered", "completed"],
                timeout=RINGS_S,
                **detection,
            )
        return str(call.sid)

    def bridge(self, bridge_id: str, wanted: Mapping[str, Any], *, was_tried: bool) -> str:
        """Ring one of ours, whom the hook then connects with somebody else."""
        if was_tried and (known := self._dialled_before(wanted)):
            return known
        with _spoken():
            call = self._client.calls.create(
                to=wanted["to"],
                from_=wanted["caller_id"],
                url=f"{self._hooks}/voice/masked/{bridge_id}",
                method="POST",
                timeout=RINGS_S,
            )
        return str(call.sid)

    def _dialled_before(self, wanted: Mapping[str, Any]) -> str | None:
        since = datetime.fromisoformat(wanted["since"]) - CLOCKS_DIFFER
        with _spoken():
            found = self._client.calls.list(to=wanted["to"], from_=wanted["caller_id"], limit=20)
        for call in found:
            if call.date_created is not None and call.date_created >= since:
                return str(call.sid)
        return None

    def hang_up(self, sid: str) -> None:
        try:
            with _spoken():
                self._client.calls(sid).update(status="completed")
        except NotYet:
            return  # it is over, or never was

    def tape(self, line: str, sid: str, state: str, *, is_new: bool) -> tuple[str, str]:
        """Bring the recording of that line into this state: running, paused or over.

        Answers the state that the carrier says it is in (`none`: nothing records) and its sid.
        """
        with _spoken():
            told_at = f"{self._hooks}/voice/taped"
            return tapes.bring(self._client, line, sid, state, told_at=told_at, is_new=is_new)

    def tape_of(self, line: str, sid: str) -> Tape | None:
        with _spoken():
            return tapes.find(self._client, line, sid)

    def forget_tape(self, sid: str) -> None:
        """Delete it at the carrier; NotYet while it is still being made."""
        with _spoken():
            tapes.forget(self._client, sid)

    def live_calls(self) -> set[str]:
        """The sids of all calls of the account that are under way."""
        found: set[str] = set()
        for status in LIVE:
            calls = self._client.calls.list(status=status, limit=MOST_LISTED, page_size=1000)
            found |= {call.sid for call in calls}
        return found

    def is_live(self, sid: str) -> bool:
        try:
            with _spoken():
                return self._client.calls(sid).fetch().status in LIVE
        except NotYet:
            return False

    def _conference(self, room: str) -> str:
        found = self._client.conferences.list(
            friendly_name=room, status="in-progress", limit=1
        ) or self._client.conferences.list(friendly_name=room, status="init", limit=1)
        if not found:
            raise NotYet("The conference is not there.")
        return str(found[0].sid)

    def _is_in(self, room: str, sid: str) -> bool:
        try:
            with _spoken():
                self._client.conferences(self._conference(room)).participants(sid).fetch()
        except NotYet:
            return False
        return True


@contextmanager
def _spoken() -> Iterator[None]:
    """The vendor's errors as ours: not there (yet), refused for good, or anything else."""
    try:
        yield
    except TwilioRestException as error:
        told = f"{error.status} {error.code or ''} {error.msg}"[:300]
        if error.status == NO_SUCH or error.code in (NOT_RUNNING, NOBODY_TO_COACH):
            raise NotYet(told) from error
        if 400 <= error.status < 500 and error.status not in MAY_PASS:
            raise Refused(told) from error
        raise
