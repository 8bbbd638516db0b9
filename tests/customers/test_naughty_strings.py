"""Whatever people write comes back as they wrote it, on both databases.

What is normalised: NUL goes, lone surrogates become a question mark, and one-line values lose
control characters and outer spaces (names end up in headers and titles).
"""

from __future__ import annotations

import pytest

from helpdesk.core.errors import Invalid
from helpdesk.core.work import begin, reading
from helpdesk.customers import custom_fields, field_values, queries, search, service
from tests.customers.people import ADMIN, a_customer

NASTY = [
    "", " ", "undefined", "null", "None", "NaN", "true", "false", "0", "-1", "1e309", "0x10",
    "1/0", "'", "\"", "''", "\"'\"", "`", "\\", "\\\\", "\\'", "\\0", "%s%n", "%", "100%",
    "%00", "_", "?", "--", ";", "#", "/*", "*/", "' OR 1=1 --", "'; DROP TABLE customer; --",
    "Robert'); --", "{0.__class__.__mro__}", "{{7*7}}", "{% raw %}", "${7*7}", "#{7*7}",
    "<%= 7*7 %>", "$(id)", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
    "</title><svg/onload=alert(1)>", "javascript:alert(1)", "&lt;b&gt;", "&amp;amp;", "<!--",
    "-->", "]]>", "<![CDATA[x]]>", "=1+1", "+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0",
    "../../etc/passwd", "C:\\CON", "a\nb", "a\r\nBcc: x@example.com", "tab\there",
    "\x1b[31mred", "bell\x07", "\x7f", "\x85next", "a\u2028b", "a\u2029b", "nul\x00inside",
    "\x00", "\ud800", "x\udfff", "\ufeffbom", "\ufffe", "\uffff", "café", "cafe\u0301", "ÅÄÖ",
    "ß", "ẞ", "İstanbul", "ıI", "Ǆ", "ﬁ", "ＡＢＣ", "\u0661\u0662\u0663", "²³", "Ω≈ç√",
    "日本語", "한국어", "中文字符", "ไทย", "\u0939\u093f\u0928\u094d\u0926\u0940",
    "\u05e2\u05d1\u05e8\u05d9\u05ea", "\u0627\u0644\u0639\u0631\u0628\u064a\u0629",
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466", "🇫🇮",
    "😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀", "\u202eevil", "\u2066isolate\u2069",
    "zero\u200bwidth", "\u200d", "\xad", "ㅤ", "⠀",
    "Z\u0338\u0349\u033ea\u0337\u0354\u034bl\u0334\u0321\u031bg\u0336\u031c\u0308o\u0335\u033a\u035d",
    "\ufdfa", "𝕳𝖊𝖑𝖑𝖔", "\U0010ffff", "💩", "test\u2060test\u202b", "a" * 159, "é" * 80,
    "DISTINCT", "SELECT", "constructor", "__proto__", "hasOwnProperty", "toString", "id",
    "name",
]  # fmt: skip


def test_the_list_is_long_enough_to_mean_something():
    assert len(NASTY) > 100


def expected_line(text: str) -> str:
    return field_values.line(text, "name", longest=160)


def test_J9_nasty_strings_come_back_as_they_were(database):
    with begin(ADMIN) as work:
        custom_fields.add_custom_field(
            work, subject="customer", key="remark", label="Remark", kind="text"
        )
        made = []
        for number, text in enumerate(NASTY):
            tagged = expected_line(text) and len(expected_line(text)) <= 50
            customer = a_customer(
                work,
                text,
                ("external", str(number)),
                custom={"remark": text},
                tags=[text] if tagged else [],
            )
            if text.strip().strip("\0"):
                service.add_note(work, customer.id, text)
            made.append((text, customer.id))
    with reading(ADMIN) as work:
        for text, id_ in made:
            stored = field_values.storable(text)
            card = queries.card(work, id_)
            assert card.customer.name == expected_line(text)
            assert card.customer.custom.get("remark", "") == stored
            if card.notes:
                assert card.notes[0].text == stored
            if card.tags:
                assert card.tags[0].name == field_values.tag_name(text)
            if len(text) <= 200:
                search.search(work, text)


def test_printable_text_is_not_touched_at_all():
    for text in NASTY:
        if text.strip() == text and text.isprintable():
            assert expected_line(text) == text
            assert field_values.storable(text) == text


@pytest.mark.parametrize("text", ["a\r\nBcc: x@example.com", "a\nb", "\x1b[31m", "a\u2028b"])
def test_B14_a_name_is_one_line(text):
    assert expected_line(text).isprintable()


def test_what_is_too_long_is_refused_and_not_cut():
    with pytest.raises(Invalid):
        field_values.line("x" * 161, "name", longest=160)
    with pytest.raises(Invalid):
        field_values.text("x" * 10_001, "text")
