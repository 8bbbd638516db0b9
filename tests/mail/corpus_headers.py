"""Who writes, to whom, about what: header lines as programs and people write them."""

from __future__ import annotations

from tests.mail.corpus import ADA, Case, Numbered, head, mail

# (name, the From line's value, the address a reader takes, the shown name, whether it is sure)
SENDERS: list[tuple[str, str | bytes, str | None, str | None, bool]] = [
    ("plain", ADA, ADA, "", True),
    ("angled", f"<{ADA}>", ADA, "", True),
    ("named", f"Ada Lovelace <{ADA}>", ADA, "Ada Lovelace", True),
    ("quoted", f'"Lovelace, Ada" <{ADA}>', ADA, "Lovelace, Ada", True),
    ("escaped", f'"Ada \\"the first\\" L" <{ADA}>', ADA, 'Ada "the first" L', True),
    ("single quotes", f"'Ada' <{ADA}>", ADA, "Ada", True),
    ("commented", f"{ADA} (Ada Lovelace)", ADA, "Ada Lovelace", True),
    ("comment in between", f"Ada (at home) <{ADA}>", ADA, None, True),
    ("capitals", "Ada <ADA@Customer.EXAMPLE>", ADA, "Ada", True),
    ("blanks inside", f"Ada < {ADA} >", ADA, "Ada", True),
    ("no blank before", f"Ada<{ADA}>", ADA, "Ada", True),
    ("encoded b", f"=?utf-8?B?QWTDpA==?= <{ADA}>", ADA, "Adä", True),
    ("encoded q", f"=?iso-8859-1?Q?Ad=E4?= <{ADA}>", ADA, "Adä", True),
    ("encoded in quotes", f'"=?utf-8?B?QWTDpA==?=" <{ADA}>', ADA, "Adä", True),
    ("encoded comma", f"=?utf-8?Q?L=C3=B6w=2C_Ada?= <{ADA}>", ADA, "Löw, Ada", True),
    ("two encoded words", f"=?utf-8?Q?Ad?= =?utf-8?Q?=C3=A4?= <{ADA}>", ADA, "Adä", True),
    ("raw utf-8", f"Adä Löw <{ADA}>", ADA, "Adä Löw", True),
    ("raw latin", b"Ad\xe4 <" + ADA.encode() + b">", ADA, "Adä", True),
    ("chinese", f"=?GB2312?B?1cXI/Q==?= <{ADA}>", ADA, "张三", True),
    ("the address twice", f'"{ADA}" <{ADA}>', ADA, "", True),
    (
        "another address as name",
        '"boss@shop.example" <eve@evil.example>',
        "eve@evil.example",
        None,
        False,
    ),
    ("folded", f"Ada\r\n <{ADA}>", ADA, "Ada", True),
    ("with a route", f"<@relay.example:{ADA}>", ADA, "", True),
    ("plus sign", "ada+shop@customer.example", "ada+shop@customer.example", "", True),
    (
        "odd but right local part",
        "a.d/a_b=c!%&'*@customer.example",
        "a.d/a_b=c!%&'*@customer.example",
        "",
        True,
    ),
    ("international domain", "Jö <jo@bücher.example>", "jo@xn--bcher-kva.example", "Jö", True),
    ("long name", f"{'Ada ' * 100}<{ADA}>", ADA, None, True),
    ("markup in the name", f'"<b>Ada</b>" <{ADA}>', ADA, None, True),
    ("line break in the name", f"=?utf-8?Q?Ada=0D=0ABcc:_x?= <{ADA}>", ADA, "Ada Bcc: x", True),
    ("turned name", f"=?utf-8?Q?Ada=E2=80=AE?= <{ADA}>", ADA, "Ada", True),
    ("two senders", f"{ADA}, eve@evil.example", None, None, False),
    ("a group", f"Friends: {ADA};", None, None, False),
    ("an empty group", "undisclosed-recipients:;", None, None, False),
    ("no address at all", "Ada Lovelace", None, "Ada Lovelace", False),
    ("nothing", "", None, "", False),
    ("brackets without end", f"Ada <{ADA}", None, None, False),
    ("a thousand brackets", "(" * 1000 + ADA, None, None, False),
    ("nested comments", f"{ADA} ((Ada) L)", ADA, None, True),
    ("only a local part", "root", None, None, False),
    ("a local part and angles", "Cron Daemon <root>", None, None, False),
    ("semicolons", f"{ADA};", ADA, "", True),
    ("ours", "support@shop.example", None, None, False),
]


def cases() -> list[Case]:
    return [*_senders(), *_doubled(), *_recipients(), *_subjects(), *_dates(), *_large()]


def _senders() -> list[Case]:
    made = Numbered("sender")
    for name, value, address, shown, sure in SENDERS:
        line = value.encode() if isinstance(value, str) else value
        raw = b"From: " + line + b"\r\nTo: support@shop.example\r\nSubject: Hello\r\n\r\nHi\r\n"
        # Two, or one of our own, lead to nobody's record; which of them stands there is no matter.
        expected = None if address is None and not sure and "@" in str(value) else address
        made.add(
            name,
            raw,
            sender=expected if sure or address else None,
            who=shown,
            sure=sure,
            text="Hi",
            subject="Hello",
        )
    return made.cases


def _doubled() -> list[Case]:
    made = Numbered("doubled")
    two = f"From: eve@evil.example\r\nFrom: {ADA}\r\nSubject: Hello\r\n\r\nHi\r\n".encode()
    made.add("From twice", two, sender=None, sure=False, text="Hi")
    made.add("Subject twice", mail("Subject: Second"), subject="Hello", text="Hi")
    made.add("To twice", mail("To: second@shop.example"), text="Hi")
    made.add(
        "Content-Type twice",
        mail(
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html",
            body="Grüße".encode(),
        ),
        text="Grüße",
    )
    made.add("Message-ID twice", mail("Message-ID: <a@x>", "Message-ID: <b@x>"), text="Hi")
    made.add("MIME-Version thrice", mail(*["MIME-Version: 1.0"] * 3), text="Hi")
    made.add("Sender of another house", mail("Sender: eve@evil.example"), sure=False, text="Hi")
    made.add("Reply-To elsewhere", mail("Reply-To: ada@home.example"), sure=True, text="Hi")
    none = b"Subject: Hello\r\nTo: support@shop.example\r\n\r\nHi\r\n"
    made.add("no From", none, sender=None, sure=False, text="Hi")
    resent = mail("Resent-From: bob@customer.example", "Resent-To: support@shop.example")
    made.add("resent", resent, text="Hi")
    return made.cases


def _recipients() -> list[Case]:
    made = Numbered("recipients")
    for name, line in (
        ("undisclosed", "Bcc: undisclosed-recipients:;"),
        ("a hundred copies", "Cc: " + ", ".join(f"c{n}@x.example" for n in range(100))),
        ("nonsense in Cc", "Cc: ;;,,<>,\"',@@,(("),
        ("encoded names in Cc", "Cc: =?utf-8?Q?J=C3=B6?= <jo@x.example>, (x) y@z.example"),
        ("no To", "X-Nothing: 1"),
        ("Apparently-To", "Apparently-To: support@shop.example"),
    ):
        made.add(name, mail(line), text="Hi")
    many = "Cc: " + ", ".join(f"c{n}@x.example" for n in range(1_500))
    made.add("too many copies", mail(many), parked=True)
    return made.cases


def _subjects() -> list[Case]:
    made = Numbered("title")
    made.add("none", mail(subject=None), subject="", text="Hi")
    made.add("empty", mail(subject=""), subject="", text="Hi")
    made.add("blanks", mail(subject="   \t "), subject="", text="Hi")
    made.add("only marks", mail(subject="Re: AW: Fwd:"), subject="Re: AW: Fwd:", text="Hi")
    made.add(
        "markup", mail(subject="<script>alert(1)</script>"), subject="<script>alert(1)</script>"
    )
    made.add(
        "a colour", mail(subject="Colour #104320 of T-10001"), subject="Colour #104320 of T-10001"
    )
    made.add(
        "braces",
        mail(subject="{{7*7}} ${x} %s%n {0.__class__}"),
        subject="{{7*7}} ${x} %s%n {0.__class__}",
    )
    made.add(
        "small letters of the name",
        b"from: " + ADA.encode() + b"\r\nsubject: Hello\r\n\r\nHi",
        subject="Hello",
        text="Hi",
    )
    made.add(
        "blank before the colon",
        b"From : " + ADA.encode() + b"\r\nSubject : Hello\r\n\r\nHi",
        subject="Hello",
        text="Hi",
    )
    made.add(
        "no blank behind it",
        b"From:" + ADA.encode() + b"\r\nSubject:Hello\r\n\r\nHi",
        subject="Hello",
        text="Hi",
    )
    return made.cases


def _dates() -> list[Case]:
    made = Numbered("date")
    for value in (
        "Mon, 2 Nov 2026 10:00:00 +0100",
        "2 Nov 26 10:00 GMT",
        "Mon, 2 Nov 2026 10:00:00 (CET)",
        "2026-11-02T10:00:00Z",
        "yesterday",
        "",
        "Fri, 31 Feb 2026 25:61:61 +9999",
        "Thu, 1 Jan 1970 00:00:00 +0000",
        "Fri, 1 Jan 2099 00:00:00 +0000",
        "9" * 500,
        "Mon, 2 Nov 99999 10:00:00 +0100",
        "Mo., 2. Nov. 2026",
        "\x00\x01",
    ):
        made.add(f"{value[:30]!r}", mail(f"Date: {value}"), text="Hi", sure=True)
    return made.cases


def _large() -> list[Case]:
    made = Numbered("large")
    made.add("a header of 100 KB", mail("X-Long: " + "y" * 100_000), text="Hi")
    made.add("three hundred headers", mail(*(f"X-{n}: y" for n in range(300))), text="Hi")
    refs = "References: " + " ".join(f"<{n}@x.example>" for n in range(2_000))
    made.add("two thousand references", mail(refs), text="Hi")
    folded = "X-Folded: " + "\r\n ".join("y" * 70 for _ in range(1_000))
    made.add("a thousand folds", mail(folded), text="Hi")
    made.add("headers of a megabyte", mail("X-Long: " + "y" * 1_000_000), parked=True)
    made.add("two thousand headers", mail(*(f"X-{n}: y" for n in range(2_000))), parked=True)
    made.add("a long line of text", mail(body=b"word " * 60_000), has=("word word",))
    many = b"\r\n".join(b"line %d" % n for n in range(20_000))
    made.add("twenty thousand lines", mail(body=many), has=("line 19999",))
    only = head() + b"\r\n"
    made.add("headers and nothing else", only, text="")
    return made.cases
