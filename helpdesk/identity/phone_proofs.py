"""Codes by text that prove a telephone number: asked for, issued, used; and who may ask how often.

Texts cost money, and whoever is paid for receiving them may ask on and on. So only numbers of
mobile phones of the countries that an administrator names get any, and so many a day in all. What
a number gets is limited in silence: nobody learns from it whose it is. Not for sending (see the
workflow `phone_proving`), nor for whose record it becomes (`portal_claiming`).
"""

from __future__ import annotations

import secrets as _random
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, func, select, update

from helpdesk.core import secrets, stored_settings
from helpdesk.core.errors import Invalid, TooMany
from helpdesk.core.ids import new_id
from helpdesk.core.work import Work
from helpdesk.identity import permissions, throttle
from helpdesk.identity.events import PhoneProofAsked
from helpdesk.identity.models import PhoneProof

GOOD_FOR = timedelta(minutes=10)
WRONG_CODES = 5
A_DAY = timedelta(days=1)
MOST_TO_NUMBER = 5
MOST_BY_USER = 10
MOST_BY_NETWORK = 30
MOST_A_DAY = 200
SETTING = "identity.phone_proofs"


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose numbers get codes (countries as ISO 3166 has them; none: nobody's), and how many."""

    regions: tuple[str, ...] = ()
    most_a_day: int = MOST_A_DAY


def rule(work: Work) -> Rule:
    stored = stored_settings.get(work, SETTING, {"regions": [], "most_a_day": MOST_A_DAY})
    return Rule(tuple(stored["regions"]), int(stored["most_a_day"]))


def set_rule(work: Work, *, regions: list[str], most_a_day: int) -> None:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  it is loaded where numbers are read

    permissions.require(permissions.may_administer(work.actor))
    named = sorted({one.strip().upper() for one in regions if one.strip()})
    wrong = {}
    if not set(named) <= SUPPORTED_REGIONS:
        wrong["regions"] = "Write countries by two letters, like DE, AT, CH."
    if not 1 <= most_a_day <= 100_000:
        wrong["most_a_day"] = "Enter a number from 1 to 100,000."
    if wrong:
        raise Invalid(fields=wrong)
    stored_settings.put(work, SETTING, {"regions": named, "most_a_day": most_a_day})


def is_reached(number: str, regions: tuple[str, ...]) -> bool:
    """Whether a text to this number (E.164) may be paid for: a mobile phone of these countries."""
    import phonenumbers  # noqa: PLC0415
    from phonenumbers import PhoneNumberType as Kind  # noqa: PLC0415

    read = phonenumbers.parse(number)
    kind = phonenumbers.number_type(read)
    if kind not in (Kind.MOBILE, Kind.FIXED_LINE_OR_MOBILE):
        return False
    return phonenumbers.region_code_for_number(read) in regions


def ask(work: Work, number: str, *, language: str, site_id: str | None) -> PhoneProof:
    """The signed-in person wants a code for this number.

    TooMany for the person and their network; Invalid (`not_reached`) for a number that gets none.
    """
    user_id = work.actor.id
    if not is_reached(number, rule(work).regions):
        raise Invalid(fields={"phone": "No codes go to this number."}, code="not_reached")
    network = throttle.network_of(work.actor.address)
    throttle.begin_try(work, _account(user_id), address=work.actor.address)
    if (
        _count(work, PhoneProof.user_id == user_id) >= MOST_BY_USER
        or _count(work, PhoneProof.network == network) >= MOST_BY_NETWORK
    ):
        raise TooMany("That is enough for today.", retry_after_s=3600, code="throttled")
    row = PhoneProof(
        id=new_id(),
        user_id=user_id,
        number=number,
        network=network,
        language=language[:10],
        site_id=site_id,
        state="asked",
        code_hash=None,
        created_at=work.at,
        expires_at=work.at + GOOD_FOR,
        used_at=None,
    )
    work.session.add(row)
    work.session.flush()
    work.emit(PhoneProofAsked(proof_id=row.id))
    return row


def has_enough(work: Work, row: PhoneProof) -> bool:
    """The number, or the house, has had its texts of today."""
    sent = PhoneProof.state == "sent"
    return (
        _count(work, PhoneProof.number == row.number, sent) >= MOST_TO_NUMBER
        or sent_today(work) >= rule(work).most_a_day
    )


def sent_today(work: Work) -> int:
    return _count(work, PhoneProof.state == "sent")


def take(work: Work, proof_id: str, state: str) -> PhoneProof | None:
    """Claim what was asked for, so that one text goes; None for what is done with or too old."""
    return work.session.scalar(
        update(PhoneProof)
        .where(
            PhoneProof.id == proof_id, PhoneProof.state == "asked", PhoneProof.expires_at > work.at
        )
        .values(state=state)
        .returning(PhoneProof)
        .execution_options(populate_existing=True)
    )


def note_failed(work: Work, proof_id: str) -> None:
    """The carrier did not take it, so it counts for nothing."""
    work.session.execute(
        update(PhoneProof)
        .where(PhoneProof.id == proof_id)
        .values(state="failed", code_hash=None)
        .execution_options(synchronize_session=False)
    )


def issue(row: PhoneProof) -> str:
    """The code for the text; only its hash stays here."""
    code = f"{_random.randbelow(10**6):06d}"
    row.code_hash = _code_hash(row.id, code)
    return code


def begin_code_try(work: Work, user_id: str) -> throttle.Try:
    """Write a try down before it is checked, in a transaction of its own."""
    account = throttle.account_hash("phone code", user_id)
    return throttle.begin_try(work, account, address=work.actor.address)


def use_code(work: Work, user_id: str, code: str) -> PhoneProof | None:
    """The proof that this person's code fits, used up; a wrong one is counted."""
    given = "".join(c for c in code if c.isascii() and c.isdigit())
    rows = work.session.scalars(
        select(PhoneProof)
        .where(
            PhoneProof.user_id == user_id,
            PhoneProof.code_hash.is_not(None),
            PhoneProof.used_at.is_(None),
            PhoneProof.expires_at > work.at,
            PhoneProof.wrong_codes < WRONG_CODES,
        )
        .order_by(PhoneProof.created_at.desc())
        .limit(3)
        .with_for_update()
    ).all()
    right = next((row for row in rows if _fits(row, given)), None)
    if right is None:
        for row in rows:
            row.wrong_codes += 1
        return None
    for row in rows:
        row.used_at = work.at
    throttle.take_back(work, throttle.Try("", _account(user_id)))
    return right


def _count(work: Work, *wanted: ColumnElement[bool]) -> int:
    since = PhoneProof.created_at > work.at - A_DAY
    found = select(func.count()).select_from(PhoneProof).where(since, *wanted)
    return work.session.scalar(found) or 0


def _account(user_id: str) -> str:
    return throttle.account_hash("phone proof", user_id)


def _code_hash(proof_id: str, code: str) -> str:
    # Six digits are soon guessed from a plain hash; this one needs the installation's key.
    return secrets.sign("phone code", f"{proof_id} {code}")


def _fits(row: PhoneProof, code: str) -> bool:
    return secrets.signature_fits("phone code", f"{row.id} {code}", row.code_hash or "")
