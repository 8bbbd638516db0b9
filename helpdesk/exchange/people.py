"""The phones of an exchange by name of the deed, in values: for a page that shows one.

Not for tests, which hold the phones themselves.
"""

from __future__ import annotations

from collections.abc import Callable

from helpdesk.exchange.exchange import Exchange
from helpdesk.exchange.phones import Phone
from helpdesk.exchange.values import is_number

KEYS = set("0123456789*#")


class CannotDo(Exception):
    """Says what stands in the way, in words for the person at the phone."""


def state(exchange: Exchange, address: str) -> dict[str, object]:
    """What somebody at this phone sees and has heard."""
    phone = _phone(exchange, address)
    last = phone.calls[-1] if phone.calls else None
    now = exchange.now()
    return {
        "number": phone.number,
        "ringing_from": phone.ringing.from_ if phone.ringing else None,
        "in_call_with": _other(phone),
        "call_sid": last.sid if last else None,
        "call_status": last.status if last else None,
        "is_machine": bool(phone.call) and phone.answered_by == "machine",
        "seconds": round((now - last.created_at).total_seconds()) if last and last.live else None,
        "voices": len(exchange.hears(phone.call.sid)) if phone.call else 0,
        "heard": phone.hear(),
        "texts": _texts(exchange, phone),
        "numbers": list(exchange.switch.numbers),
    }


def _texts(exchange: Exchange, phone: Phone) -> list[dict[str, str]]:
    """What this phone has sent and got, oldest first."""
    with exchange.lock:
        sent = [one for one in exchange.switch.messages.values() if one.from_ == phone.number]
        both = sorted([*sent, *phone.inbox], key=lambda one: one.created_at)
    return [{"from": one.from_, "body": one.body, "at": one.created_at.isoformat()} for one in both]


def act(exchange: Exchange, address: str, deed: str, value: str) -> dict[str, object]:
    """Do one of DEEDS and say how things stand then; raises CannotDo."""
    phone = _phone(exchange, address)
    if deed not in DEEDS:
        raise CannotDo(f"A phone can {', '.join(DEEDS)}.")
    DEEDS[deed](exchange, phone, value)
    return state(exchange, address)


def _phone(exchange: Exchange, address: str) -> Phone:
    """The phone with that number, put up when it isn't there."""
    if not is_number(address):
        raise CannotDo("A number looks like +442079460123.")
    with exchange.lock:
        for end in exchange.switch.at(address):
            if isinstance(end, Phone):
                return end
        return exchange.phone(address)


def _other(phone: Phone) -> str | None:
    if not phone.call:
        return None
    return phone.call.to if phone.call.from_ == phone.number else phone.call.from_


def _dial(exchange: Exchange, phone: Phone, value: str) -> None:
    if phone.call or phone.ringing:
        raise CannotDo("Hang up first.")
    if value not in exchange.switch.numbers:
        raise CannotDo(f"No number {value} is connected.")
    phone.dial(value)


def _press(exchange: Exchange, phone: Phone, value: str) -> None:
    if not value or not set(value) <= KEYS:
        raise CannotDo("A phone has the keys 0 to 9, * and #.")
    _in_call(phone)
    phone.press(value)


def _speak(exchange: Exchange, phone: Phone, value: str) -> None:
    _in_call(phone)
    phone.speak(value)


def _hang_up(exchange: Exchange, phone: Phone, value: str) -> None:
    if not phone.call and not phone.ringing:
        raise CannotDo("There is no call.")
    phone.hang_up()


def _answer(exchange: Exchange, phone: Phone, value: str) -> None:
    if not phone.ringing:
        raise CannotDo("Nothing rings.")
    phone.answered_by = "human"
    phone.answer()


def _machine(exchange: Exchange, phone: Phone, value: str) -> None:
    """An answering machine picks up what rings."""
    if not phone.ringing:
        raise CannotDo("Nothing rings.")
    phone.answered_by = "machine"
    phone.answer()


def _text(exchange: Exchange, phone: Phone, value: str) -> None:
    """`value` is the number, a space and the words."""
    to, _, words = value.partition(" ")
    if to not in exchange.switch.numbers or not words:
        raise CannotDo("A text needs a connected number and words.")
    phone.text(to, words)


def _in_call(phone: Phone) -> None:
    if not phone.call:
        raise CannotDo("There is no call.")


DEEDS: dict[str, Callable[[Exchange, Phone, str], None]] = {
    "dial": _dial,
    "press": _press,
    "speak": _speak,
    "answer": _answer,
    "machine": _machine,
    "hang_up": _hang_up,
    "text": _text,
}
