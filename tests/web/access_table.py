"""Who may call which endpoint, kept as data beside the code that says it.

A new route without a row here fails tests/web/test_access.py; add the row in the same commit and
let the review look at it. Words: `public` (everybody), `signed_in` (every role), or roles.
`ROLES_SEE_404` names endpoints that pretend not to exist for other roles.
"""

from __future__ import annotations

DESK = "admin supervisor agent"
SUPERVISE = "admin supervisor"
ADMIN = "admin"

ALLOWED: dict[str, str] = {
    "health.livez": "public",
    "health.readyz": "public",
    "health.metrics": "public",  # answers 404 but for this machine and an administrator's token
    "auth.home": "public",
}
