"""What articles decide without a database: addresses, differences, steps, audiences, languages."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.core.errors import Invalid
from helpdesk.kb import difference as differences
from helpdesk.kb import locales, reading, slugs, workflow
from helpdesk.kb.difference import difference
from helpdesk.kb.reading import Reader, Rule

ADDRESSES = [
    ("Wie ändere ich meine Größe & Preis?", "de", "wie-aendere-ich-meine-groesse-preis"),
    ("Reset C++ @home & away", "en", "reset-c-plus-plus-at-home-and-away"),
    ("Crème brûlée – déjà vu", "fr", "creme-brulee-deja-vu"),
    ("Ålesund Øre", "nb", "aalesund-oere"),
    ("Łódź, Žižkov", "pl", "lodz-zizkov"),
    ("Ελληνικά Άρθρο", "el", "ελληνικα-αρθρο"),
    ("Привет, мир! Й", "ru", "привет-мир-й"),
    ("مرحبا بالعالم", "ar", "مرحبا-بالعالم"),
    ("सहायता केंद्र", "hi", "सहायता-केंद्र"),
    ("ปัญหาการเข้าสู่ระบบ", "th", "ปัญหาการเข้าสู่ระบบ"),
    ("如何重置密码？", "zh", "如何重置密码"),
    ("日本語ガイド", "ja", "日本語ガイド"),
    ("한국어 도움말", "ko", "한국어-도움말"),
    ("Can’t & won't", "en", "cant-and-wont"),
    ("🙂 --- !", "en", "article"),
    ("Search", "en", "search-1"),
    ("../../etc/passwd\x00<script>", "en", "etc-passwd-script"),
    ("word " * 60, "en", "-".join(["word"] * 16)),
]


@pytest.mark.parametrize("title,locale,expected", ADDRESSES)
def test_a_title_of_any_script_becomes_an_address(title: str, locale: str, expected: str) -> None:
    assert slugs.slug(title, locale) == expected
    assert slugs.slug(expected, locale) in (expected, f"{expected}-1")


@given(st.text(max_size=200))
def test_an_address_is_short_and_holds_nothing_that_parts_a_path(title: str) -> None:
    made = slugs.slug(title)
    assert 0 < len(made) <= 83
    assert not set(made) & set("/?#%&<>\"' \\.:;\n\0")
    assert made.strip("-") == made


def test_a_difference_says_which_words_came_and_went() -> None:
    before = "# Lamp\n\nThe quick brown fox jumps over it.\n\nGone.\n\n- one\n- two\n\nEnd."
    after = "# Lamp\n\nThe slow brown fox leaps over it.\n\n- one\n- two and a half\n\nEnd.\n\nNew."
    found = difference(before, after)
    assert [block.kind for block in found.blocks] == [
        "same", "changed", "removed", "same", "changed", "same", "added",
    ]  # fmt: skip
    assert [(piece.kind, piece.text) for piece in found.blocks[1].pieces] == [
        ("same", "The "), ("removed", "quick "), ("added", "slow "), ("same", "brown fox "),
        ("removed", "jumps "), ("added", "leaps "), ("same", "over it."),
    ]  # fmt: skip
    assert (found.words_added, found.words_removed) == (6, 3)
    assert [b and b.kind for b in differences.around(found, context=0)] == [
        None, "changed", "removed", None, "changed", None, "added",
    ]  # fmt: skip
    assert difference(before, before.replace("\n", "\r\n")).is_empty


WORDS = st.lists(
    st.sampled_from(["a", "bb", "ccc", "\n", "\n\n", "# ", "- ", "|", "```"]), max_size=40
)


@given(WORDS, WORDS)
def test_both_texts_can_be_put_together_from_their_difference(
    before: list[str], after: list[str]
) -> None:
    old, new = " ".join(before), " ".join(after)
    found = difference(old, new)
    assert [b.before for b in found.blocks if b.kind != "added"] == differences.blocks_of(old)
    assert [b.after for b in found.blocks if b.kind != "removed"] == differences.blocks_of(new)
    for block in found.blocks:
        if block.kind == "changed":
            kept = "".join(p.text for p in block.pieces if p.kind != "removed")
            assert kept == block.after


def test_two_versions_of_eighty_kilobytes_are_compared_in_no_time() -> None:
    rng = random.Random(5)
    words = ["".join(rng.choices("abcdefghijklm", k=rng.randint(2, 9))) for _ in range(3000)]
    blocks = [" ".join(rng.choices(words, k=rng.randint(20, 120))) for _ in range(190)]
    edited = [
        " ".join(rng.choice(words) if rng.random() < 0.15 else word for word in block.split())
        for block in blocks
    ]
    before = "\n\n".join(blocks)
    assert len(before) > 75_000
    for after in ("\n\n".join(edited), "\n\n".join(reversed(blocks)), " ".join(edited)):
        began = time.process_time()
        assert not difference(before, after).is_empty
        assert time.process_time() - began < 0.5  # a tenth of it on a quiet machine


def test_the_table_of_steps_leads_everywhere_and_never_shows_what_is_archived() -> None:
    reached, waiting = set(), [("draft", False)]
    while waiting:
        here = waiting.pop()
        if here in reached:
            continue
        reached.add(here)
        state, is_live = here
        for step in workflow.open_steps(state, is_live=is_live):
            live = step == "publish" or (is_live and step not in ("withdraw", "archive"))
            waiting.append((workflow.leads_to(step, is_live=live), live))
    assert {state for state, _ in reached} == set(workflow.STATES)
    assert ("archived", True) not in reached
    assert ("draft", True) not in reached
    assert ("published", False) not in reached


@dataclass(frozen=True)
class Place:
    id: str
    parent_id: str | None
    audience: str = "public"
    segment_id: str | None = None


def test_a_section_below_a_closed_one_is_closed_and_a_circle_ends() -> None:
    tree = [Place("a", None, "signed_in"), Place("b", "a"), Place("c", "b", "segment", "gold"),
            Place("d", None), Place("x", "y"), Place("y", "x")]  # fmt: skip
    closed = reading.closed_sections
    assert closed(tree, reading.ANYBODY) == {"a", "b", "c"}
    assert closed(tree, Reader(signed_in=True)) == {"c"}
    assert closed(tree, Reader(signed_in=True, segments=frozenset({"gold"}))) == frozenset()
    assert closed(tree, reading.STAFF) == frozenset()
    assert reading.narrowest(tree) == "segment"
    assert not reading.fits(Reader(signed_in=True, segments=frozenset({"gold"})), "secret", "gold")


def test_a_segment_takes_either_or_both() -> None:
    either = Rule("s", frozenset({"gold"}), frozenset({"org"}))
    both = Rule("s", frozenset({"gold"}), frozenset({"org"}), needs_both=True)
    for tags, organisation, expected in (
        (["gold"], None, (True, False)),
        ([], "org", (True, False)),
        (["gold"], "org", (True, True)),
        (["silver"], "other", (False, False)),
    ):
        assert (
            reading.belongs(either, tags, organisation),
            reading.belongs(both, tags, organisation),
        ) == expected
    only_tags = Rule("s", frozenset({"gold"}), frozenset(), needs_both=True)
    assert reading.belongs(only_tags, ["gold"], None)


def test_languages_fall_back_to_the_nearest() -> None:
    assert locales.code(" pt_br ") == "pt-BR"
    assert locales.code("zh-hant") == "zh-Hant"
    for wrong in ("", "english", "e", "de-", "../x", None, 5):
        with pytest.raises(Invalid):
            locales.code(wrong)
    assert locales.preferred("pt-BR", "en-GB", "de") == ["pt-BR", "pt", "en-GB", "en", "de"]
    assert locales.choose("pt-BR", "en", "de", {"pt", "en", "de"}) == "pt"
    assert locales.choose("fr", "en", "de", {"pt", "de"}) == "de"
    assert locales.choose("fr", "en", "de", {"fr-CA"}) == "fr-CA"
    assert locales.choose("fr", "en", "de", ()) is None
    assert locales.best_of(["fr-CA", "de-AT"], ("en", "de"), "en") == "de"
    assert locales.is_right_to_left("ar-EG")
