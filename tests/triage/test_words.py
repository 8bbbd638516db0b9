"""Texts as features: the same for any way of writing, and bounded."""

from helpdesk.triage import words


def test_capitals_accents_and_width_make_no_difference():
    assert words.words_of("Der HEIZKÖRPER, die Ｈeizung") == ["der", "heizkorper", "die", "heizung"]
    assert words.words_of("لا يعمل · 暖房が壊れた") != []


def test_a_text_is_told_by_words_neighbours_pieces_and_pairs():
    single, pieces, pairs = words.features_of("no hot water")
    assert {"wno", "whot water"} <= set(single)
    assert "c hot" in pieces
    assert pairs == sorted(pairs) or set(pairs) == {"phot no", "phot water", "pno water"}
    assert words.shown("whot water") == "hot water"
    assert words.shown("c hot") == ""


def test_an_endless_text_costs_no_more_than_a_page():
    endless = "boiler cold water " * 50_000
    assert len(words.words_of(endless)) == words.MOST_WORDS
    assert sum(map(len, words.features_of(endless))) < 15_000


def test_a_subject_that_the_words_begin_with_is_not_said_twice():
    assert words.text_of("No hot water", "No hot water since Monday") == "No hot water since Monday"
    assert words.text_of("Bill", "It is wrong") == "Bill\nIt is wrong"
