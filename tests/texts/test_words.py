"""Row H9: the words that opt out, in every spelling, and how texts are counted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpdesk.exchange.messages import opt_out_type, segments
from helpdesk.texts import parts
from helpdesk.texts.words import WISHES, wish

SPELLINGS = {
    "stop": [
        "STOP", "stop", "Stop", " sToP \n", "STOP.", "“Stop!”", "s t o p", "S.T.O.P.", "STOP 🙏",
        "ＳＴＯＰ", "ｓｔｏｐ", "𝗦𝗧𝗢𝗣", "𝓢𝓽𝓸𝓹", "ⓈⓉⓄⓅ", "🅢🅣🅞🅟", "🆂🆃🅾🅿", "🇸🇹🇴🇵", "ꜱᴛᴏᴘ", "STÓP",
        "S\u200bTOP", "\u202eSTOP\u202c", "STOP\ufeff", "ЅТОР", "ѕтор", "STOP ALL",
        "stopall", "Un-subscribe", "unsubscribe", "CANCEL", "cancel.", "End", "QUIT!", "opt-out",
        "Opt out", "revoke",
    ],
    "start": ["START", "start", "Yes", "yes!", "YES.", "UNSTOP", "un stop", "ｓｔａｒｔ", "ＹＥＳ"],
    "help": ["HELP", "help?", "Help!!", "INFO", "info.", "ｉｎｆｏ", "ＨＥＬＰ"],
}  # fmt: skip
NOT_THESE = [
    "", " ", "Please stop by tomorrow", "stop it", "Can you help me?", "yes please", "the end",
    "I want to cancel my order", "helpful", "restart", "ends", "stop " * 20, "0", "🙏", "endstart",
    "Information",
]  # fmt: skip


@pytest.mark.parametrize("means, text", [(m, t) for m, texts in SPELLINGS.items() for t in texts])
def test_H9_each_spelling(means: str, text: str) -> None:
    assert wish(text) == means


@pytest.mark.parametrize("text", NOT_THESE)
def test_H9_words_inside_a_sentence_are_a_message(text: str) -> None:
    assert wish(text) is None


DECORATION = st.text(st.sampled_from(" .,!?'\"-_*~()\n\t\u200b\u00a0\u3000🙏"), max_size=5)


@given(st.sampled_from(sorted(WISHES)), st.integers(0, 2**20), DECORATION, DECORATION)
def test_H9_case_and_decoration_never_matter(
    word: str, cases: int, before: str, after: str
) -> None:
    mixed = "".join(c.lower() if cases >> place & 1 else c for place, c in enumerate(word))
    wide = "".join(chr(ord(c) + 0xFEE0) for c in mixed)
    for spelling in (mixed, wide):
        assert wish(before + spelling + after) == WISHES[word]


@given(st.text(max_size=80))
def test_H9_whatever_the_carrier_takes_for_a_word_is_one_for_us(text: str) -> None:
    told = opt_out_type(text)
    assert told is None or wish(text) == told.lower()


@pytest.mark.parametrize(
    "text, alphabet, units, number, left",
    [
        ("", "GSM-7", 0, 1, 160),
        ("x" * 160, "GSM-7", 160, 1, 0),
        ("x" * 161, "GSM-7", 161, 2, 145),
        ("€" * 80, "GSM-7", 160, 1, 0),
        ("€" * 81, "GSM-7", 162, 2, 143),
        ("x" * 152 + "€" + "x" * 10, "GSM-7", 164, 2, 141),
        ("ü" * 160, "GSM-7", 160, 1, 0),
        ("ő" * 70, "UCS-2", 70, 1, 0),
        ("ő" * 71, "UCS-2", 71, 2, 63),
        ("😀" * 35, "UCS-2", 70, 1, 0),
        ("😀" * 36, "UCS-2", 72, 2, 61),
    ],
)
def test_how_a_text_is_counted(
    text: str, alphabet: str, units: int, number: int, left: int
) -> None:
    found = parts.count(text)
    assert (found.alphabet, found.units, found.parts, found.left) == (alphabet, units, number, left)


@given(st.text(max_size=500))
def test_parts_hold_what_is_in_them_and_grow_with_the_text(text: str) -> None:
    found, longer = parts.count(text), parts.count(text + "x")
    assert found.left >= 0
    assert found.parts >= segments(text)  # which cuts characters in two, so it may say one less
    assert found.parts - segments(text) <= 1
    assert longer.parts >= found.parts
