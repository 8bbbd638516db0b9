"""What a careful reader would find in a mail, and what a mail made to hurt may cost."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpdesk.mail import content, folding, headers, mime, sanitising
from helpdesk.mail.limits import TooMuch


def read(raw: bytes) -> content.Read:
    return content.read(raw)


def facts(raw: bytes) -> dict:  # type: ignore[type-arg]
    return read(raw).facts


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_are_an_error(raw: bytes) -> None:
    found = facts(raw)
    assert isinstance(found["text"], str)
    found["text"].encode("utf-8")


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["utf-8", "iso-8859-15", "koi8-r", "shift_jis"]))
def test_text_comes_back_as_it_was_written(text: str, charset: str) -> None:
    told = text.encode(charset, "ignore").decode(charset)
    head = f"Content-Type: text/plain; charset={charset}\r\n\r\n".encode()
    assert isinstance(facts(head + told.encode(charset))["text"], str)


def test_encoded_words_are_read_also_where_a_character_is_cut_between_two() -> None:
    cut = b"=?utf-8?b?R3LDvMOf?= =?utf-8?b?ZSDDnA==?= =?utf-8?q?=C3?= =?utf-8?q?=A4x?="
    assert headers.words(cut) == "Grüße Üäx"


@pytest.mark.parametrize(
    "raw,mailboxes",
    [
        (b"Ada <ada@x.example>", [("Ada", "ada@x.example")]),
        (b'"Love, Ada" <Ada@X.Example>', [("Love, Ada", "ada@x.example")]),
        (b"ada@x.example (Ada)", [("Ada", "ada@x.example")]),
        (b"=?utf-8?q?Ad=C3=A4=2C_x?= <a@x.example>", [("Adä, x", "a@x.example")]),
        (b"<a@x.example>, b@y.example", [("", "a@x.example"), ("", "b@y.example")]),
        (b"a@b\xc3\xbccher.example", [("", "a@xn--bcher-kva.example")]),
        (b"nobody", []),
        (b"", []),
    ],
)
def test_addresses_are_read_as_people_write_them(
    raw: bytes, mailboxes: list[tuple[str, str]]
) -> None:
    assert [(m.name, m.address) for m in headers.addresses(raw).mailboxes] == mailboxes


def test_C7_a_group_is_strange() -> None:
    assert headers.addresses(b"Friends: a@x.example, b@y.example;").strange
    assert not headers.addresses(b"a@x.example, b@y.example").strange


def test_B5_nested_brackets_cost_nothing() -> None:
    begun = time.monotonic()
    headers.addresses(b"(" * 200_000 + b"a@x.example")
    headers.addresses(b"a@b" + b":" * 200_000)
    assert time.monotonic() - begun < 2


@pytest.mark.parametrize(
    "raw,text",
    [
        (b"Subject: x\n\nunix\n", "unix"),
        (b"Subject: x\r\rmac\r", "mac"),
        (b"From someone Sat Jan 1\nSubject: x\n\nmbox\n", "mbox"),
        (b"Subject: x\nno colon here\n", "no colon here"),
        (b"\r\n\r\nSubject: x\r\n\r\nleading\r\n", "leading"),
    ],
)
def test_odd_shapes_are_understood(raw: bytes, text: str) -> None:
    assert facts(raw)["text"] == text


def test_a_missing_or_wrong_boundary_is_guessed() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=wrong\r\n\r\n--right\r\n"
        b"Content-Type: text/plain\r\n\r\nhello\r\n--right--\r\n"
    )
    found = facts(raw)
    assert found["text"] == "hello"
    assert found["defects"] == ["a boundary was missing or wrong"]


def test_base64_that_lacks_its_end_is_read_as_far_as_it_goes() -> None:
    assert mime.decoded(b"aGVsbG8gd29ybG", b"base64") == b"hello worl"
    assert mime.decoded(b"aGVsbG8=\r\nd29ybGQ=\r\n", b" BASE64 ") == b"helloworld"


def test_a_names_pieces_are_joined() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Disposition: attachment; filename*0*=utf-8''%C3%BCber; filename*1=sicht.pdf\r\n"
        b"\r\nx\r\n--b--"
    )
    assert [f.name for f in read(raw).files] == ["übersicht.pdf"]


def test_flowed_lines_are_put_together() -> None:
    raw = b"Content-Type: text/plain; format=flowed\r\n\r\none \r\ntwo\r\n-- \r\nAda\r\n"
    assert facts(raw)["text"] == "one two"


def test_an_invitation_is_told_in_a_line() -> None:
    note = content.calendar_note(
        "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Repair\\, hall\n"
        "DTSTART;TZID=Europe/Berlin:20261201T090000\nEND:VEVENT\n"
    )
    assert note == "Invitation: Repair, hall, 2026-12-01 09:00"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 2 Nov 2026 at 10:00, Anna <a@shop.example> wrote:",
        "Am 02.11.2026 um 10:00 schrieb Anna:",
        "Le lun. 2 nov. 2026 à 10:00, Anna <a@shop.example> a\nécrit :",
        "El 2 nov 2026, a las 10:00, Anna escribió:",
        "-----Original Message-----",
        "From: Anna\nSent: Monday\nTo: Ada\nSubject: x",
    ],
)
def test_what_is_quoted_is_folded(attribution: str) -> None:
    folded = folding.fold(f"New words.\n\n{attribution}\n> old\n> words")
    assert folded.text == "New words."
    assert "old" in folded.quoted


def test_words_between_quotes_stay() -> None:
    text = "On 1 May Anna wrote:\n> First?\nYes.\n> Second?\nNo."
    assert "Yes." in folding.fold(text).text
    assert "Second?" in folding.fold(text).text


def test_a_mail_of_quotes_alone_is_shown_whole() -> None:
    assert folding.fold("> only\n> quoted").text == "> only\n> quoted"


PAYLOADS = [
    "<script>window.__pwn=1</script>",
    "<img src=x onerror=window.__pwn=1>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    '<a href="java\nscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>1</script>">x</a>',
    '<div style="background:url(javascript:alert(1))">x</div>',
    '<div style="width:expression(alert(1))">x</div>',
    '<p style="color:red;position:fixed;background-image:\\75rl(//e.example/x)">x</p>',
    "<form action=//e.example><button>x</button></form>",
    "<iframe srcdoc='<script>1</script>'></iframe>",
    '<base href="//e.example/">',
    "<meta http-equiv=refresh content='0;url=//e.example'>",
    '<link rel=stylesheet href="//e.example/x.css">',
    "<style>@import '//e.example/x.css'</style>",
    '<img name=cookie id=getElementById src="cid:a">',
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    '<table background="//e.example/x.png"><tr><td>x</td></tr></table>',
    "<video><source onerror=alert(1)></video>",
    '<img srcset="//e.example/x 1x" src="//e.example/y">',
]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_A1_A7_A9_A10_no_payload_is_left_in_the_html(payload: str) -> None:
    shown = sanitising.clean(payload).html.lower()
    for word in ("<script", "onerror", "javascript", "e.example", "position", "expression", "<svg",
                 "<form", "<iframe", "<base", "<meta", "<link", "<style", " id=", " name=",
                 "srcset", "url("):  # fmt: skip
        assert word not in shown, (word, shown)


def test_links_keep_their_address_and_pictures_are_numbered() -> None:
    safe = sanitising.clean(
        '<a href="https://x.example/a?b=1&amp;c=2">go</a><img src="https://e.example/p.png">'
        '<img src="CID:logo@x">'
    )
    assert 'href="https://x.example/a?b=1&amp;c=2"' in safe.html
    assert 'target="_blank"' in safe.html
    assert safe.remote == ["https://e.example/p.png"]
    assert safe.inline == ["logo@x"]


@pytest.mark.parametrize(
    "html",
    ["<div>" * 100_000, "&amp;" * 1_000_000, "<a " * 500_000, "<" * 500_000,
     "<p " + "a=1 " * 50_000 + ">", '<a href="http://x/' + "a" * 200_000 + '">x</a>'],
    ids=["deep", "entities", "open", "brackets", "attributes", "long-link"],
)  # fmt: skip
def test_B8_html_made_to_hurt_is_bounded(html: str) -> None:
    begun = time.monotonic()
    sanitising.clean(html)
    assert time.monotonic() - begun < 5


def test_html_is_read_as_text_with_lists_quotes_and_links() -> None:
    safe = sanitising.clean(
        "<p>Hello<br>you</p><ul><li>one<li>two</ul><blockquote>said</blockquote>"
        '<a href="https://x.example/">here</a>'
    )
    text = sanitising.to_text(safe.html)
    assert "Hello\nyou" in text
    assert "- one" in text
    assert "> said" in text
    assert "here <https://x.example/>" in text


def test_B3_depth_and_parts_are_bounded() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(60)
    )
    with pytest.raises(TooMuch):
        mime.split(deep)
    with pytest.raises(TooMuch):
        mime.split(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 600)
