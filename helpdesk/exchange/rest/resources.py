"""How resources are written into answers, and what the handlers of the REST API share in values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helpdesk.exchange.calls import Call, Watch
from helpdesk.exchange.messages import Message, segments
from helpdesk.exchange.parameters import API_VERSION, rfc2822
from helpdesk.exchange.queues import Member, Queue
from helpdesk.exchange.recordings import Recording
from helpdesk.exchange.rest.requests import Asked, Takes
from helpdesk.exchange.rooms import Participant, Room
from helpdesk.exchange.switch import Application, Number, Switch
from helpdesk.exchange.values import Check, anything, whole

Json = dict[str, Any]
AS_FILE = "#"  # ends the address of a route that gives a file: one without .json
PAGING: dict[str, Check] = {
    "Page": whole(0, 10**6), "PageSize": whole(1, 1000), "PageToken": anything,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Listed:
    """All that a list has; one page of it goes out."""

    name: str
    items: list[Json]


@dataclass(frozen=True, slots=True)
class Made:
    body: Json


@dataclass(frozen=True, slots=True)
class File:
    data: bytes
    content_type: str


# What a handler gives back: a resource, a list, a new resource, a file, or nothing.
Outcome = Json | Listed | Made | File | None
Route = tuple[str, str, Takes, Callable[[Switch, Asked], Outcome]]


def uri(switch: Switch, inside: str) -> str:
    return f"/2010-04-01/Accounts/{switch.account.sid}/{inside}.json"


def when(at: datetime | None) -> str | None:
    return rfc2822(at) if at else None


def of_call(switch: Switch, call: Call) -> Json:
    here = f"Calls/{call.sid}"
    return {
        "sid": call.sid,
        "account_sid": switch.account.sid,
        "parent_call_sid": call.parent.sid if call.parent else None,
        "from": call.from_,
        "from_formatted": call.from_,
        "to": call.to,
        "to_formatted": call.to,
        "phone_number_sid": call.number_sid or None,
        "status": call.status,
        "direction": call.direction,
        "start_time": when(call.answered_at or call.created_at),
        "end_time": when(call.ended_at),
        "duration": str(call.duration()) if call.ended_at else None,
        "answered_by": call.answered_by or None,
        "forwarded_from": call.forwarded_from or None,
        "caller_name": call.caller_name or None,
        "queue_time": str(round(call.queued_seconds * 1000)),
        "price": None,
        "price_unit": "USD",
        "group_sid": None,
        "trunk_sid": None,
        "annotation": None,
        "api_version": API_VERSION,
        "date_created": when(call.created_at),
        "date_updated": when(call.updated_at),
        "uri": uri(switch, here),
        "subresource_uris": {"recordings": uri(switch, f"{here}/Recordings")},
    }


def of_room(switch: Switch, room: Room) -> Json:
    here = f"Conferences/{room.sid}"
    return {
        "sid": room.sid,
        "account_sid": switch.account.sid,
        "friendly_name": room.name,
        "status": room.status,
        "region": "us1",
        "reason_conference_ended": room.ended_because or None,
        "call_sid_ending_conference": room.ended_by or None,
        "api_version": API_VERSION,
        "date_created": when(room.created_at),
        "date_updated": when(room.updated_at),
        "uri": uri(switch, here),
        "subresource_uris": {
            "participants": uri(switch, f"{here}/Participants"),
            "recordings": uri(switch, f"{here}/Recordings"),
        },
    }


def of_participant(switch: Switch, room: Room, one: Participant) -> Json:
    return {
        "call_sid": one.call.sid,
        "conference_sid": room.sid,
        "account_sid": switch.account.sid,
        "label": one.label or None,
        "muted": one.muted,
        "hold": one.hold,
        "coaching": bool(one.coaching),
        "call_sid_to_coach": one.coaching or None,
        "start_conference_on_enter": one.starts,
        "end_conference_on_exit": one.ends,
        "status": participant_status(one.call),
        "queue_time": "0",
        "date_created": when(one.joined_at),
        "date_updated": when(one.updated_at),
        "uri": uri(switch, f"Conferences/{room.sid}/Participants/{one.call.sid}"),
    }


def participant_status(call: Call) -> str:
    known = {"queued": "queued", "ringing": "ringing", "in-progress": "connected",
             "completed": "complete"}  # fmt: skip
    return known.get(call.status, "failed")


def of_recording(switch: Switch, recording: Recording) -> Json:
    url = f"{switch.account.base}/2010-04-01/Accounts/{switch.account.sid}"
    seconds = round(recording.seconds(switch.now()))
    return {
        "sid": recording.sid,
        "account_sid": switch.account.sid,
        "call_sid": recording.call_sid or None,
        "conference_sid": recording.room_sid or None,
        "status": recording.status,
        "start_time": when(recording.started_at),
        "duration": None if recording.live else str(seconds),
        "channels": recording.channels,
        "source": recording.source,
        "track": recording.track,
        "error_code": None,
        "price": None,
        "price_unit": "USD",
        "encryption_details": None,
        "media_url": f"{url}/Recordings/{recording.sid}",
        "api_version": API_VERSION,
        "date_created": when(recording.started_at),
        "date_updated": when(recording.updated_at),
        "uri": uri(switch, f"Recordings/{recording.sid}"),
        "subresource_uris": {},
    }


def of_queue(switch: Switch, queue: Queue) -> Json:
    return {
        "sid": queue.sid,
        "account_sid": switch.account.sid,
        "friendly_name": queue.name,
        "current_size": len(queue.members),
        "max_size": queue.max_size,
        "average_wait_time": queue.average_wait(switch.now()),
        "date_created": when(queue.created_at),
        "date_updated": when(queue.updated_at),
        "uri": uri(switch, f"Queues/{queue.sid}"),
        "subresource_uris": {"members": uri(switch, f"Queues/{queue.sid}/Members")},
    }


def of_member(switch: Switch, queue: Queue, member: Member) -> Json:
    return {
        "call_sid": member.call.sid,
        "queue_sid": queue.sid,
        "position": queue.position(member) if member in queue.members else 0,
        "wait_time": round((switch.now() - member.since).total_seconds()),
        "date_enqueued": when(member.since),
        "uri": uri(switch, f"Queues/{queue.sid}/Members/{member.call.sid}"),
    }


def of_message(switch: Switch, message: Message) -> Json:
    here = f"Messages/{message.sid}"
    return {
        "sid": message.sid,
        "account_sid": switch.account.sid,
        "from": message.from_ or None,
        "to": message.to,
        "body": message.body,
        "status": message.status,
        "direction": message.direction,
        "num_media": str(len(message.media)),
        "num_segments": str(segments(message.body)),
        "messaging_service_sid": message.service_sid or None,
        "error_code": message.error_code,
        "error_message": None,
        "price": None,
        "price_unit": "USD",
        "api_version": API_VERSION,
        "date_created": when(message.created_at),
        "date_updated": when(message.updated_at),
        "date_sent": when(message.sent_at),
        "uri": uri(switch, here),
        "subresource_uris": {"media": uri(switch, f"{here}/Media")},
    }


def of_number(switch: Switch, number: Number) -> Json:
    return {
        "sid": number.sid,
        "account_sid": switch.account.sid,
        "phone_number": number.number,
        "friendly_name": number.number,
        "voice_url": number.voice.url if number.voice else "",
        "voice_method": number.voice.method if number.voice else "POST",
        "voice_fallback_url": number.voice_fallback.url if number.voice_fallback else "",
        "voice_fallback_method": "POST",
        "voice_caller_id_lookup": number.caller_names,
        "status_callback": _url_of(number.status_callback),
        "status_callback_method": "POST",
        "sms_url": number.text.url if number.text else "",
        "sms_method": number.text.method if number.text else "POST",
        "sms_fallback_url": number.text_fallback.url if number.text_fallback else "",
        "sms_fallback_method": "POST",
        "capabilities": {"voice": True, "sms": True, "mms": True, "fax": False},
        "status": "in-use",
        "origin": "twilio",
        "api_version": API_VERSION,
        "uri": uri(switch, f"IncomingPhoneNumbers/{number.sid}"),
    }


def of_application(switch: Switch, application: Application) -> Json:
    return {
        "sid": application.sid,
        "account_sid": switch.account.sid,
        "friendly_name": application.name,
        "voice_url": application.voice.url if application.voice else "",
        "voice_method": application.voice.method if application.voice else "POST",
        "voice_fallback_url": application.voice_fallback.url if application.voice_fallback else "",
        "status_callback": _url_of(application.status_callback),
        "api_version": API_VERSION,
        "uri": uri(switch, f"Applications/{application.sid}"),
    }


def _url_of(watch: Watch | None) -> str:
    return watch.url if watch else ""
