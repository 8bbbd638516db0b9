"""Allowances of the widget's door."""

from __future__ import annotations

import pytest

from helpdesk.core import clock
from helpdesk.web.widget import throttle


def test_a_portion_grows_back_with_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at = [1000.0]
    monkeypatch.setattr(clock, "monotonic", lambda: at[0])
    allowance = throttle.Allowance(2, 60, "Too many.")
    allowance.spend("a")
    allowance.spend("a")
    with pytest.raises(throttle.TooMany) as refused:
        allowance.spend("a")
    assert refused.value.retry_after_s == 30
    allowance.spend("b")
    at[0] += 30
    allowance.spend("a")
