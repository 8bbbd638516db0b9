"""What the carrier writes into a request about a call: names and values, before they are ordered.

Pure. Parameters of one verb (Digits, QueueResult, ...) are added by the verb.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime

import phonenumbers

from helpdesk.exchange.calls import SIP_RESPONSES, Call
from helpdesk.exchange.values import is_number

API_VERSION = "2010-04-01"


def of_call(account_sid: str, call: Call) -> dict[str, str]:
    ends = (("Caller", call.from_), ("Called", call.to), ("To", call.to), ("From", call.from_))
    values: dict[str, str] = {}
    for prefix, address in ends:
        values |= _place(prefix, address)
    values |= {
        "CallSid": call.sid,
        "AccountSid": account_sid,
        "From": call.from_,
        "To": call.to,
        "Caller": call.from_,
        "Called": call.to,
        "CallStatus": call.status,
        "Direction": call.direction,
        "ApiVersion": API_VERSION,
    }
    optional = {
        "ForwardedFrom": call.forwarded_from,
        "CallerName": call.caller_name,
        "ParentCallSid": call.parent.sid if call.parent else "",
        "AnsweredBy": call.answered_by,
        "ApplicationSid": call.application_sid,
    }
    return values | {name: value for name, value in optional.items() if value}


def of_progress(call: Call, at: datetime) -> dict[str, str]:
    """What a status callback says beyond the call itself."""
    values = {
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(call.sequence),
        "Timestamp": rfc2822(at),
    }
    if not call.live:
        seconds = call.duration()
        minutes = -(-seconds // 60)
        values |= {"CallDuration": str(seconds), "Duration": str(minutes)}
        values["SipResponseCode"] = SIP_RESPONSES[call.status]
    return values


def rfc2822(at: datetime) -> str:
    return format_datetime(at)


def _place(prefix: str, address: str) -> dict[str, str]:
    """Where a number is at home. The carrier guesses a town as well, for some countries."""
    if not is_number(address):
        return {}
    country = country_of(address)
    return {
        f"{prefix}{what}": country if what == "Country" else ""
        for what in ("City", "State", "Zip", "Country")
    }


def country_of(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return ""
    return phonenumbers.region_code_for_number(parsed) or ""
