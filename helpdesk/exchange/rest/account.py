"""REST: the account, its numbers and its TwiML applications."""

from __future__ import annotations

from dataclasses import replace

from helpdesk.exchange.calls import Jump, Watch
from helpdesk.exchange.rest.requests import Asked, Takes, not_found
from helpdesk.exchange.rest.resources import PAGING, Json, Listed, Route, of_application, of_number
from helpdesk.exchange.switch import Application, Number, Switch
from helpdesk.exchange.values import EMPTY, FLAG, METHOD, absolute_url, anything, either

_OR_NONE = either(absolute_url, EMPTY)
_WAYS = {
    "VoiceUrl": "voice",
    "VoiceFallbackUrl": "voice_fallback",
    "SmsUrl": "text",
    "SmsFallbackUrl": "text_fallback",
}
UPDATED = Takes(
    {
        **dict.fromkeys(_WAYS, _OR_NONE),
        **{name.replace("Url", "Method"): METHOD for name in _WAYS},
        "StatusCallback": _OR_NONE,
        "StatusCallbackMethod": METHOD,
        "VoiceCallerIdLookup": FLAG,
        "FriendlyName": anything,
    }
)


def account(switch: Switch, asked: Asked) -> Json:
    return {
        "sid": switch.account.sid,
        "owner_account_sid": switch.account.sid,
        "friendly_name": "An account at the exchange",
        "status": "active",
        "type": "Full",
        "uri": f"/2010-04-01/Accounts/{switch.account.sid}.json",
    }


def numbers(switch: Switch, asked: Asked) -> Listed:
    wanted = asked.get("PhoneNumber")
    found = [one for one in switch.numbers.values() if wanted in {"", one.number}]
    return Listed("incoming_phone_numbers", [of_number(switch, one) for one in found])


def number(switch: Switch, asked: Asked) -> Json:
    return of_number(switch, _number(switch, asked))


def update_number(switch: Switch, asked: Asked) -> Json:
    one = _number(switch, asked)
    for name, field in _WAYS.items():
        before: Jump | None = getattr(one, field)
        if name in asked:
            before = Jump(asked.get(name)) if asked.get(name) else None
        method = name.replace("Url", "Method")
        if before and method in asked:
            before = replace(before, method=asked.get(method))
        setattr(one, field, before)
    if "StatusCallback" in asked:
        watch = Watch(asked.get("StatusCallback"), "POST", frozenset({"completed"}))
        one.status_callback = watch if watch.url else None
    one.caller_names = asked.flag("VoiceCallerIdLookup", one.caller_names)
    return of_number(switch, one)


def _number(switch: Switch, asked: Asked) -> Number:
    for one in switch.numbers.values():
        if one.sid == asked.ids[0]:
            return one
    raise not_found(asked.path)


def applications(switch: Switch, asked: Asked) -> Listed:
    wanted = asked.get("FriendlyName")
    found = [one for one in switch.applications.values() if wanted in {"", one.name}]
    return Listed("applications", [of_application(switch, one) for one in found])


def application(switch: Switch, asked: Asked) -> Json:
    one: Application | None = switch.applications.get(asked.ids[0])
    if one is None:
        raise not_found(asked.path)
    return of_application(switch, one)


ROUTES: list[Route] = [
    ("GET", "", Takes(), account),
    ("GET", "IncomingPhoneNumbers", Takes(PAGING | {"PhoneNumber": anything}), numbers),
    ("GET", "IncomingPhoneNumbers/{sid}", Takes(), number),
    ("POST", "IncomingPhoneNumbers/{sid}", UPDATED, update_number),
    ("GET", "Applications", Takes(PAGING | {"FriendlyName": anything}), applications),
    ("GET", "Applications/{sid}", Takes(), application),
]
