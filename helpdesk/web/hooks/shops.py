"""What shops tell of their orders: a signed hook, kept as it came, answered, worked in afterwards.

The signature is that of Standard Webhooks, over id, time and body; so a hook proves who sent it,
and one that is sent again by somebody else later is refused for its time.
"""

from __future__ import annotations

import re

from flask import Response, request

from helpdesk.core import clock, secrets
from helpdesk.core.actors import Actor
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import begin, reading
from helpdesk.owned import shops
from helpdesk.web.doors import allow
from helpdesk.web.hooks import door
from helpdesk.webhooks import signing

TOLERANCE_S = 300
LARGEST = 256 * 1024
_ID = re.compile(r"[!-~]{1,120}")
_SECONDS = re.compile(r"[0-9]{1,12}")


@door.post("/shops/<key>")
@allow("public", cookies=False)
def shop_order(key: str) -> Response:
    """An order as the shop knows it now. 202: it is kept, also when it was kept before."""
    body = request.get_data(cache=True)
    message_id = request.headers.get("webhook-id", "")
    actor = Actor("system", "shop", address=request.remote_addr)
    with reading(actor) as work:
        shop = shops.find_active(work, key)
        secret = secrets.unseal(shop.secret) if shop is not None else signing.new_secret()
    if not _is_signed(secret, message_id, body) or shop is None:
        raise Forbidden("This hook is not signed by the shop.", code="bad_signature")
    if len(body) > LARGEST:
        raise Invalid("This is larger than an order.", code="too_large")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise Invalid("The body is not UTF-8.", code="bad_json") from error
    if "\0" in text:
        raise Invalid("Text must not hold the character NUL.", code="bad_text")
    with begin(actor) as work:
        shops.keep(work, shop, message_id, text)
    return Response(status=202)


def _is_signed(secret: str, message_id: str, body: bytes) -> bool:
    told = request.headers.get("webhook-timestamp", "")
    given = request.headers.get("webhook-signature", "")
    if not (_ID.fullmatch(message_id) and _SECONDS.fullmatch(told)):
        return False
    is_now = abs(clock.now().timestamp() - int(told)) <= TOLERANCE_S
    return signing.fits(secret, message_id, int(told), body, given) and is_now
