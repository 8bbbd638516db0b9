"""Whether a shift is one for a job at all, before any clock is looked at.

Booking, improving and repairing ask here; `checking` has rules of its own on purpose. Not for
times.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from helpdesk.field_service.plan import Job, Route, Shift


def misfit(shift: Shift, job: Job) -> str | None:
    """What speaks against it: "lock", "territory" or "skill"; None where nothing does."""
    if job.only is not None and shift.technician_id not in job.only:
        return "lock"
    if shift.technician_id in job.not_with:
        return "lock"
    if job.territory and shift.territories and job.territory not in shift.territories:
        return "territory"
    for skill, level in job.skills.items():
        if shift.skills.get(skill, 0) < level:
            return "skill"
    return None


def left_in_van(route: Route) -> dict[str, int]:
    """The van's stock once every job of the route has taken its parts."""
    left = Counter(route.shift.parts)
    for job in route.jobs:
        left.subtract(job.parts)
    return dict(left)


def has_parts(stock: Mapping[str, int], job: Job) -> bool:
    """Whether what is left is enough for this job."""
    return all(stock.get(part, 0) >= count for part, count in job.parts.items())


def tied_together(jobs: Iterable[Job]) -> bool:
    """Whether any of these jobs concerns more routes than its own, by itself."""
    return any(job.crew > 1 or job.after for job in jobs)
