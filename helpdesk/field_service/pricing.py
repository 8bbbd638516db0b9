"""What a slot costs and why there is none, in words of the reader's language.

For whoever books: the agent, the technician at the table. Not for customers' mails, which name the
window alone, and not for deciding.
"""

from collections.abc import Mapping
from datetime import date

from helpdesk.field_service.refusing import Refusal
from helpdesk.field_service.slots import Slot

NOON_S = 12 * 3600
MINUTE = 60

_EN = {
    "more": "+{minutes} min driving",
    "none": "no detour",
    "less": "{minutes} min less driving",
    "last": "uses the last slack of that {half}",
    "slack": "{minutes} min of slack left",
    "late": "after the due date",
    "preferred": "with the technician they know",
    "crew": "{count} technicians",
    "morning": "morning",
    "afternoon": "afternoon",
    "no_shift": "Nobody works in these windows.",
    "lock": "None of those it is reserved for works in these windows.",
    "territory": "Nobody who works then goes to {territory}.",
    "skill": "Nobody who works then has {skill} at level {level}.",
    "skill_nearest": "{count} have level {nearest_level}.",
    "skill_one": "One has level {nearest_level}.",
    "parts": "No van has {needed} x {part} left.",
    "crew_few": "It takes {needed} technicians together, and no day has more than {count} who fit.",
    "waits": "What has to be done before is not planned yet.",
    "far": "It is too far away: {minutes} min of driving one way do not fit into any shift.",
    "full": "All these windows are full.",
    "next_day": "From {day} on it is possible.",
    "one_hour": "{short} more minutes on {day} would open a window.",
    "day": "{d.day} {month} {d.year}",
    "near": "{minutes} min short",
}
_DE = {
    "more": "+{minutes} Min. Fahrt",
    "none": "kein Umweg",
    "less": "{minutes} Min. weniger Fahrt",
    "last": "braucht die letzte Reserve an diesem {half}",
    "slack": "noch {minutes} Min. Reserve",
    "late": "nach der Frist",
    "preferred": "mit dem vertrauten Techniker",
    "crew": "{count} Techniker",
    "morning": "Vormittag",
    "afternoon": "Nachmittag",
    "no_shift": "In diesen Zeitfenstern arbeitet niemand.",
    "lock": "Niemand, für den der Termin vorgesehen ist, arbeitet in diesen Zeitfenstern.",
    "territory": "Niemand, der dann arbeitet, fährt nach {territory}.",
    "skill": "Niemand, der dann arbeitet, hat {skill} auf Stufe {level}.",
    "skill_nearest": "{count} haben Stufe {nearest_level}.",
    "skill_one": "Eine Person hat Stufe {nearest_level}.",
    "parts": "Kein Wagen hat noch {needed} x {part}.",
    "crew_few": "Es braucht {needed} Techniker zugleich; an keinem Tag passen mehr als {count}.",
    "waits": "Was vorher erledigt sein muss, ist noch nicht geplant.",
    "far": "Es ist zu weit: {minutes} Min. einfache Fahrt passen in keine Schicht.",
    "full": "Alle diese Zeitfenster sind voll.",
    "next_day": "Ab dem {day} ist es möglich.",
    "one_hour": "{short} Minuten mehr am {day} würden ein Zeitfenster öffnen.",
    "day": "{d.day}. {month} {d.year}",
    "near": "{minutes} Min. zu knapp",
}
_TEXTS: Mapping[str, Mapping[str, str]] = {"en": _EN, "de": _DE}
_MONTHS: Mapping[str, str] = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
}


def words(slot: Slot, locale: str = "en", noon: int | None = None) -> str:
    """The price of a slot, as "+6 min driving, uses the last slack of that morning".

    `noon` is midday of the slot's day where it is; without it, midday of UTC.
    """
    say = _texts(locale)
    parts = [_driving(slot.added_travel_s, say)]
    if slot.uses_last_slack:
        middle = noon if noon is not None else slot.starts - slot.starts % 86_400 + NOON_S
        half = "morning" if slot.starts < middle else "afternoon"
        parts.append(say["last"].format(half=say[half]))
    else:
        parts.append(say["slack"].format(minutes=slot.slack_left_s // MINUTE))
    if slot.preferred:
        parts.append(say["preferred"])
    if len(slot.shifts) > 1:
        parts.append(say["crew"].format(count=len(slot.shifts)))
    if not slot.before_due:
        parts.append(say["late"])
    return ", ".join(parts)


def refusal_words(refusal: Refusal, locale: str = "en") -> str:
    """Why there is no slot and what would open one, in one to three sentences."""
    say, facts = _texts(locale), dict(refusal.facts)
    facts["minutes"] = -(-facts.get("travel_s", 0) // MINUTE)
    facts["count"] = len(facts.get("fitting", ()))
    kind = "crew_few" if refusal.kind == "crew" else refusal.kind
    said = [say[kind].format(**facts)]
    nearest = len(facts.get("nearest", ()))
    if nearest:
        text = say["skill_one" if nearest == 1 else "skill_nearest"]
        said.append(text.format(count=nearest, nearest_level=facts["nearest_level"]))
    if facts.get("one_hour_opens"):
        short = max(-(-facts["short_s"] // MINUTE), 1)
        said.append(say["one_hour"].format(short=short, day=_day(facts["one_hour_opens"], locale)))
    if facts.get("next_day"):
        said.append(say["next_day"].format(day=_day(facts["next_day"], locale)))
    return " ".join(said)


def _driving(seconds: int, say: Mapping[str, str]) -> str:
    minutes = -(-abs(seconds) // MINUTE) if seconds >= 0 else abs(seconds) // MINUTE
    kind = "none" if not minutes else "more" if seconds > 0 else "less"
    return say[kind].format(minutes=minutes)


def _day(iso: str, locale: str) -> str:
    d = date.fromisoformat(iso)
    months = _MONTHS["de" if locale.startswith("de") else "en"].split()
    return _texts(locale)["day"].format(d=d, month=months[d.month - 1])


def _texts(locale: str) -> Mapping[str, str]:
    return _TEXTS["de" if locale.startswith("de") else "en"]
