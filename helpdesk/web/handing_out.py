"""Bytes that somebody gave us, handed out: as a download, under a policy that lets them do nothing.

Every door that gives a stored file away does it here. Not for our own files (`web.assets`), nor for
what is played in parts (recordings).
"""

from __future__ import annotations

from typing import BinaryIO

from flask import Response, request
from werkzeug.wsgi import wrap_file

from helpdesk.channels import content_types

NOT_KEPT = "private, no-store"
AN_HOUR = "private, max-age=3600"


def file(
    stream: BinaryIO,
    *,
    size: int,
    name: str | None,
    kind: str = content_types.BYTES,
    kept: str = NOT_KEPT,
) -> Response:
    """The answer that reads `stream` and closes it. Without a `name` a page may show it.

    `kind` is sent as it is: give what `content_types.served_type` says of what was found.
    """
    answer = Response(wrap_file(request.environ, stream), mimetype=kind, direct_passthrough=True)
    answer.call_on_close(stream.close)
    answer.content_length = size
    if name is not None:
        answer.headers["Content-Disposition"] = content_types.disposition(name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["Cache-Control"] = kept
    return answer
