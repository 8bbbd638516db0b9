"""That a visit was once given to a technician: a mark which the phone brings back with what was
done.

A visit may be handed to a colleague while its technician has no net. With the mark that is a
conflict to be looked at; without it the visit is not theirs and never was, and the answer is that
there is none.
"""

from __future__ import annotations

import hmac

from helpdesk.core import secrets

_LENGTH = 43  # 256 bits in base64


def made(visit_id: str, technician_id: str) -> str:
    return secrets.sign("technician-visit", f"{visit_id} {technician_id}")[:_LENGTH]


def fits(given: str, visit_id: str, technician_id: str) -> bool:
    return hmac.compare_digest(
        given.encode("utf-8", "replace"), made(visit_id, technician_id).encode()
    )
