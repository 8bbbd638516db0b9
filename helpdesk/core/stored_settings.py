"""Settings that an administrator changes on screen, kept in the database by name.

Not for what the process needs before it can open the database (see `core.config`).
"""

from __future__ import annotations

from typing import Any

from helpdesk.core.tables import StoredSetting
from helpdesk.core.work import Work


def get(work: Work, name: str, default: dict[str, Any]) -> dict[str, Any]:
    """The stored value on top of `default`, so that new keys get their defaults."""
    row = work.session.get(StoredSetting, name)
    return {**default, **(row.value if row else {})}


def put(work: Work, name: str, value: dict[str, Any]) -> None:
    """Store the whole value and record who changed it."""
    row = work.session.get(StoredSetting, name)
    before = dict(row.value) if row else {}
    if row is None:
        work.session.add(StoredSetting(name=name, value=value, changed_at=work.at))
    else:
        row.value, row.changed_at = value, work.at
    changed = {k: v for k, v in value.items() if before.get(k) != v}
    work.audit("setting.changed", "setting", None, name=name, changed=changed)
