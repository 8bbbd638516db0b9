"""Texts at the door: what came and what became of ours, and the files that the carrier fetches."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, request

from helpdesk.carriers import hearing
from helpdesk.carriers.events import CarrierHeard
from helpdesk.channels import content_types
from helpdesk.channels.attachments import FolderStore
from helpdesk.channels.models import Attachment
from helpdesk.core.errors import NotFound
from helpdesk.core.work import begin, reading
from helpdesk.texts.models import TextDelivery
from helpdesk.web import doors, handing_out
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door
from helpdesk.web.hooks.twilio_proof import carrier, facts
from helpdesk.workflows import texts_in, texts_sending

NOTHING_TO_SAY = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
FETCHED_WITHIN = timedelta(hours=24)
# What a phone can show. Pages and drawings with scripts go as bytes like everything else.
AS_IT_IS = content_types.PICTURES | {
    "application/pdf", "audio/mp4", "audio/mpeg", "audio/ogg", "audio/wav", "image/heic",
    "text/plain", "video/mp4", "video/quicktime", "video/webm",
}  # fmt: skip


@door.post("/twilio/sms")
@allow("public", cookies=False)
def twilio_sms() -> Response:
    """A text to one of our numbers. The answer says nothing: people answer, by REST."""
    _keep_and_work_in(texts_in.TEXTS, facts())
    return Response(NOTHING_TO_SAY, content_type="text/xml; charset=utf-8")


@door.post("/twilio/sms/status")
@allow("public", cookies=False)
def twilio_sms_status() -> Response:
    """What became of a text of ours, which the signed address names."""
    told = facts()
    _keep_and_work_in(texts_in.REPORTS, {**told, texts_in.DELIVERY: request.args.get("text", "")})
    return Response(status=204)


def _keep_and_work_in(path: str, told: dict[str, str]) -> None:
    """Kept first: what can't be worked in now is not lost, and the carrier has its answer."""
    sid = told.get("MessageSid") or told.get("SmsSid") or ""
    with begin(carrier()) as work:
        event_id = hearing.keep(work, path, told, sid=sid)
        if event_id is not None:
            work.emit(CarrierHeard(carrier_event_id=event_id, path=path))
    if event_id is not None:
        texts_in.take_in(event_id)


@door.get("/twilio/sms/files/<id:delivery_id>/<id:attachment_id>/<token>")
@allow("public", cookies=False)
def twilio_sms_file(delivery_id: str, attachment_id: str, token: str) -> Response:
    """A file of a text, for a day, to whoever was given the address: the carrier."""
    if not texts_sending.file_token_fits(delivery_id, attachment_id, token):
        raise NotFound()
    with reading(carrier()) as work:
        delivery = work.session.get(TextDelivery, delivery_id)
        file = work.session.get(Attachment, attachment_id)
        if delivery is None or attachment_id not in delivery.attachments:
            raise NotFound()
        if file is None or file.erased_at or delivery.created_at < work.at - FETCHED_WITHIN:
            raise NotFound()
        name, found, size = file.name, file.type, file.size
    stream = FolderStore(doors.settings().data / "attachments").open(attachment_id)
    return handing_out.file(
        stream, size=size, name=name, kind=found if found in AS_IT_IS else content_types.BYTES
    )
