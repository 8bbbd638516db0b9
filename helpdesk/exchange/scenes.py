"""Where a verb is performed: on which call, and against which address it resolves others."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.exchange.calls import Call, Jump, Watch
from helpdesk.exchange.grammar import Kind
from helpdesk.exchange.programs import Program
from helpdesk.exchange.switch import Switch, resolve
from helpdesk.exchange.twiml import Element

# None: the next verb. A word: the document is over, and how.
Outcome = Jump | str | None


@dataclass(frozen=True, slots=True)
class Scene:
    switch: Switch
    call: Call
    url: str
    method: str
    kind: Kind

    def action(self, verb: Element, values: dict[str, str]) -> Jump | None:
        """The action of a verb with what it is told; None where it has none."""
        if "action" not in verb.attributes:
            return None
        return Jump(resolve(self.url, verb.get("action")), verb.get("method", "POST"), values)

    def follow(self, url: str, method: str, kind: Kind, values: dict[str, str]) -> Program[str]:
        jump = Jump(resolve(self.url, url), method, values)
        return self.switch.follow(self.switch, self.call, jump, kind)

    def watch(
        self, verb: Element, prefix: str, events: frozenset[str], default: str
    ) -> Watch | None:
        """Who is told, out of `prefix`, `prefix`Method and `prefix`Event."""
        if prefix not in verb.attributes:
            return None
        wanted = verb.get(f"{prefix}Event", default).split()
        url = resolve(self.url, verb.get(prefix))
        return Watch(url, verb.get(f"{prefix}Method", "POST"), frozenset(wanted) & events)
