"""Shops that tell us of orders: their keys and secrets, and what they said, kept as it came.

A hook is proved at the door; here it is kept once for each id that the shop gives it, and worked in
afterwards. What can't be worked in keeps its words and says why. Not for what a word changes (see
`service`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta

import msgspec
from sqlalchemy import delete, select, update

from helpdesk.core import secrets
from helpdesk.core.db import insert_if_absent
from helpdesk.core.errors import Conflict, HelpdeskError, Invalid, NotFound
from helpdesk.core.ids import is_id, new_id
from helpdesk.core.paging import Page, clamp_limit, cut, keyset
from helpdesk.core.work import Work
from helpdesk.customers.field_values import line
from helpdesk.owned import permissions, service
from helpdesk.owned.events import ShopHeard
from helpdesk.owned.models import Shop, ShopMessage
from helpdesk.owned.told import OrderTold

_KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")
KEPT = timedelta(days=30)
MOST_SHOPS = 200


def every(work: Work) -> Sequence[Shop]:
    """All shops by name; there are few."""
    permissions.require_set_up(work)
    return work.session.scalars(select(Shop).order_by(Shop.name, Shop.id).limit(MOST_SHOPS)).all()


def get(work: Work, shop_id: str, *, lock: bool = False) -> Shop:
    permissions.require_set_up(work)
    found = work.session.get(Shop, shop_id, with_for_update=lock) if is_id(shop_id) else None
    if found is None:
        raise NotFound(permissions.ABSENT)
    return found


def find_active(work: Work, key: str) -> Shop | None:
    """For the door: the shop that this key belongs to."""
    wanted = select(Shop).where(Shop.key == key, Shop.is_active)
    return work.session.scalar(wanted) if _KEY.fullmatch(key) else None


def add(work: Work, *, key: str, name: str, secret: str) -> Shop:
    permissions.require_set_up(work)
    if not _KEY.fullmatch(key):
        raise Invalid(fields={"key": "Use small letters, digits and -, a letter first."})
    if work.session.scalar(select(Shop.id).where(Shop.key == key)) is not None:
        raise Conflict("There is a shop with this key already.", code="key_taken")
    made = Shop(
        id=new_id(), key=key, name=line(name, "name", longest=80, needed=True),
        secret=secrets.seal(secret), is_active=True, created_at=work.at, heard_at=None, version=1,
    )  # fmt: skip
    work.session.add(made)
    work.session.flush()
    work.audit("shop.added", "shop", made.id, key=made.key, name=made.name)
    return made


def change(work: Work, shop_id: str, *, version: int, name: str, is_active: bool) -> Shop:
    found = get(work, shop_id, lock=True)
    if found.version != version:
        raise Conflict("Somebody changed this meanwhile. Look again and repeat.", code="stale")
    before = {"name": found.name, "is_active": found.is_active}
    found.name, found.is_active = line(name, "name", longest=80, needed=True), is_active
    found.version += 1
    after = {"name": found.name, "is_active": found.is_active}
    work.audit("shop.changed", "shop", found.id, before=before, after=after)
    return found


def renew_secret(work: Work, shop_id: str, secret: str) -> Shop:
    """The old one is worth nothing from now on."""
    found = get(work, shop_id, lock=True)
    found.secret = secrets.seal(secret)
    found.version += 1
    work.audit("shop.secret_renewed", "shop", found.id, key=found.key)
    return found


def keep(work: Work, shop: Shop, message_id: str, body: str) -> str | None:
    """The hook as it came; None when the same was kept before."""
    row = {
        "id": new_id(), "shop_id": shop.id, "message_id": message_id, "body": body,
        "received_at": work.at, "state": "waiting", "reason": "",
    }  # fmt: skip
    if not insert_if_absent(work.session, ShopMessage, row):
        return None
    heard = update(Shop).where(Shop.id == shop.id).values(heard_at=work.at)
    work.session.execute(heard.execution_options(synchronize_session=False))
    work.emit(ShopHeard(shop_message_id=str(row["id"])))
    return str(row["id"])


def work_in(work: Work, shop_message_id: str) -> None:
    """What a kept hook says, once; a hook that makes no sense is failed with the reason."""
    message = work.session.get(ShopMessage, shop_message_id, with_for_update=True)
    if message is None or message.state != "waiting":
        return
    shop = work.session.get_one(Shop, message.shop_id)
    try:
        with work.session.begin_nested():
            told = msgspec.json.decode(message.body, type=OrderTold)
            message.order_id = service.tell_order(work, shop.key, told).id
        message.state = "done"
    except (msgspec.MsgspecError, HelpdeskError, RecursionError, UnicodeError) as error:
        message.state, message.reason = "failed", _reason(error)


def try_again(work: Work, shop_id: str, message_id: str) -> None:
    """A failed hook waits once more, for example after a product was put right."""
    shop = get(work, shop_id)
    message = work.session.get(ShopMessage, message_id, with_for_update=True)
    if message is None or message.shop_id != shop.id:
        raise NotFound(permissions.ABSENT)
    if message.state == "failed":
        message.state, message.reason = "waiting", ""
        work.emit(ShopHeard(shop_message_id=message.id))


def page_of_messages(work: Work, shop_id: str, *, cursor: str | None = None) -> Page[ShopMessage]:
    """What a shop said, the newest first."""
    most = clamp_limit(None)
    wanted = select(ShopMessage).where(ShopMessage.shop_id == get(work, shop_id).id)
    columns = (ShopMessage.received_at.expression, ShopMessage.id.expression)
    rows = work.session.scalars(keyset(wanted, columns, cursor=cursor, limit=most)).all()
    return cut(rows, most, lambda row: [row.received_at, row.id])


def forget_old(work: Work, *, most: int = 500) -> int:
    """Hooks of a month ago; answers how many."""
    old = select(ShopMessage.id).where(ShopMessage.received_at < work.at - KEPT).limit(most)
    ids = list(work.session.scalars(old))
    if ids:
        work.session.execute(delete(ShopMessage).where(ShopMessage.id.in_(ids)))
    return len(ids)


def _reason(error: Exception) -> str:
    if isinstance(error, HelpdeskError):
        fields = "; ".join(f"{k}: {v}" for k, v in getattr(error, "fields", {}).items())
        return (fields or error.message)[:300]
    return str(error)[:300] or "It is nested too deeply."
