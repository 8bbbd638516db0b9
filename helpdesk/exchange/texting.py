"""Texts on their way: in with a hook and its answer, out with a status for each step.

The carrier's own handling of STOP, START and HELP works on numbers for SMS; WhatsApp has a window
of a day after each text of the customer's instead, outside which only templates go.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, Protocol, runtime_checkable

from helpdesk.exchange.calls import Jump, Watch
from helpdesk.exchange.hooks import Answer
from helpdesk.exchange.messages import Message, MessageStatus, opt_out_type, segments
from helpdesk.exchange.parameters import API_VERSION, country_of
from helpdesk.exchange.switch import Switch, resolve
from helpdesk.exchange.twiml import Element, TwimlError, read

WINDOW = timedelta(hours=24)
UNREACHABLE, OUTSIDE_WINDOW = 30003, 63016
JUMPS_AT_MOST = 5
SECONDS_TO_SENT, SECONDS_TO_DELIVERED = 1.0, 3.0


@runtime_checkable
class Inbox(Protocol):
    inbox: list[Message]
    reachable_by_text: bool


def receive(
    switch: Switch,
    theirs: str,
    ours: str,
    body: str,
    media: Sequence[str] = (),
    files: Sequence[tuple[str, bytes]] = (),
) -> Message:
    """A customer's text arrives at our number. `files` (kind, content) are kept here to fetch."""
    now = switch.now()
    message = Message(
        switch.new_sid("MM" if media or files else "SM"), theirs, ours, body, "inbound", now, now,
        list(media), "received", sent_at=now,
    )  # fmt: skip
    message.media += [_kept(switch, message, file) for file in files]
    switch.messages[message.sid] = message
    switch.wrote_at[ours, theirs] = now
    kind = None if theirs.startswith("whatsapp:") else opt_out_type(body)
    if kind == "STOP":
        switch.opted_out.add((ours, theirs))
    elif kind == "START":
        switch.opted_out.discard((ours, theirs))
    number = switch.numbers.get(ours.removeprefix("whatsapp:"))
    if number and number.text:
        _ask(switch, message, number.text, number.text_fallback, kind, JUMPS_AT_MOST)
    return message


def _kept(switch: Switch, message: Message, file: tuple[str, bytes]) -> str:
    account, sid = switch.account, switch.new_sid("ME")
    switch.files[sid] = file
    inside = f"Messages/{message.sid}/Media/{sid}"
    return f"{account.base}/{API_VERSION}/Accounts/{account.sid}/{inside}"


def _ask(
    switch: Switch, message: Message, jump: Jump, fallback: Jump | None, kind: str | None, left: int
) -> None:
    values = _inbound(switch, message, kind) | jump.params
    hook = switch.hook(jump.url, jump.method, values)

    def answered(answer: Answer) -> None:
        try:
            verbs = _verbs(answer)
        except TwimlError as wrong:
            switch.fault(wrong.code, str(wrong), url=jump.url)
            if fallback:
                told = {"ErrorCode": str(wrong.code), "ErrorUrl": jump.url}
                spare = Jump(fallback.url, fallback.method, told)
                _ask(switch, message, spare, None, kind, left)
            return
        _perform(switch, message, jump.url, verbs, kind, left)

    switch.agenda.soon(lambda: switch.send(hook, answered))


def _verbs(answer: Answer) -> tuple[Element, ...]:
    if not 200 <= answer.status < 300:
        raise TwimlError(11205 if answer.status == 0 else 11200, f"answered {answer.status}")
    content = answer.content_type.partition(";")[0].strip()
    if not answer.body:
        return ()
    if content == "text/plain":
        text = answer.body.decode("utf-8", "replace")
        return (Element("Message", {}, (), text),)
    if content not in {"text/xml", "application/xml", "text/html"}:
        raise TwimlError(12300, f"the answer is of type {content or 'none'}, which is no TwiML")
    return read(answer.body, "message")


def _perform(
    switch: Switch, message: Message, url: str, verbs: tuple[Element, ...], kind: str | None,
    left: int,
) -> None:  # fmt: skip
    for verb in verbs:
        if verb.name == "Redirect":
            if left:
                jump = Jump(resolve(url, verb.text), verb.get("method", "POST"))
                _ask(switch, message, jump, None, kind, left - 1)
            return
        body = verb.text or "".join(c.text for c in verb.children if c.name == "Body")
        media = [c.text for c in verb.children if c.name == "Media"]
        callback = verb.get("statusCallback") or verb.get("action")
        watch = Watch(resolve(url, callback)) if callback else None
        ours, theirs = verb.get("from", message.to), verb.get("to", message.from_)
        if (ours, theirs) in switch.opted_out:
            switch.fault(21610, f"{theirs} has opted out of texts from {ours}", url=url)
            continue
        send(switch, ours, theirs, body, media, watch, direction="outbound-reply")


def _inbound(switch: Switch, message: Message, kind: str | None) -> dict[str, str]:
    values = {
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "SmsStatus": "received",
        "AccountSid": switch.account.sid,
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": str(len(message.media)),
        "NumSegments": str(segments(message.body)),
        "ApiVersion": API_VERSION,
    }
    for index, media in enumerate(message.media):
        values[f"MediaUrl{index}"] = media
        values[f"MediaContentType{index}"] = media_type(switch, media)
    for service, number in switch.services.items():
        if number == message.to:
            values["MessagingServiceSid"] = service
    if message.from_.startswith("whatsapp:"):
        theirs = message.from_.removeprefix("whatsapp:")
        return values | {"WaId": theirs.lstrip("+"), "ProfileName": "", "MessageType": "text"}
    country = {"FromCountry": country_of(message.from_), "ToCountry": country_of(message.to)}
    blank = {f"{end}{what}": "" for end in ("From", "To") for what in ("City", "State", "Zip")}
    return values | country | blank | ({"OptOutType": kind} if kind else {})


def media_type(switch: Switch, url: str) -> str:
    kept = switch.files.get(url.rpartition("/")[2])
    if kept:
        return kept[0]
    ending = url.rpartition(".")[2].lower()
    known = {"png": "image/png", "gif": "image/gif", "pdf": "application/pdf", "mp4": "video/mp4",
             "ogg": "audio/ogg", "wav": "audio/wav", "vcf": "text/vcard"}  # fmt: skip
    return known.get(ending, "image/jpeg")


def send(
    switch: Switch, ours: str, theirs: str, body: str, media: list[str], watch: Watch | None,
    direction: Literal["outbound-api", "outbound-reply"] = "outbound-api", service: str = "",
    template: bool = False,
) -> Message:  # fmt: skip
    """Take a text for delivery; it is queued now and moves on by itself."""
    now = switch.now()
    message = Message(
        switch.new_sid("MM" if media else "SM"), ours, theirs, body, direction, now, now, media,
        "queued", service_sid=service, watch=watch,
    )  # fmt: skip
    switch.messages[message.sid] = message
    switch.agenda.soon(lambda: _report(switch, message, "queued"))
    if theirs.startswith("whatsapp:") and not template and not _in_window(switch, ours, theirs):
        switch.agenda.after(
            SECONDS_TO_SENT, lambda: _fail(switch, message, "failed", OUTSIDE_WINDOW)
        )
        return message
    switch.agenda.after(SECONDS_TO_SENT, lambda: _sent(switch, message))
    return message


def _in_window(switch: Switch, ours: str, theirs: str) -> bool:
    wrote = switch.wrote_at.get((ours, theirs))
    return wrote is not None and switch.now() - wrote <= WINDOW


def _sent(switch: Switch, message: Message) -> None:
    if message.status != "queued":
        return
    message.sent_at = switch.now()
    _move(switch, message, "sent")
    switch.agenda.after(SECONDS_TO_DELIVERED - SECONDS_TO_SENT, lambda: _delivered(switch, message))


def _delivered(switch: Switch, message: Message) -> None:
    for end in switch.at(message.to.removeprefix("whatsapp:")):
        if isinstance(end, Inbox) and end.reachable_by_text:
            end.inbox.append(message)
            _move(switch, message, "delivered")
            return
    _fail(switch, message, "undelivered", UNREACHABLE)


def _fail(switch: Switch, message: Message, status: MessageStatus, code: int) -> None:
    message.error_code = code
    _move(switch, message, status)


def _move(switch: Switch, message: Message, status: MessageStatus) -> None:
    message.status, message.updated_at = status, switch.now()
    _report(switch, message, status)


def _report(switch: Switch, message: Message, status: MessageStatus) -> None:
    if not message.watch:
        return
    values = {
        "MessageSid": message.sid,
        "MessageStatus": status,
        "SmsSid": message.sid,
        "SmsStatus": status,
        "AccountSid": switch.account.sid,
        "From": message.from_,
        "To": message.to,
        "ApiVersion": API_VERSION,
    }
    values |= {"MessagingServiceSid": message.service_sid} if message.service_sid else {}
    values |= {"ErrorCode": str(message.error_code)} if message.error_code else {}
    switch.tell(message.watch, values)
