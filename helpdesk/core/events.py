"""Events: frozen dataclasses of ids and short facts, named in the past tense.

Subclassing `Event` with a `kind` registers it; packages declare theirs in `<package>/events.py`.
Not for message bodies: an event is kept, so it carries ids and short facts only.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

_kinds: dict[str, type[Event]] = {}


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `customer_id` puts it on that customer's timeline.

    `folds`: it comes so often that a person reads only the newest of one subject there.
    """

    kind: ClassVar[str] = ""
    on_timeline: ClassVar[bool] = False
    folds: ClassVar[bool] = False

    customer_id: str | None = None

    def __init_subclass__(cls, **kw: Any) -> None:
        super().__init_subclass__(**kw)
        if cls.kind:
            known = _kinds.setdefault(cls.kind, cls)
            if known.__qualname__ != cls.__qualname__ or known.__module__ != cls.__module__:
                raise TypeError(f"two events are called {cls.kind}")
            _kinds[cls.kind] = cls

    @property
    def is_told(self) -> bool:
        """Whether this very one belongs on the timeline."""
        return self.on_timeline

    def facts(self) -> dict[str, Any]:
        """Everything but the customer, as plain JSON values."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "customer_id"}


def kinds() -> dict[str, type[Event]]:
    """Every registered kind; complete once the packages are imported."""
    return dict(_kinds)


def restore(kind: str, customer_id: str | None, facts: dict[str, Any]) -> Event | None:
    """The event as it was emitted; None for a kind this version no longer knows."""
    cls = _kinds.get(kind)
    if cls is None:
        return None
    known = {f.name for f in fields(cls)}
    return cls(customer_id=customer_id, **{k: v for k, v in facts.items() if k in known})
