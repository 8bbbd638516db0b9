"""How long to wait after a try that failed, and when to stop trying. Pure arithmetic."""

from __future__ import annotations

from datetime import datetime, timedelta

# Seconds before the second try, the third, and so on; nine tries within about a day.
PAUSES_S = (10, 60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600)
RESTS_S = (0, 0, 5, 30, 120, 600)
LONGEST_FAILING = timedelta(days=3)
FEWEST_FAILURES = 10

GONE = 410


def is_success(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When to try again after so many tries; None: that was the last."""
    if attempts > len(PAUSES_S):
        return None
    return at + timedelta(seconds=PAUSES_S[attempts - 1])


def rest(failures: int, answered: bool, at: datetime) -> datetime | None:
    """Until when to leave an endpoint alone after so many failures in a row.

    One that does not answer costs a sender's time, so it rests from the first failure on.
    """
    place = min(failures + (2 if not answered else 0), len(RESTS_S)) - 1
    seconds = RESTS_S[place]
    return at + timedelta(seconds=seconds) if seconds else None


def failed_too_long(failures: int, failing_since: datetime, at: datetime) -> bool:
    return failures >= FEWEST_FAILURES and at - failing_since >= LONGEST_FAILING
