"""May it be sent? The decision on paper."""

from __future__ import annotations

import pytest

from helpdesk.consents.deciding import Rule, decide, standing

NEWS = Rule("Product news", "only_given", ("email",))
SURVEYS = Rule("Surveys", "unless_withdrawn", ("email",))
SERVICE = Rule("Service messages", "always", ())


@pytest.mark.parametrize(
    "rule,channel,states,stopped,answers,code",
    [
        (NEWS, "email", (), "", False, "not_given"),
        (NEWS, "email", ("given",), "", False, "given"),
        (NEWS, "email", ("given", "withdrawn"), "", False, "withdrawn"),
        (NEWS, "sms", ("given",), "", False, "no_channel"),
        (SURVEYS, "email", (), "", False, "not_withdrawn"),
        (SURVEYS, "email", ("withdrawn",), "", False, "withdrawn"),
        (SURVEYS, "email", ("withdrawn",), "", True, "answers"),
        (SERVICE, "call", ("withdrawn",), "", False, "always"),
        (SERVICE, "sms", (), "STOP", True, "stopped"),
        (NEWS, "email", ("given",), "STOP", False, "stopped"),
    ],
)
def test_stops_go_first_then_answers_then_the_strictest_word(
    rule: Rule, channel: str, states: tuple[str, ...], stopped: str, answers: bool, code: str
) -> None:
    found = decide(rule, channel, states=states, stopped=stopped, answers=answers)
    assert found.code == code
    assert found.allowed == (code in ("given", "not_withdrawn", "answers", "always"))
    assert found.why


def test_of_several_words_the_no_counts() -> None:
    assert [standing(s) for s in ((), ("given",), ("given", "withdrawn"))] == [
        "", "given", "withdrawn",
    ]  # fmt: skip
