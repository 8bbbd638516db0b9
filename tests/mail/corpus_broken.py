"""Mails that break rules: line ends, borders between head and text, bytes that mean nothing."""

from __future__ import annotations

import base64
import random

from tests.mail.corpus import ADA, Case, Numbered, head, mail, multi, part, whole

HEAD = f"From: {ADA}\r\nTo: support@shop.example\r\nSubject: Hello\r\n".encode()


def cases() -> list[Case]:
    return [*_lines(), *_borders(), *_noise(), *_programs()]


def _lines() -> list[Case]:
    made = Numbered("line ends")
    usual = HEAD + b"\r\nHi\r\nthere\r\n"
    made.add("of unix", usual.replace(b"\r\n", b"\n"), text="Hi\nthere", subject="Hello")
    made.add("of old macs", usual.replace(b"\r\n", b"\r"), text="Hi\nthere", subject="Hello")
    mixed = HEAD.replace(b"\r\n", b"\n", 1) + b"\nHi\r\nthere\n"
    made.add("mixed", mixed, text="Hi\nthere", subject="Hello")
    made.add("doubled", HEAD + b"\r\nHi\r\r\nthere\r\n", has=("Hi", "there"), subject="Hello")
    made.add("none at the end", HEAD + b"\r\nHi", text="Hi", subject="Hello")
    made.add("lines before the head", b"\r\n\r\n" + usual, text="Hi\nthere", subject="Hello")
    made.add(
        "a line of a mailbox file",
        b"From ada Mon Nov  2 10:00:00 2026\r\n" + usual,
        text="Hi\nthere",
        subject="Hello",
    )
    made.add("a mark of order", b"\xef\xbb\xbf" + usual, text="Hi\nthere", subject="Hello")
    made.add(
        "other signs for lines",
        HEAD + "\r\na\u2028b\u2029c\x85d\r\n".encode(),
        has=("a",),
        subject="Hello",
    )
    return made.cases


def _borders() -> list[Case]:
    made = Numbered("borders")
    made.add(
        "no empty line",
        HEAD + b"Hi there, no colon\r\nmore\r\n",
        has=("Hi there",),
        subject="Hello",
        defect="line between",
    )
    made.add(
        "no head at all",
        b"Hello, this is my mail.\r\nBye\r\n",
        sender=None,
        subject="",
        has=("this is my mail",),
        parked=True,
    )
    made.add("nothing", b"\r\n", sender=None, subject="", text="", parked=True)
    made.add("one byte", b"x", sender=None, subject="", text="x", parked=True)
    made.add("blanks in the empty line", HEAD + b" \t\r\nHi\r\n", has=(), subject="Hello")
    made.add(
        "a broken line in the head",
        b"garbage\x00\xff line\r\n" + HEAD + b"\r\nHi\r\n",
        sender=None,
        subject=None,
        has=("garbage",),
    )
    made.add(
        "a head folded into nothing",
        HEAD + b"X-A:\r\n \r\n\t\r\nX-B: 1\r\n\r\nHi\r\n",
        text="Hi",
        subject="Hello",
    )
    made.add("names with odd signs", HEAD + b"X_$%: 1\r\n\r\nHi\r\n", text="Hi", subject="Hello")
    made.add(
        "a name of a thousand",
        HEAD + b"X" * 1000 + b": 1\r\n\r\nHi\r\n",
        text="Hi",
        subject="Hello",
    )
    made.add("NUL in the head", HEAD + b"X-A: a\0b\r\n\r\nHi\r\n", text="Hi", subject="Hello")
    made.add("NUL in the text", HEAD + b"\r\nH\0i\r\n", text="Hi", subject="Hello")
    made.add(
        "signs of control in the text",
        HEAD + b"\r\nH\x07i\x1b[31m\r\n",
        text="Hi[31m",
        subject="Hello",
    )
    made.add("a type without a kind", mail("Content-Type: text"), text="Hi")
    made.add("a type of nonsense", mail("Content-Type: ;;;;"), text="Hi")
    made.add("a type that is a sentence", mail("Content-Type: this is plain text"), text="Hi")
    made.add(
        "a type with a comment", mail("Content-Type: text/plain (really); charset=utf-8"), text="Hi"
    )
    made.add("a type without its value", mail("Content-Type:"), text="Hi")
    made.add("a type of stars", mail("Content-Type: */*"), text="Hi", files=None)
    made.add("endless parameters", mail("Content-Type: text/plain; " + "a=b; " * 5_000), text="Hi")
    made.add("quotes without end", mail('Content-Type: text/plain; charset="utf-8'), text="Hi")
    made.add(
        "html called text", mail("Content-Type: text/plain", body=b"<p>Hi</p>"), text="<p>Hi</p>"
    )
    made.add("a disposition of nonsense", mail("Content-Disposition: ???"), text="Hi")
    made.add(
        "the whole a file",
        mail("Content-Disposition: attachment; filename=a.txt"),
        text="",
        files=("a.txt",),
    )
    made.add("the whole inline", mail("Content-Disposition: inline"), text="Hi")
    return made.cases


def _noise() -> list[Case]:
    """Bytes by chance, and real mails with bytes changed by chance; the same each time."""
    made = Numbered("noise")
    dice = random.Random(20261102)
    good = whole(
        multi(
            "mixed",
            multi("alternative", part(b"Hello"), part(b"<p>Hello</p>", "text/html"), boundary="a"),
            part(b"x" * 300, "image/png; name=p.png", encoding="base64"),
        )
    )
    for number in range(12):
        made.add(
            f"bytes {number}", HEAD + b"\r\n" + dice.randbytes(700), subject="Hello", files=None
        )
    for number in range(40):
        spoiled = bytearray(good)
        for _ in range(dice.randint(1, 30)):
            spoiled[dice.randrange(60, len(spoiled))] = dice.randrange(256)
        made.add(f"spoiled {number}", bytes(spoiled), sender=None, files=None)
    for number in range(20):
        made.add(f"cut {number}", good[: dice.randrange(70, len(good))], files=None)
    for number in range(12):
        at, to = sorted(dice.randrange(60, len(good)) for _ in range(2))
        made.add(f"doubled {number}", good[:to] + good[at:], files=None)
    return made.cases


def _programs() -> list[Case]:
    """Machines that write mails of their own kind."""
    made = Numbered("program")
    made.add(
        "cron",
        b"From: root@host.example (Cron Daemon)\r\nTo: support@shop.example\r\n"
        b"Subject: Cron <root@host> backup\r\nX-Cron-Env: <SHELL=/bin/sh>\r\n\r\nFailed\r\n",
        sender="root@host.example",
        subject="Cron <root@host> backup",
        text="Failed",
    )
    scan = whole(
        part(b"%PDF-1.4", "application/pdf; name=scan.pdf", encoding="base64"), subject=None
    )  # type: ignore[arg-type]
    made.add("a scanner", scan, text="", files=("scan.pdf",), subject="")
    voice = whole(
        multi(
            "mixed",
            part(b"You have a message."),
            part(b"RIFF....WAVEfmt ", "audio/wav; name=msg.wav", encoding="base64"),
        )
    )
    made.add("a voice box", voice, text="You have a message.", files=("msg.wav",))
    form = mail(
        "Content-Type: text/plain", body=b"name=Ada\r\nemail=ada@customer.example\r\nq=Help"
    )
    made.add("a web form", form, text="name=Ada\nemail=ada@customer.example\nq=Help")
    news = (
        head("List-Id: <news.example>", "List-Unsubscribe: <mailto:u@x.example>") + b"\r\nNews\r\n"
    )
    made.add("a list", news, text="News")
    receipt = whole(
        multi(
            "report",
            part(b"Your mail was read."),
            part(b"Disposition: manual-action; displayed", "message/disposition-notification"),
            params="; report-type=disposition-notification",
        )
    )
    made.add("a receipt", receipt, text="Your mail was read.", files=None)
    abuse = whole(
        multi(
            "report",
            part(b"This is an abuse report."),
            part(b"Feedback-Type: abuse", "message/feedback-report"),
            params="; report-type=feedback-report",
        )
    )
    made.add("a report of abuse", abuse, text="This is an abuse report.", files=None)
    sms = mail(
        "Content-Type: text/plain; charset=utf-8", body="SMS von +49170: Gr\u00fc\u00dfe".encode()
    )
    made.add("a text message", sms, text="SMS von +49170: Gr\u00fc\u00dfe")
    data = base64.b64encode(b"<p>All in one</p>" * 50)
    made.add(
        "html in one coded line",
        mail("Content-Type: text/html", "Content-Transfer-Encoding: base64", body=data),
        has=("All in one",),
    )
    return made.cases
