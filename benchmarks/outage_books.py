"""What the fault run is judged by: the carrier's own book against the database, line by line.

Each kind of trouble is one list of what is wrong, empty when all is well. Nothing here mends.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

# Rows that must not be there once everybody has gone. A missed call leaves a ticket, which stays.
STUCK = {
    "calls without an end": "SELECT conversation_id FROM call WHERE ended_at IS NULL",
    "legs": "SELECT id FROM call_leg WHERE state <> 'left'",
    "conversations": "SELECT id FROM conversation WHERE channel = 'call' AND state <> 'ended'",
    "work items": """
        SELECT id FROM work_item WHERE channel = 'call' AND state NOT IN ('done', 'left')""",
    "offers": "SELECT id FROM offer WHERE state = 'live'",
    "assignments": "SELECT id FROM assignment WHERE finished_at IS NULL",
    "slots": "SELECT agent_id FROM slot WHERE offer_id IS NOT NULL OR assignment_id IS NOT NULL",
    "lines": "SELECT sid FROM carrier_call WHERE ended_at IS NULL",
    "orders": "SELECT id FROM carrier_order WHERE done_at IS NULL",
    "hooks": "SELECT id FROM carrier_event WHERE state = 'waiting'",
}
DOUBLE = {
    "callers' lines in one conversation": """
        SELECT conversation_id FROM carrier_call WHERE party = 'caller'
        GROUP BY conversation_id HAVING count(*) > 1""",
    "conversations without a line": """
        SELECT id FROM conversation WHERE channel = 'call' AND NOT EXISTS
        (SELECT 1 FROM carrier_call WHERE conversation_id = conversation.id
        AND party = 'caller')""",
    "ends of one call": """
        SELECT subject_id FROM event WHERE kind IN ('call.ended', 'conversation.ended')
        GROUP BY kind, subject_id HAVING count(*) > 1""",
    "work items of one call": """
        SELECT subject_id FROM work_item GROUP BY subject_id HAVING count(*) > 1""",
    "answers of one call": """
        SELECT subject_id FROM event WHERE kind = 'conversation.answered'
        GROUP BY subject_id HAVING count(*) > 1""",
    "agents on one call at once": """
        SELECT a.id FROM assignment a JOIN assignment b ON b.work_item_id = a.work_item_id
        AND b.id <> a.id AND b.accepted_at >= a.accepted_at
        AND b.accepted_at < coalesce(a.contact_ended_at, a.finished_at)""",
    "calls of one agent at once": """
        SELECT a.id FROM assignment a JOIN assignment b ON b.agent_id = a.agent_id
        AND b.id <> a.id AND b.accepted_at >= a.accepted_at AND b.accepted_at < a.finished_at""",
}
# Taken is answered: a caller may be gone before the agent who accepted has said a word.
LOST = {
    "both answered and abandoned, or neither": """
        SELECT c.conversation_id FROM call c JOIN work_item w ON w.subject_id = c.conversation_id
        WHERE c.ended_at IS NOT NULL AND CASE WHEN w.state = 'left' THEN c.answered_at IS NOT NULL
        ELSE NOT EXISTS
        (SELECT 1 FROM assignment WHERE work_item_id = w.id) END""",
    "ends that were not told": """
        SELECT conversation_id FROM call WHERE ended_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM event WHERE kind = 'call.ended' AND subject_id = call.conversation_id)""",
    "seconds that don't add up": """
        SELECT c.conversation_id FROM call c
        LEFT JOIN call_span s ON s.conversation_id = c.conversation_id
        WHERE c.ended_at IS NOT NULL GROUP BY c.conversation_id
        HAVING abs(extract(epoch FROM c.ended_at - c.began_at)
        - coalesce(sum(extract(epoch FROM s.ended_at - s.began_at)), 0)) > 0.001""",
    "hooks that failed": "SELECT id FROM carrier_event WHERE state = 'failed'",
}


@dataclass
class Judgement:
    """`lost`, `double` and `stuck` by what is wrong; `figures` is what there was of everything."""

    lost: dict[str, list[str]] = field(default_factory=dict)
    double: dict[str, list[str]] = field(default_factory=dict)
    stuck: dict[str, list[str]] = field(default_factory=dict)
    figures: dict[str, int] = field(default_factory=dict)

    def count(self, kind: str) -> int:
        return sum(len(ids) for ids in getattr(self, kind).values())

    @property
    def is_clean(self) -> bool:
        return not any(self.count(kind) for kind in ("lost", "double", "stuck"))

    def told(self) -> str:
        lines = [", ".join(f"{count:,} {name}" for name, count in self.figures.items())]
        for kind in ("lost", "double", "stuck"):
            lines.append(f"{self.count(kind)} {kind}")
            for name, ids in getattr(self, kind).items():
                lines.append(f"    {name}: {len(ids)}, such as {ids[0]}")
        return "\n".join(lines)


def judge(engine: Engine, met: Collection[str], still_live: Sequence[str]) -> Judgement:
    """`met` are the calls that our hooks put into the line, by the carrier's own book;
    `still_live` those that it carries even now."""
    found = Judgement()
    with Session(engine) as session:
        for kind, questions in (("lost", LOST), ("double", DOUBLE), ("stuck", STUCK)):
            for name, question in questions.items():
                if rows := [str(row[0]) for row in session.execute(text(question))]:
                    getattr(found, kind)[name] = rows
        known = {
            str(sid)
            for (sid,) in session.execute(
                text(
                    "SELECT l.sid FROM carrier_call l JOIN call c USING (conversation_id)"
                    " JOIN conversation v ON v.id = l.conversation_id WHERE l.party = 'caller'"
                )
            )
        }
        found.figures = {
            name: int(session.scalar(text(question)) or 0) for name, question in _FIGURES.items()
        }
    if missing := sorted(set(met) - known):
        found.lost["calls that were met and are not in the books"] = missing
    if still_live:
        found.stuck["calls that the carrier still carries"] = list(still_live)
    return found


_FIGURES = {
    "calls": "SELECT count(*) FROM call",
    "answered": "SELECT count(*) FROM call WHERE answered_at IS NOT NULL",
    "gone before their agent spoke": """SELECT count(*) FROM call c JOIN work_item w
        ON w.subject_id = c.conversation_id WHERE c.answered_at IS NULL AND w.state = 'done'""",
    "abandoned": "SELECT count(*) FROM work_item WHERE channel = 'call' AND state = 'left'",
    "hooks": "SELECT count(*) FROM carrier_event",
    "orders": "SELECT count(*) FROM carrier_order",
    "orders given up": "SELECT count(*) FROM carrier_repair WHERE what = 'gave_up'",
    "repairs": "SELECT count(*) FROM carrier_repair WHERE what <> 'gave_up'",
}


def repairs(engine: Engine) -> dict[str, int]:
    """How many of each kind of repair were written down, to be shown."""
    with Session(engine) as session:
        rows = session.execute(
            text("SELECT what, told, count(*) FROM carrier_repair GROUP BY what, told")
        )
        return {f"{what}: {told}": count for what, told, count in rows}


def undone(engine: Engine) -> list[str]:
    """Orders that the carrier has not taken, with what became of the last try."""
    with Session(engine) as session:
        rows = session.execute(
            text("SELECT what, target, tries, error FROM carrier_order WHERE done_at IS NULL")
        )
        return [f"{what} {target}, {tries} tries: {error}" for what, target, tries, error in rows]
