"""Languages of articles: codes, and which one a reader gets when the asked one is missing. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from helpdesk.core.errors import Invalid

_CODE = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z0-9]{2,6}))?")
_RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ps", "sd", "ug", "ur", "yi", "dv", "ckb"})


def code(value: object, field: str = "locale") -> str:
    """`pt_br` as `pt-BR`, `zh-hant` as `zh-Hant`; Invalid for what is no language code."""
    found = _CODE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise Invalid(fields={field: "Write a language code like en or pt-BR."})
    base, region = found.group(1).lower(), found.group(2)
    if region is None:
        return base
    return f"{base}-{region.title() if len(region) == 4 else region.upper()}"


def base_of(locale: str) -> str:
    return locale.partition("-")[0]


def is_right_to_left(locale: str) -> bool:
    return base_of(locale) in _RIGHT_TO_LEFT


def preferred(asked: str, site: str, source: str = "") -> list[str]:
    """In which order languages are tried: asked, its base, the site's own, the article's source."""
    tried = [asked, base_of(asked), site, base_of(site), source]
    return list(dict.fromkeys(one for one in tried if one))


def choose(asked: str, site: str, source: str, available: Collection[str]) -> str | None:
    """Which of the available languages this reader gets; None where there is none at all."""
    for wanted in preferred(asked, site, source):
        if wanted in available:
            return wanted
    # Another region of the asked language is nearer than a foreign one, but is asked for last:
    # nobody named it.
    kin = sorted(one for one in available if base_of(one) == base_of(asked))
    return kin[0] if kin else min(available, default=None)


def best_of(accepted: Iterable[str], offered: Collection[str], site: str) -> str:
    """The offered language that a browser's list (best first) asks for; the site's where none."""
    for one in accepted:
        for wanted in (one, base_of(one)):
            if wanted in offered:
                return wanted
    return site
