"""Multiparts, files and their names, calendars, mails inside mails."""

from __future__ import annotations

import base64

from tests.mail.corpus import (
    Case,
    Numbered,
    attached,
    head,
    joined,
    multi,
    part,
    whole,
)

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
HELLO = part(b"Hello")
HTML = part(b"<p>Hello <b>you</b></p>", "text/html; charset=utf-8")


def cases() -> list[Case]:
    return [*_shapes(), *_boundaries(), *_names(), *_files()]


def _shapes() -> list[Case]:
    made = Numbered("shape")
    both = multi("alternative", part(b"Hello plain"), HTML)
    made.add("alternative", whole(both), text="Hello plain")
    made.add(
        "alternative, html first",
        whole(multi("alternative", HTML, part(b"Hello plain"))),
        text="Hello plain",
    )
    empty = multi("alternative", part(b""), HTML)
    made.add("alternative, plain is empty", whole(empty), text="Hello you")
    no_html = part(b"Your mail program does not support HTML.")
    made.add(
        "alternative, plain says nothing",
        whole(multi("alternative", no_html, HTML)),
        text="Hello you",
    )
    picture = part(PNG, "image/png; name=p.png", "Content-ID: <p@x>", encoding="base64")
    shown = part(b'<p>See <img src="cid:p@x"></p>', "text/html")
    related = multi("related", shown, picture, boundary="rel")
    made.add("related", whole(related), has=("See",), files=("p.png",), contents=(PNG,))
    nested = multi(
        "mixed",
        multi("alternative", part(b"Hello plain"), related, boundary="alt"),
        attached(b"%PDF-1.4", "a.pdf"),
        boundary="mix",
    )
    made.add(
        "mixed of alternative of related",
        whole(nested),
        text="Hello plain",
        files=("p.png", "a.pdf"),
    )
    apple = multi("mixed", part(b"Before"), attached(PNG, "p.png", "image/png"), part(b"After"))
    made.add("text, file, text", whole(apple), text="Before\nAfter", files=("p.png",))
    htmls = multi("mixed", HTML, part(b"<p>More</p>", "text/html"))
    made.add("two html parts", whole(htmls), has=("Hello you", "More"))
    for kind in ("mixed", "parallel", "x-unknown", "report", "form-data", "mixed-replace"):
        made.add(f"multipart/{kind}", whole(multi(kind, HELLO)), text="Hello")
    made.add("only html", whole(HTML), text="Hello you")
    made.add("only a file", whole(attached(b"abc", "a.bin")), text="", files=("a.bin",))
    made.add(
        "only a picture",
        whole(part(PNG, "image/png; name=p.png", encoding="base64")),
        text="",
        files=("p.png",),
    )
    made.add(
        "parts without headers",
        whole(multi("mixed", b"\r\nHello", b"\r\nagain")),
        has=("Hello", "again"),
    )
    made.add(
        "digest",
        whole(multi("digest", b"\r\nFrom: x@y.example\r\nSubject: Inner\r\n\r\nHi")),
        files=("Inner.eml",),
    )
    inner: bytes = HELLO
    for depth in range(20):
        inner = multi("mixed", inner, boundary=f"b{depth}x")
    made.add("twenty deep", whole(inner), text="Hello")
    made.add("two hundred parts", whole(multi("mixed", *[part(b"x")] * 200)), has=("x\nx",))
    files = [attached(b"x", f"{n}.txt") for n in range(60)]
    made.add("sixty files", whole(multi("mixed", HELLO, *files)), text="Hello", files=None)
    too_many = [attached(b"x", f"{n}.txt") for n in range(130)]
    made.add("too many files", whole(multi("mixed", HELLO, *too_many)), parked=True)
    too_deep: bytes = HELLO
    for depth in range(60):
        too_deep = multi("mixed", too_deep, boundary=f"b{depth}x")
    made.add("sixty deep", whole(too_deep), parked=True)
    made.add("six hundred parts", whole(multi("mixed", *[part(b"x")] * 600)), parked=True)
    html = b"<div>" * 400 + b"Hello" + b"</div>" * 400
    made.add("html four hundred deep", whole(part(html, "text/html")), text="Hello")
    script = b"<style>x{}</style><script>alert(1)</script><p>Hello</p><!-- no -->"
    made.add("html with scripts", whole(part(script, "text/html")), text="Hello")
    word = (
        b"<o:p>&nbsp;</o:p><p class=MsoNormal>Hello<o:p></o:p></p><![if !supportLists]>x<![endif]>"
    )
    made.add("html of Word", whole(part(word, "text/html")), has=("Hello",))
    rtf = part(rb"{\rtf1 Hello}", "text/rtf; name=a.rtf")
    made.add("rtf beside text", whole(multi("mixed", HELLO, rtf)), text="Hello", files=("a.rtf",))
    rich = part(b"<bold>Hello</bold>", "text/enriched")
    made.add(
        "enriched as an alternative",
        whole(multi("alternative", HELLO, rich)),
        text="Hello",
        files=None,
    )
    amp = part(b"<html amp4email>Hi</html>", "text/x-amp-html")
    made.add(
        "amp as an alternative",
        whole(multi("alternative", HELLO, amp, HTML)),
        text="Hello",
        files=None,
    )
    return made.cases


def _boundaries() -> list[Case]:
    made = Numbered("boundary")
    for name, boundary in (
        ("short", "b"),
        ("long", "x" * 70),
        ("too long", "x" * 150),
        ("with blanks", "a b c"),
        ("with signs", "=_(a)+,-./:=?'b"),
        ("with a dash in front", "--b"),
        ("numbers", "12345"),
        ("like a header", "Content-Type:"),
        ("brackets", "<<b>>"),
        ("dots", "...."),
        ("utf-8", "gränze"),
    ):
        made.add(
            name,
            whole(multi("mixed", HELLO, attached(b"x", "a.txt"), boundary=boundary)),
            text="Hello",
            files=("a.txt",),
        )
    bare = b"Content-Type: multipart/mixed; boundary=plain\r\n\r\n" + joined([HELLO], "plain")
    made.add("without quotes", whole(bare), text="Hello")
    blank = b'Content-Type: multipart/mixed; boundary = "b"\r\n\r\n' + joined([HELLO], "b")
    made.add("blanks around the sign", whole(blank), text="Hello")
    folded = b'Content-Type: multipart/mixed;\r\n\tboundary="b"\r\n\r\n' + joined([HELLO], "b")
    made.add("folded", whole(folded), text="Hello")
    loud = b'CONTENT-TYPE: MULTIPART/MIXED; BOUNDARY="b"\r\n\r\n' + joined([HELLO], "b")
    made.add("in capitals", whole(loud), text="Hello")
    open_end = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    made.add(
        "never closed",
        whole(open_end + joined([HELLO], "b", closed=False)),
        text="Hello",
        defect="last boundary",
    )
    trailing = open_end + b"--b  \r\n" + HELLO + b"\r\n--b--  \r\n"
    made.add("blanks behind it", whole(trailing), text="Hello")
    prefix = multi("mixed", multi("alternative", HELLO, HTML, boundary="ab"), boundary="a")
    made.add("one begins like the other", whole(prefix), text="Hello")
    same = multi("mixed", multi("alternative", HELLO, HTML, boundary="b"), boundary="b")
    made.add("both alike", whole(same), has=("Hello",), files=None)
    around = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nThis is MIME.\r\n"
    made.add(
        "words around",
        whole(around + joined([HELLO], "b") + b"And more.\r\n"),
        text="Hello",
        lacks=("MIME", "more"),
    )
    missing = b"Content-Type: multipart/mixed\r\n\r\n" + joined([HELLO], "b")
    made.add("not named", whole(missing), text="Hello", defect="boundary")
    wrong = b"Content-Type: multipart/mixed; boundary=other\r\n\r\n" + joined([HELLO], "b")
    made.add("wrongly named", whole(wrong), text="Hello", defect="boundary")
    nothing = b"Content-Type: multipart/mixed; boundary=b\r\n\r\nJust words.\r\n"
    made.add("no parts at all", whole(nothing), text="Just words.", defect="without parts")
    unix = head() + multi("mixed", HELLO, boundary="b")
    made.add("with bare line feeds", unix.replace(b"\r\n", b"\n"), text="Hello")
    in_text = multi("mixed", part(b"a --b-- c\r\n--bc\r\n -- b"), boundary="b")
    made.add("signs inside the text", whole(in_text), text="a --b-- c\n--bc\n -- b")
    return made.cases


# (name, the header lines of the part, the name a reader sees)
NAMES: list[tuple[str, tuple[str | bytes, ...], str]] = [
    ("quoted", ('Content-Disposition: attachment; filename="a b.pdf"',), "a b.pdf"),
    ("bare", ("Content-Disposition: attachment; filename=a.pdf",), "a.pdf"),
    ("bare with blanks", ("Content-Disposition: attachment; filename=a b.pdf",), "a b.pdf"),
    ("only in the type", ('Content-Type: application/pdf; name="a.pdf"',), "a.pdf"),
    (
        "both differ",
        (
            'Content-Type: application/pdf; name="b.pdf"',
            'Content-Disposition: attachment; filename="a.pdf"',
        ),
        "a.pdf",
    ),
    ("2231", ("Content-Disposition: attachment; filename*=utf-8''%C3%BCber.pdf",), "über.pdf"),
    (
        "2231 latin",
        ("Content-Disposition: attachment; filename*=iso-8859-1'de'%FCber.pdf",),
        "über.pdf",
    ),
    (
        "2231 beside the old way",
        (
            (
                'Content-Disposition: attachment; filename="?ber.pdf";'
                " filename*=utf-8''%C3%BCber.pdf"
            ),
        ),
        "über.pdf",
    ),
    (
        "2231 pieces",
        ("Content-Disposition: attachment; filename*0=aaa; filename*1=bbb.pdf",),
        "aaabbb.pdf",
    ),
    (
        "2231 coded pieces",
        (
            (
                "Content-Disposition: attachment; filename*0*=utf-8''%C3%BC;"
                " filename*1*=b%C3%A4; filename*2=r.pdf"
            ),
        ),
        "übär.pdf",
    ),
    (
        "2231 pieces in disorder",
        (("Content-Disposition: attachment; filename*1=b.pdf; filename*0=a"),),
        "ab.pdf",
    ),
    (
        "2231 without a charset",
        ("Content-Disposition: attachment; filename*=a%20b.pdf",),
        "a b.pdf",
    ),
    (
        "2231 with an unknown charset",
        (("Content-Disposition: attachment; filename*=klingon''a%20b.pdf"),),
        "a b.pdf",
    ),
    (
        "2231 in quotes",
        ("Content-Disposition: attachment; filename*=\"utf-8''%C3%BCber.pdf\"",),
        "über.pdf",
    ),
    (
        "2047 in quotes",
        ('Content-Disposition: attachment; filename="=?utf-8?B?w7xiZXIucGRm?="',),
        "über.pdf",
    ),
    (
        "2047 bare",
        ("Content-Disposition: attachment; filename==?utf-8?Q?=C3=BCber.pdf?=",),
        "über.pdf",
    ),
    (
        "2047 in two words",
        (('Content-Disposition: attachment; filename="=?utf-8?B?w7xi?= =?utf-8?B?ZXIucGRm?="'),),
        "über.pdf",
    ),
    ("raw utf-8", ('Content-Disposition: attachment; filename="über.pdf"',), "über.pdf"),
    ("raw latin", (b'Content-Disposition: attachment; filename="\xfcber.pdf"',), "über.pdf"),
    ("escaped quotes", ('Content-Disposition: attachment; filename="a\\"b.pdf"',), 'a"b.pdf'),
    ("a semicolon inside", ('Content-Disposition: attachment; filename="a;b.pdf"',), "a;b.pdf"),
    ("folded", ('Content-Disposition: attachment;\r\n\tfilename="a.pdf"',), "a.pdf"),
    ("capitals", ('CONTENT-DISPOSITION: ATTACHMENT; FILENAME="a.pdf"',), "a.pdf"),
    ("no name", ("Content-Disposition: attachment", "Content-Type: application/pdf"), "file.pdf"),
    (
        "empty name",
        ('Content-Disposition: attachment; filename=""', "Content-Type: application/pdf"),
        "file.pdf",
    ),
    (
        "japanese",
        ('Content-Disposition: attachment; filename="=?iso-2022-jp?B?GyRCPXFOYBsoQi5wZGY=?="',),
        "書類.pdf",
    ),
    ("very long", (f'Content-Disposition: attachment; filename="{"x" * 500}.pdf"',), "x" * 300),
    (
        "inline with a name",
        ('Content-Disposition: inline; filename="a.pdf"', "Content-Type: application/pdf"),
        "a.pdf",
    ),
]


def _names() -> list[Case]:
    made = Numbered("file name")
    for name, lines, shown in NAMES:
        one = b"\r\n".join(x.encode() if isinstance(x, str) else x for x in lines)
        body = multi("mixed", HELLO, one + b"\r\n\r\n%PDF-1.4 x")
        made.add(name, whole(body), text="Hello", files=(shown,))
    return made.cases


def _files() -> list[Case]:
    made = Numbered("file")
    made.add(
        "an empty one",
        whole(multi("mixed", HELLO, attached(b"", "a.txt"))),
        text="Hello",
        files=(),
        defect="a.txt is empty",
    )
    text = part(b"Read me", "text/plain", 'Content-Disposition: attachment; filename="r.txt"')
    made.add("a text as a file", whole(multi("mixed", HELLO, text)), text="Hello", files=("r.txt",))
    page = part(
        b"<script>1</script>", "text/html", "Content-Disposition: attachment; filename=r.html"
    )
    made.add(
        "a page as a file", whole(multi("mixed", HELLO, page)), text="Hello", files=("r.html",)
    )
    signature = part(b"-- \r\nAda", "text/plain; name=sig.txt")
    made.add(
        "a named text beside",
        whole(multi("mixed", HELLO, signature)),
        text="Hello",
        files=("sig.txt",),
    )
    binary = bytes(range(256)) * 20
    made.add(
        "all bytes",
        whole(multi("mixed", HELLO, attached(binary, "a.bin"))),
        text="Hello",
        files=("a.bin",),
        contents=(binary,),
    )
    raw = part(
        b"PK\x03\x04\x00\xff\r\nx",
        "application/zip; name=a.zip",
        "Content-Transfer-Encoding: binary",
    )
    made.add(
        "binary as it is",
        whole(multi("mixed", HELLO, raw)),
        text="Hello",
        files=("a.zip",),
        contents=(b"PK\x03\x04\x00\xff\r\nx",),
    )
    twice = [attached(b"one", "a.txt"), attached(b"two", "a.txt")]
    made.add(
        "two of one name",
        whole(multi("mixed", HELLO, *twice)),
        text="Hello",
        files=("a.txt", "a.txt"),
        contents=(b"one", b"two"),
    )
    vcard = part(b"BEGIN:VCARD\r\nFN:Ada\r\nEND:VCARD", "text/vcard; name=ada.vcf")
    made.add("a card", whole(multi("mixed", HELLO, vcard)), text="Hello", files=("ada.vcf",))
    outside = part(b"", 'message/external-body; access-type=URL; url="http://10.0.0.1/"')
    made.add(
        "a file that lies elsewhere",
        whole(multi("mixed", HELLO, outside)),
        text="Hello",
        files=None,
    )
    return made.cases
