"""REST: queues and who waits in them."""

from __future__ import annotations

from helpdesk.exchange import legs
from helpdesk.exchange.calls import Jump
from helpdesk.exchange.queueing import named
from helpdesk.exchange.queues import LARGEST_SIZE, Member, Queue
from helpdesk.exchange.rest.requests import ApiError, Asked, Takes, not_found, wrong
from helpdesk.exchange.rest.resources import PAGING, Json, Listed, Made, Route, of_member, of_queue
from helpdesk.exchange.switch import Switch
from helpdesk.exchange.values import METHOD, absolute_url, up_to, whole

_SHAPED = {"FriendlyName": up_to(64, least=1), "MaxSize": whole(1, LARGEST_SIZE)}


def create(switch: Switch, asked: Asked) -> Made:
    name = asked.get("FriendlyName")
    if any(queue.name == name for queue in switch.queues.values()):
        raise wrong(22003, f"A queue with the name {name} already exists")
    queue = named(switch, name)
    queue.max_size = asked.number("MaxSize", queue.max_size)
    return Made(of_queue(switch, queue))


def listed(switch: Switch, asked: Asked) -> Listed:
    return Listed("queues", [of_queue(switch, queue) for queue in switch.queues.values()])


def _get(switch: Switch, asked: Asked) -> Queue:
    queue = switch.queues.get(asked.ids[0])
    if queue is None:
        raise not_found(asked.path)
    return queue


def fetch(switch: Switch, asked: Asked) -> Json:
    return of_queue(switch, _get(switch, asked))


def update(switch: Switch, asked: Asked) -> Json:
    queue = _get(switch, asked)
    queue.name = asked.get("FriendlyName", queue.name)
    queue.max_size = asked.number("MaxSize", queue.max_size)
    queue.updated_at = switch.now()
    return of_queue(switch, queue)


def remove(switch: Switch, asked: Asked) -> None:
    queue = _get(switch, asked)
    if queue.members:
        raise ApiError(400, 22004, "A queue in which somebody waits can't be deleted")
    del switch.queues[queue.sid]


def members(switch: Switch, asked: Asked) -> Listed:
    queue = _get(switch, asked)
    found = [of_member(switch, queue, member) for member in queue.members]
    return Listed("queue_members", found)


def _member(switch: Switch, asked: Asked) -> tuple[Queue, Member]:
    queue = _get(switch, asked)
    member = queue.find(asked.ids[1])
    if member is None:
        raise not_found(asked.path)
    return queue, member


def member(switch: Switch, asked: Asked) -> Json:
    return of_member(switch, *_member(switch, asked))


def dequeue(switch: Switch, asked: Asked) -> Json:
    queue, one = _member(switch, asked)
    told = of_member(switch, queue, one)
    legs.redirect(switch, one.call, Jump(asked.get("Url"), asked.get("Method", "POST")))
    return told | {"position": 0}


ROUTES: list[Route] = [
    ("POST", "Queues", Takes(_SHAPED, ("FriendlyName",)), create),
    ("GET", "Queues", Takes(PAGING), listed),
    ("GET", "Queues/{sid}", Takes(), fetch),
    ("POST", "Queues/{sid}", Takes(_SHAPED), update),
    ("DELETE", "Queues/{sid}", Takes(), remove),
    ("GET", "Queues/{sid}/Members", Takes(PAGING), members),
    ("GET", "Queues/{sid}/Members/{call}", Takes(), member),
    ("POST", "Queues/{sid}/Members/{call}",
     Takes({"Url": absolute_url, "Method": METHOD}, ("Url",)), dequeue),
]  # fmt: skip
