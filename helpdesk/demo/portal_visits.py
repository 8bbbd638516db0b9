"""What the demo company's portal customers find when they sign in: matters of several kinds, and
what everybody is told. Not for the letters themselves (see `letters`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from helpdesk.bulletins import service as bulletins
from helpdesk.demo.cases import Cases
from helpdesk.demo.clientele import Client
from helpdesk.demo.history_work import HistoryWork
from helpdesk.demo.letters import LETTERS

# How long ago, counted in days, and what each of them wrote: solved, waiting for them, just come.
WROTE: tuple[tuple[tuple[float, str], ...], ...] = (
    (
        (9.2, "Monthly payment lower, please"),
        (4.1, "Change of name"),
        (0.03, "No electricity since six"),
    ),
    ((7.3, "Charger does not know my card any more"), (0.04, "Invoice address for our company")),
)


def plan(cases: Cases, clients: Sequence[Client], now: datetime) -> None:
    """Their letters, among those of everybody else."""
    by_subject = {letter.subject: letter for letter in LETTERS}
    for client, letters in zip(clients, WROTE, strict=True):
        for days, subject in letters:
            at = now - timedelta(days=days)
            cases.past.plan(at, cases.arrive, client, by_subject[subject])


def announce(work: HistoryWork) -> None:
    """A known incident and a piece of news, in both languages of the portal."""
    bulletins.add(
        work,
        severity="incident",
        texts={
            "en": (
                "No electricity in the harbour quarter",
                (
                    "A cable was cut at a building site. The grid operator expects the power "
                    "back by this evening. You need not write to us about it."
                ),
            ),
            "de": (
                "Kein Strom im Hafenviertel",
                (
                    "An einer Baustelle wurde ein Kabel durchtrennt. Der Netzbetreiber rechnet bis "
                    "heute Abend mit Strom. Sie müssen uns deswegen nicht schreiben."
                ),
            ),
        },
        audience="everybody",
        organisation_id=None,
        from_at=work.at - timedelta(hours=2),
        to_at=None,
    )
    bulletins.add(
        work,
        severity="news",
        texts={
            "en": ("Readings by photo", "Attach a photo of your meter to any message here."),
            "de": ("Zählerstand per Foto", "Hängen Sie einfach ein Foto Ihres Zählers an."),
        },
        audience="signed_in",
        organisation_id=None,
        from_at=work.at - timedelta(days=3),
        to_at=work.at + timedelta(days=30),
    )
