"""The privacy notice, each version kept: what was shown when can be read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select

from helpdesk.core.errors import Conflict, Forbidden, Invalid
from helpdesk.core.work import Work
from helpdesk.privacy.models import PrivacyNotice

LONGEST = 50_000


def current(work: Work) -> PrivacyNotice | None:
    return work.session.scalar(select(PrivacyNotice).order_by(PrivacyNotice.number.desc()).limit(1))


def versions(work: Work) -> Sequence[PrivacyNotice]:
    wanted = select(PrivacyNotice).order_by(PrivacyNotice.number.desc()).limit(50)
    return work.session.scalars(wanted).all()


def write(work: Work, texts: Mapping[str, str], *, after: int) -> PrivacyNotice | None:
    """A new version; None where nothing differs. `after` is the version that was looked at."""
    if not (work.actor.is_admin or work.actor.kind == "system"):
        raise Forbidden("Only an administrator can change the notice.")
    kept = {k: v.replace("\r\n", "\n").strip() for k, v in texts.items() if v.strip()}
    long = {f"notice_{k}" for k, v in kept.items() if len(v) > LONGEST}
    if long:
        raise Invalid(fields=dict.fromkeys(long, f"Use at most {LONGEST:,} characters."))
    before = current(work)
    if (before.number if before else 0) != after:
        raise Conflict("Somebody changed the notice meanwhile. Look again.", code="stale")
    if kept == (dict(before.texts) if before else {}):
        return None
    row = PrivacyNotice(number=after + 1, texts=kept, at=work.at, actor=work.actor.label)
    work.session.add(row)
    work.session.flush()
    work.audit("privacy_notice.changed", "setting", None, number=row.number)
    return row


def text(notice: PrivacyNotice, language: str) -> tuple[str, str]:
    """The text and the language that it is in."""
    chosen = language if language in notice.texts else next(iter(sorted(notice.texts)), "")
    return notice.texts.get(chosen, ""), chosen
