"""REST: texts, sent and looked at."""

from __future__ import annotations

import hashlib

from helpdesk.exchange import texting
from helpdesk.exchange.calls import Watch
from helpdesk.exchange.messages import Message
from helpdesk.exchange.rest.requests import Asked, Takes, dates, not_found, within, wrong
from helpdesk.exchange.rest.resources import (
    AS_FILE,
    PAGING,
    File,
    Json,
    Listed,
    Made,
    Route,
    of_message,
    uri,
)
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.values import (
    FLAG,
    absolute_url,
    anything,
    is_number,
    matching,
    one_of,
    whole,
)

NO_FROM, BAD_FROM, BAD_TO, NO_BODY, OPTED_OUT, TOO_LONG = 21603, 21606, 21211, 21602, 21610, 21617
CREATED = Takes(
    {
        "To": anything,
        "From": anything,
        "MessagingServiceSid": matching(r"MG[0-9a-f]{32}", "the sid of a messaging service"),
        "Body": anything,
        "MediaUrl": absolute_url,
        "ContentSid": matching(r"HX[0-9a-f]{32}", "the sid of a template"),
        "ContentVariables": anything,
        "StatusCallback": absolute_url,
        "ProvideFeedback": FLAG,
        "ValidityPeriod": whole(1, 36_000),
        "SmartEncoded": FLAG,
        "ShortenUrls": FLAG,
        "PersistentAction": anything,
        "RiskCheck": one_of("enable", "disable"),
    },
    many=frozenset({"MediaUrl", "PersistentAction"}),
)
UPDATED = Takes({"Body": one_of(""), "Status": one_of("canceled")})
_LISTED = Takes(PAGING | dates("DateSent") | {"To": anything, "From": anything})


def create(switch: Switch, asked: Asked) -> Made:
    to, body, media = asked.get("To"), asked.get("Body"), asked.many("MediaUrl")
    if not to:
        raise wrong(21604, "'To' phone number is required to send a Message")
    if not is_number(to.removeprefix("whatsapp:")):
        raise wrong(BAD_TO, f"Invalid 'To' Phone Number: {to}")
    ours = _sender(switch, asked)
    if not body and not media and "ContentSid" not in asked:
        raise wrong(NO_BODY, "Message body is required")
    if len(body) > 1600:
        raise wrong(TOO_LONG, "The concatenated message body exceeds the 1600 character limit")
    if len(media) > 10:
        raise wrong(21623, "Number of media files exceeds allowed limit")
    if to.startswith("whatsapp:") != ours.startswith("whatsapp:"):
        raise wrong(63007, "From and To have to be on the same channel")
    if (ours, to) in switch.opted_out:
        raise wrong(OPTED_OUT, "Attempt to send to unsubscribed recipient")
    callback = asked.get("StatusCallback")
    message = texting.send(
        switch, ours, to, body, media, Watch(callback) if callback else None,
        service=asked.get("MessagingServiceSid"), template="ContentSid" in asked,
    )  # fmt: skip
    return Made(of_message(switch, message) | {"status": "queued"})


def _sender(switch: Switch, asked: Asked) -> str:
    service, from_ = asked.get("MessagingServiceSid"), asked.get("From")
    if service and service not in switch.services:
        raise wrong(21701, f"The Messaging Service {service} does not exist")
    if not service and not from_:
        raise wrong(NO_FROM, "A 'From' phone number is required")
    ours = from_ or switch.services[service]
    if ours.removeprefix("whatsapp:") not in switch.numbers:
        raise wrong(BAD_FROM, f"The 'From' phone number provided {ours} is not ours")
    return ours


def _get(switch: Switch, asked: Asked) -> Message:
    message = switch.messages.get(asked.ids[0])
    if message is None:
        raise not_found(asked.path)
    return message


def fetch(switch: Switch, asked: Asked) -> Json:
    return of_message(switch, _get(switch, asked))


def update(switch: Switch, asked: Asked) -> Json:
    """An empty body redacts what was sent."""
    message = _get(switch, asked)
    if "Status" in asked:
        raise wrong(30409, "Only a scheduled message can be canceled")
    message.body = ""
    return of_message(switch, message)


def remove(switch: Switch, asked: Asked) -> None:
    del switch.messages[_get(switch, asked).sid]


def listed(switch: Switch, asked: Asked) -> Listed:
    found = [
        message
        for message in switch.messages.values()
        if within(asked, "DateSent", message.sent_at)
        and asked.get("To") in {"", message.to}
        and asked.get("From") in {"", message.from_}
    ]
    return Listed("messages", [of_message(switch, one) for one in reversed(found)])


def media(switch: Switch, asked: Asked) -> Listed:
    message = _get(switch, asked)
    items: list[Json] = []
    for url in message.media:
        sid = url.rpartition("/")[2]
        if sid not in switch.files:
            sid = "ME" + hashlib.md5(url.encode(), usedforsecurity=False).hexdigest()
        items.append(
            {
                "sid": sid,
                "account_sid": switch.account.sid,
                "parent_sid": message.sid,
                "content_type": texting.media_type(switch, url),
                "uri": uri(switch, f"Messages/{message.sid}/Media/{sid}"),
            }
        )
    return Listed("media_list", items)


def content(switch: Switch, asked: Asked) -> File:
    """What a customer sent with a text."""
    kept = switch.files.get(asked.ids[1])
    if kept is None or asked.ids[0] not in switch.messages:
        raise not_found(asked.path)
    return File(kept[1], kept[0])


def remove_media(switch: Switch, asked: Asked) -> None:
    content(switch, asked)
    del switch.files[asked.ids[1]]


ROUTES: list[Route] = [
    ("POST", "Messages", CREATED, create),
    ("GET", "Messages", _LISTED, listed),
    ("GET", "Messages/{sid}", Takes(), fetch),
    ("POST", "Messages/{sid}", UPDATED, update),
    ("DELETE", "Messages/{sid}", Takes(), remove),
    ("GET", "Messages/{sid}/Media", Takes(PAGING), media),
    ("GET", f"Messages/{{sid}}/Media/{{media}}{AS_FILE}", Takes(), content),
    ("DELETE", "Messages/{sid}/Media/{media}", Takes(), remove_media),
]
