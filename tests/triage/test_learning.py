"""Learning from a handful of sorted texts: it sorts, says how sure, why, and what is foreign."""

import random

import pytest

pytest.importorskip("sklearn")

from helpdesk.triage import filing, thresholds
from helpdesk.triage.learning import Example, learn

ABOUT = {
    "heating": ["boiler", "radiator", "no hot water", "cold rooms", "thermostat", "heating leaks"],
    "billing": ["invoice", "charged twice", "refund", "payment failed", "wrong amount", "receipt"],
    "moving": ["new address", "moving out", "change of flat", "keys to hand over", "new tenant"],
}
FILLERS = [
    "please help",
    "since monday",
    "i already called",
    "thank you",
    "this is urgent",
    "hello",
]


def written(label, dice):
    parts = dice.sample(ABOUT[label], 2) + dice.sample(FILLERS, 2)
    dice.shuffle(parts)
    return ", ".join(parts)


@pytest.fixture(scope="module")
def learned():
    dice = random.Random(1)
    examples = []
    for label in ABOUT:
        for _ in range(60):
            tags = ["vip"] if dice.random() < 0.4 else []
            text = written(label, dice) + (" gold contract" if tags else "")
            examples.append(Example(text, {"queue_id": label, "tags": tags}))
    examples += [Example("odd one", {"queue_id": "seldom"})]
    return learn(examples)


def test_it_sorts_and_says_why(learned):
    judged, other = learned.model.judge(
        ["The boiler is broken, we have no hot water", "You charged me twice, refund please"]
    )
    best = judged.guesses["queue_id"][0]
    assert best.label == "heating"
    assert best.confidence > 0.9
    assert any("boiler" in one for one in best.words)
    assert other.guesses["queue_id"][0].label == "billing"
    assert not judged.is_foreign


def test_tags_are_told_one_by_one(learned):
    with_tag, without = learned.model.judge(["invoice wrong, gold contract", "invoice wrong"])
    assert [one.label for one in with_tag.guesses["tags"]] == ["vip"]
    assert without.guesses["tags"] == ()


def test_foreign_words_are_known_as_such(learned):
    judged = learned.model.judge(["quarterly synergy webinar registration", ""])
    assert all(one.is_foreign for one in judged)


def test_it_measures_itself_on_what_it_had_not_seen(learned):
    figures = learned.figures["queue_id"]
    assert figures.accuracy > 0.95
    assert figures.calibration_error < 0.05
    assert figures.left_out == 1
    assert {one.label for one in figures.labels} == set(ABOUT)
    assert thresholds.choose(figures.points).threshold is not None


def test_a_model_comes_back_from_its_file_and_a_broken_one_is_refused(learned, tmp_path):
    path = tmp_path / "model"
    filing.save(learned.model, path)
    text = ["no hot water and the thermostat is dead"]
    before, after = learned.model.judge(text)[0], filing.load(path).judge(text)[0]
    assert after.guesses["queue_id"][0].label == before.guesses["queue_id"][0].label
    assert after.likeness == pytest.approx(before.likeness, abs=1e-3)
    path.write_bytes(path.read_bytes()[:-5000])
    with pytest.raises(filing.Unusable):
        filing.load(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(filing.Unusable):
        filing.load(path)


def test_texts_without_two_labels_of_ten_teach_nothing():
    few = [Example(f"text {n}", {"queue_id": "one"}) for n in range(30)]
    assert learn(few).model.fields == {}
