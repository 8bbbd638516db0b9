"""Character sets and transfer encodings, in bodies and in subjects."""

from __future__ import annotations

import base64
import quopri

from tests.mail.corpus import Case, Numbered, head, mail, part

ENCODINGS = ("8bit", "quoted-printable", "base64")
# What a mail says, what Python calls it, and words that need it.
CHARSETS = [
    ("utf-8", "utf-8", "Grüße aus Zürich, 10 € – žluťoučký 漢字 😀"),
    ("UTF8", "utf-8", "Smørrebrød på åen"),
    ("us-ascii", "ascii", "Plain words"),
    ("iso-8859-1", "cp1252", "Café crème à la façon"),
    ("ISO-8859-1", "cp1252", "“Quoted” – with dashes…"),
    ("windows-1252", "cp1252", "Price: 10 € – naïve"),
    ("iso-8859-2", "iso-8859-2", "Žluťoučký kůň úpěl ďábelské ódy"),
    ("windows-1250", "cp1250", "Zażółć gęślą jaźń"),
    ("iso-8859-5", "iso-8859-5", "Привет, мир и люди"),
    ("koi8-r", "koi8-r", "Здравствуйте, где мой заказ"),
    ("koi8-u", "koi8-u", "Добрий день, дякую її"),
    ("windows-1251", "cp1251", "Не работает принтер"),
    ("iso-8859-7", "iso-8859-7", "Καλημέρα σας κόσμε"),
    ("windows-1253", "cp1253", "Ευχαριστώ πολύ"),
    ("iso-8859-9", "cp1254", "İstanbul'da şeker ağacı"),
    ("iso-8859-15", "iso-8859-15", "Œuvre à 10 € Šimon"),
    ("iso-8859-8-i", "iso-8859-8", "שלום לכולם"),
    ("windows-1255", "cp1255", "שלום, מה שלומך"),
    ("windows-1256", "cp1256", "مرحبا بالعالم"),
    ("windows-874", "cp874", "สวัสดีครับ"),
    ("tis-620", "cp874", "ขอบคุณมาก"),
    ("shift_jis", "cp932", "こんにちは世界、注文が届きません"),
    ("euc-jp", "euc-jp", "注文番号は千二百です"),
    ("iso-2022-jp", "iso2022_jp", "お世話になっております"),
    ("gb2312", "gb18030", "您好，我的订单没有到"),
    ("GBK", "gbk", "謝謝您的回覆镕"),
    ("gb18030", "gb18030", "請問龍龜𠮷"),
    ("big5", "big5", "您好，我的訂單沒有到"),
    ("euc-kr", "euc-kr", "안녕하세요 주문이 안 왔어요"),
    ("ks_c_5601-1987", "cp949", "펲시 똠방각하"),
    ("viscii", "", ""),
    ("windows-1258", "cp1258", "Đây là thư"),
    ("cp850", "cp850", "Übergrößenträger"),
    ("macintosh", "mac_roman", "Café – naïve"),
    ("utf-7", "utf-7", "Grüße über alles"),
    ("utf-16", "utf-16", "Grüße in Sechzehn"),
    ("utf-16le", "utf-16le", "Grüße von links"),
    ("utf-16be", "utf-16be", "Grüße von rechts"),
    ("utf-32", "utf-32", "Grüße in voller Breite"),
]


def cases() -> list[Case]:
    return [*_bodies(), *_undeclared(), *_transfer(), *_subjects()]


def _bodies() -> list[Case]:
    made = Numbered("body")
    for name, codec, words in CHARSETS:
        if not codec:
            continue
        data = words.encode(codec)
        for encoding in ENCODINGS:
            if encoding != "base64" and b"\0" in data:
                continue  # no program sends it so
            raw = head() + part(data, f'text/plain; charset="{name}"', encoding=encoding) + b"\r\n"
            made.add(f"{name} in {encoding}", raw, text=words)
    for name, codec, words in CHARSETS[:12]:
        html = f"<html><body><p>{words}</p></body></html>".encode(codec, "xmlcharrefreplace")
        raw = head() + part(html, f"text/html; charset={name}", encoding="quoted-printable")
        made.add(f"{name} in html", raw, text=words)
    return made.cases


def _undeclared() -> list[Case]:
    """What no header tells, the bytes tell."""
    made = Numbered("undeclared")
    utf8, latin = "Grüße – 漢字".encode(), "Café crème".encode("cp1252")
    made.add("utf-8 without a word", mail(body=utf8), text="Grüße – 漢字")
    made.add("latin without a word", mail(body=latin), text="Café crème")
    told_ascii = "Content-Type: text/plain; charset=us-ascii"
    made.add("utf-8 called ascii", mail(told_ascii, body=utf8), text="Grüße – 漢字")
    made.add("latin called ascii", mail(told_ascii, body=latin), text="Café crème")
    told_utf8 = "Content-Type: text/plain; charset=utf-8"
    made.add(
        "latin called utf-8",
        mail(told_utf8, body=latin),
        text="Café crème",
        defect="not in the character set",
    )
    for unknown in ("klingon", "x-unknown", "iso-10646", "unicode-1-1-utf-8", "", "_", "0"):
        told = f'Content-Type: text/plain; charset="{unknown}"'
        made.add(f"charset {unknown!r}", mail(told, body=utf8), text="Grüße – 漢字")
    for evil in ("base64", "zlib", "rot13", "idna", "unicode_escape", "../../etc/passwd"):
        told = f'Content-Type: text/plain; charset="{evil}"'
        made.add(
            f"charset {evil!r} is no charset",
            mail(told, body=b"Hello \\x41"),
            text="Hello \\x41",
            defect="unknown character set",
        )
    made.add("utf-8 with a mark of order", mail(body=b"\xef\xbb\xbf" + utf8), text="Grüße – 漢字")
    wide = "Grüße".encode("utf-16")
    made.add(
        "utf-16 by its mark alone",
        head() + part(wide, "text/plain", encoding="base64"),
        text="Grüße",
    )
    meta = '<html><head><meta charset="iso-8859-2"></head><body>Žluťoučký</body></html>'
    made.add(
        "html that tells by meta",
        head() + part(meta.encode("iso-8859-2"), "text/html"),
        text="Žluťoučký",
    )
    told = 'Content-Type: text/plain; charset="utf-8"; charset="iso-8859-1"'
    made.add("two charsets", mail(told, body=utf8), text="Grüße – 漢字")
    jis = "お世話になっております".encode("iso2022_jp")
    made.add("japanese escapes without a word", mail(body=jis), text="お世話になっております")
    made.add(
        "cut in the middle of a character",
        mail(told_utf8, body=("ä" * 400).encode()[:-1]),
        has=("ääää",),
    )
    return made.cases


def _transfer() -> list[Case]:
    made = Numbered("transfer")

    def odd(name: str, encoding: str, body: bytes, text: str | None, **more: object) -> None:
        raw = mail(
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Transfer-Encoding: {encoding}",
            body=body,
        )
        made.add(name, raw, text=text, **more)

    long = base64.b64encode(("Grüße " * 400).encode())
    odd("base64 in one line", "base64", long, ("Grüße " * 400).rstrip())
    junk = b"!\r\n ".join(
        base64.b64encode("Grüße sende".encode())[n : n + 3] for n in range(0, 20, 3)
    )
    odd("base64 with junk", "BASE64", junk, "Grüße sende")
    odd("base64 without padding", "base64", b"SGFsbG8gV2VsdA", "Hallo Welt")
    odd("base64 in padded pieces", "base64", b"SGFs\r\nbG8=\r\nIFdlbHQ=", "Hallo Welt")
    odd(
        "base64 with a footer behind it",
        "base64",
        base64.b64encode(b"Hello there!") + b"\r\n\r\n-- \r\nA list's footer.",
        None,
        has=("Hello there!",),
    )
    odd(
        "qp with soft breaks",
        "quoted-printable",
        b"Gr=C3=BC=C3=9F=\r\ne an =\r\nalle",
        "Grüße an alle",
    )
    odd("qp in small letters", "quoted-printable", b"Gr=c3=bc=c3=9fe", "Grüße")
    odd("qp with blanks before breaks", "quoted-printable", b"one =  \r\ntwo", "one two")
    odd("qp with lone signs", "quoted-printable", b"a = b =ZZ c =", "a = b =ZZ c")
    odd("qp with raw bytes", "Quoted-Printable", "Grüße =3D".encode(), "Grüße =")
    odd("8-bit as a word", "8-bit", "Grüße".encode(), "Grüße")
    odd("binary", "binary", "Grüße".encode(), "Grüße")
    odd("7bit that is none", "7bit", "Grüße".encode(), "Grüße")
    odd("an encoding nobody knows", "x-rot13", b"Hello", "Hello")
    odd("with a comment", "base64 (really)", base64.b64encode(b"Hello"), "Hello")
    odd("with a parameter", "base64; x=y", base64.b64encode(b"Hello"), "Hello")
    odd("empty", "", b"Hello", "Hello")
    uu = b"begin 644 a.txt\r\n%2&5L;&\\\r\n`\r\nend"
    odd("uuencode as an encoding", "x-uuencode", uu, "Hello")
    raw = mail(body=b"See below.\r\n\r\n" + uu)
    made.add(
        "uuencode inside the text", raw, has=("See below.",), files=("a.txt",), contents=(b"Hello",)
    )
    made.add(
        "dots and From lines", mail(body=b".\r\n..\r\n>From me\r\n.end"), has=(".end", ">From me")
    )
    return made.cases


def _word(words: str, codec: str, kind: str = "b", named: str = "") -> str:
    data = words.encode(codec)
    if kind == "b":
        return f"=?{named or codec}?B?{base64.b64encode(data).decode()}?="
    text = quopri.encodestring(data, header=True).decode().replace("=\n", "")
    return f"=?{named or codec}?Q?{text.replace('?', '=3F')}?="


def _subjects() -> list[Case]:
    made = Numbered("subject")
    for name, codec, words in CHARSETS:
        if codec and name not in ("utf-7", "utf-16", "utf-32"):
            for kind in ("b", "q") if codec.startswith(("utf-8", "cp12", "iso-8859")) else ("b",):
                subject = _word(words[:20], codec, kind, name)
                made.add(f"{name} {kind}", mail(subject=subject), subject=words[:20].strip())

    def odd(name: str, subject: str | bytes, expected: str) -> None:
        made.add(name, mail(subject=subject), subject=expected)

    two = f"{_word('Grü', 'utf-8')} {_word('ße', 'utf-8')}"
    odd("two words are one", two, "Grüße")
    odd("folded words", f"{_word('Grü', 'utf-8')}\r\n {_word('ße', 'utf-8')}", "Grüße")
    odd("words beside plain ones", f"Re: {_word('Grüße', 'utf-8')} again", "Re: Grüße again")
    odd("without a blank before", f"Re:{_word('Grüße', 'utf-8')}", "Re:Grüße")
    odd("two charsets", f"{_word('Grüße', 'utf-8')} {_word('мир', 'koi8-r')}", "Grüßeмир")
    odd("cut inside a character", "=?utf-8?B?R3LD?= =?utf-8?B?vMOfZQ==?=", "Grüße")
    odd(
        "cut inside a japanese one",
        "=?iso-2022-jp?B?GyRCJDMkcw==?= =?iso-2022-jp?B?JEskQSRPGyhC?=",
        "こんにちは",
    )
    odd("with a language", "=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße")
    odd("inside quotes", '"=?utf-8?Q?Gr=C3=BC=C3=9Fe?="', '"Grüße"')
    odd("with blanks in it", "=?utf-8?Q?Gr=C3=BC=C3=9Fe an alle?=", "Grüße an alle")
    odd("without padding", "=?utf-8?B?R3LDvMOfZQ?=", "Grüße")
    odd("an unknown charset", "=?klingon?Q?Qapla=27?=", "Qapla'")
    odd("an unknown encoding", "=?utf-8?X?abc?=", "=?utf-8?X?abc?=")
    odd("unfinished", "=?utf-8?Q?Gr=C3=BC", "=?utf-8?Q?Gr=C3=BC")
    odd("underscores", "=?utf-8?Q?one_two=5Fthree?=", "one two_three")
    odd("raw utf-8", "Grüße – 漢字".encode(), "Grüße – 漢字")
    odd("raw latin", "Café".encode("cp1252"), "Café")
    odd("line breaks encoded", "=?utf-8?Q?a=0D=0ABcc:_x=40y.example?=", "a Bcc: x@y.example")
    odd("NUL", "=?utf-8?Q?a=00b?=", "ab")
    odd("turned text", "=?utf-8?Q?a=E2=80=AEexe.gpj?=", "aexe.gpj")
    odd("hidden blanks", "=?utf-8?Q?pay=E2=80=8Bpal?=", "paypal")
    odd("tabs and blanks", "a\t b   c", "a b c")
    odd("an empty word", "=?utf-8?Q??= x", "x")
    odd("emoji", _word("Help 🙏🏽 please", "utf-8"), "Help 🙏🏽 please")
    odd("very long", "x" * 900, "x" * 299 + "…")
    made.add("folded oddly", mail(subject="one\r\n\ttwo\r\n   three"), subject="one two three")
    made.add("a word that is a bomb", mail(subject="=?zlib?B?eJzLSM3JyQcABiwCFQ==?="), has=("Hi",))
    return made.cases
