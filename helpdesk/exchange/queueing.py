"""Enqueue: a call waits in a queue with music until it is taken, taken out, or leaves."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.exchange import legs
from helpdesk.exchange.bridging import talk
from helpdesk.exchange.calls import Call, Jump
from helpdesk.exchange.programs import HungUp, Program, Redirected, Signal, expect
from helpdesk.exchange.queues import Member, Queue
from helpdesk.exchange.scenes import Outcome, Scene
from helpdesk.exchange.switch import Switch, resolve
from helpdesk.exchange.twiml import Element
from helpdesk.exchange.waiting import wait_with


@dataclass(frozen=True, slots=True)
class Taken(Signal):
    """Somebody who dialled the queue gets this call; `whisper` is played to it first."""

    by: Call
    whisper: Jump | None


@dataclass(frozen=True, slots=True)
class Left(Signal):
    result: str


def named(switch: Switch, name: str) -> Queue:
    """The queue of that name, made when it isn't there."""
    for queue in switch.queues.values():
        if queue.name == name:
            return queue
    now = switch.now()
    queue = Queue(switch.new_sid("QU"), name, now, now)
    switch.queues[queue.sid] = queue
    return queue


def enqueue(scene: Scene, verb: Element) -> Program[Outcome]:
    legs.pick_up(scene.switch, scene.call)
    queue = named(scene.switch, verb.text)
    if queue.full:
        return scene.action(verb, {"QueueResult": "queue-full"})
    member = Member(scene.call, scene.switch.now())
    queue.members.append(member)
    _offer(scene.switch, queue)
    try:
        result = yield from _wait(scene, verb, queue, member)
    except HungUp:
        _tell(scene, verb, queue, member, "bridged" if _out(queue, member) else "hangup")
        raise
    except Redirected:
        bridged = _out(queue, member)
        _tell(scene, verb, queue, member, "redirected-from-bridged" if bridged else "redirected")
        raise
    _remove(scene.switch, queue, member)
    if result == "hung up":
        _tell(scene, verb, queue, member, "hangup")
        return "hangup"
    return scene.action(verb, _values(scene, queue, member, result))


def _wait(scene: Scene, verb: Element, queue: Queue, member: Member) -> Program[str]:
    wait_url = verb.attributes.get("waitUrl")
    jump = None
    if wait_url:
        jump = Jump(resolve(scene.url, wait_url), verb.get("waitUrlMethod", "POST"))
    if wait_url != "":
        music = wait_with(
            scene.switch, scene.call, jump, "queue wait",
            lambda: _position(scene, queue, member),
            lambda how: scene.call.wake(Left(how)),
        )  # fmt: skip
        legs.play_beside(scene.switch, scene.call, music)
    signal = yield from expect(scene.switch.agenda, (Taken, Left), None)
    legs.stop_beside(scene.call)
    if isinstance(signal, Left):
        return {"leave": "leave", "hangup": "hung up"}.get(signal.result, "error")
    assert isinstance(signal, Taken)
    if signal.whisper:
        yield from scene.switch.follow(scene.switch, scene.call, signal.whisper, "whisper")
    yield from talk(scene.switch, scene.call, signal.by)
    return "bridged"


def take_front(switch: Switch, queue: Queue, by: Call, whisper: Jump | None) -> Member | None:
    """The first of the queue goes to the caller who dialled it."""
    if not queue.members:
        return None
    member = queue.members[0]
    _remove(switch, queue, member)
    if whisper:
        told = {
            "QueueSid": queue.sid,
            "QueueTime": str(round(member.call.queued_seconds)),
            "DequeingCallSid": by.sid,
        }
        whisper = Jump(whisper.url, whisper.method, told)
    member.call.wake(Taken(by, whisper))
    return member


class SomebodyWaits(Signal):
    """A queue that was dialled while it was empty has somebody now."""


def _offer(switch: Switch, queue: Queue) -> None:
    if queue.wanting:
        queue.wanting.pop(0).wake(SomebodyWaits())


def _remove(switch: Switch, queue: Queue, member: Member) -> None:
    if member in queue.members:
        member.call.queued_seconds = (switch.now() - member.since).total_seconds()
        queue.members.remove(member)


def _out(queue: Queue, member: Member) -> bool:
    return member not in queue.members


def _position(scene: Scene, queue: Queue, member: Member) -> dict[str, str]:
    now = scene.switch.now()
    return {
        "QueueSid": queue.sid,
        "QueuePosition": str(queue.position(member) if member in queue.members else 0),
        "QueueTime": str(round((now - member.since).total_seconds())),
        "AvgQueueTime": str(queue.average_wait(now)),
        "CurrentQueueSize": str(len(queue.members)),
        "MaxQueueSize": str(queue.max_size),
    }


def _values(scene: Scene, queue: Queue, member: Member, result: str) -> dict[str, str]:
    return {
        "QueueResult": result,
        "QueueSid": queue.sid,
        "QueueTime": str(round(scene.call.queued_seconds)),
    }


def _tell(scene: Scene, verb: Element, queue: Queue, member: Member, result: str) -> None:
    """The action is asked, but nobody is there for whom its answer could be performed."""
    _remove(scene.switch, queue, member)
    action = scene.action(verb, _values(scene, queue, member, result))
    if action:
        scene.switch.tell_jump(scene.call, action)
