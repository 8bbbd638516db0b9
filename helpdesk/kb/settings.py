"""How knowledge is set up: languages, who publishes, how long an article is good for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from helpdesk.core import stored_settings
from helpdesk.core.errors import Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.kb import locales

NAME = "knowledge"
MOST_LOCALES = 50
LONGEST_REVIEW = 3_650
DEAREST_CENTS = 10_000_000
CURRENCY = "EUR"
_AMOUNT = re.compile(r"(\d{1,6})(?:[.,](\d{1,2}))?")
Publishing = Literal["all", "internal", "none"]
_DEFAULT: dict[str, Any] = {
    "locales": ["en"],
    "default_locale": "en",
    "agents_publish": "all",
    "review_every_days": 365,
    "contact_cents": None,
    "currency": CURRENCY,
    "by_meaning": False,
}


@dataclass(frozen=True, slots=True)
class Settings:
    """`agents_publish`: all, only what is internal, or none; supervisors always may.

    `review_every_days` is for new articles; None: they are never due. `contact_cents` is what one
    contact costs the house; None: nobody has said. `by_meaning`: found by more than their words.
    """

    locales: tuple[str, ...]
    default_locale: str
    agents_publish: Publishing
    review_every_days: int | None
    contact_cents: int | None = None
    currency: str = CURRENCY
    by_meaning: bool = False


def get(work: Work) -> Settings:
    stored = stored_settings.get(work, NAME, _DEFAULT)
    return Settings(
        locales=tuple(stored["locales"]),
        default_locale=stored["default_locale"],
        agents_publish=stored["agents_publish"],
        review_every_days=stored["review_every_days"],
        contact_cents=stored["contact_cents"],
        currency=stored["currency"],
        by_meaning=stored["by_meaning"],
    )


def change(work: Work, values: Mapping[str, Any]) -> Settings:
    """Set what is named; the default language is always among the languages."""
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator sets knowledge up.")
    if unknown := set(values) - set(_DEFAULT):
        raise Invalid(fields={min(unknown): "There is no such setting."})
    wanted = {**stored_settings.get(work, NAME, _DEFAULT), **values}
    codes = [locales.code(one, "locales") for one in wanted["locales"]]
    wanted["default_locale"] = locales.code(wanted["default_locale"], "default_locale")
    wanted["locales"] = list(dict.fromkeys([wanted["default_locale"], *codes]))
    if len(wanted["locales"]) > MOST_LOCALES:
        raise Invalid(fields={"locales": f"Use at most {MOST_LOCALES} languages."})
    if wanted["agents_publish"] not in ("all", "internal", "none"):
        raise Invalid(fields={"agents_publish": "Choose all, internal or none."})
    wanted["review_every_days"] = review_days(wanted["review_every_days"])
    _check_cost(wanted["contact_cents"], wanted["currency"])
    if not isinstance(wanted["by_meaning"], bool):
        raise Invalid(fields={"by_meaning": "Say yes or no."})
    stored_settings.put(work, NAME, wanted)
    return get(work)


def review_days(value: object) -> int | None:
    """After how many days to look again; None: never."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= LONGEST_REVIEW:
        raise Invalid(fields={"review_every_days": f"Use 1 to {LONGEST_REVIEW:,} days."})
    return value


def cents(amount: str) -> int | None:
    """An amount as somebody writes it; None where they wrote nothing."""
    if not amount.strip():
        return None
    found = _AMOUNT.fullmatch(amount.strip())
    if found is None:
        raise Invalid(fields={"contact_cost": "Use an amount such as 4.50."})
    return int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0"))


def _check_cost(cents: object, currency: object) -> None:
    if cents is not None and (
        isinstance(cents, bool) or not isinstance(cents, int) or not 0 < cents <= DEAREST_CENTS
    ):
        raise Invalid(fields={"contact_cost": "Use an amount such as 4.50."})
    if not isinstance(currency, str) or re.fullmatch(r"[A-Z]{3}", currency) is None:
        raise Invalid(fields={"currency": "Use the three letters of a currency, such as EUR."})
