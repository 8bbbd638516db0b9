"""What comes inside a mail: invitations, other mails, text that flows."""

from __future__ import annotations

from tests.mail.corpus import Case, Numbered, head, mail, multi, part, whole

HELLO = part(b"Hello")


def cases() -> list[Case]:
    return [*_calendars(), *_inner(), *_flowed()]


def _invitation(method: str, summary: str = "Repair\\, hall") -> bytes:
    return (
        f"BEGIN:VCALENDAR\r\nMETHOD:{method}\r\nBEGIN:VTIMEZONE\r\nDTSTART:19701025T030000\r\n"
        f"END:VTIMEZONE\r\nBEGIN:VEVENT\r\nSUMMARY:{summary}\r\n"
        "DTSTART;TZID=Europe/Berlin:20261201T090000\r\nLOCATION:Room 1\r\nEND:VEVENT\r\n"
        "END:VCALENDAR\r\n"
    ).encode()


def _calendars() -> list[Case]:
    made = Numbered("calendar")
    for method, word in (
        ("REQUEST", "Invitation"),
        ("REPLY", "Answer to an invitation"),
        ("CANCEL", "Cancelled"),
        ("PUBLISH", "Invitation"),
    ):
        kind = f"text/calendar; charset=utf-8; method={method}"
        told = f"{word}: Repair, hall, 2026-12-01 09:00, Room 1"
        both = multi("alternative", part(b"See the invitation."), part(_invitation(method), kind))
        made.add(
            method, whole(both), text="See the invitation.", note=told, files=("invitation.ics",)
        )
    alone = part(_invitation("REQUEST"), "text/calendar; method=REQUEST", encoding="base64")
    made.add("alone", whole(alone), text="", note="Invitation: Repair", files=("invitation.ics",))
    broken = part(b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY", "text/calendar")
    made.add(
        "broken",
        whole(multi("mixed", HELLO, broken)),
        text="Hello",
        note="Invitation",
        files=("invitation.ics",),
    )
    folded = _invitation("REQUEST", "A long\r\n  story")
    made.add(
        "folded",
        whole(multi("mixed", HELLO, part(folded, "text/calendar"))),
        note="A long story",
        files=None,
    )
    return made.cases


def _inner() -> list[Case]:
    made = Numbered("inner mail")
    inner = mail(body=b"I was here first.", subject="Inner words", sender="bob@x.example")
    as_file = b"Content-Type: message/rfc822\r\n\r\n" + inner
    made.add(
        "forwarded whole",
        whole(multi("mixed", part(b"See below."), as_file)),
        text="See below.",
        files=("Inner words.eml",),
        subject="Hello",
    )
    named = b"Content-Type: message/rfc822\r\n"
    named += b'Content-Disposition: attachment; filename="old.eml"\r\n\r\n'
    made.add(
        "forwarded with a name",
        whole(multi("mixed", HELLO, named + inner)),
        text="Hello",
        files=("old.eml",),
    )
    coded = part(inner, "message/rfc822", encoding="base64")
    made.add(
        "coded against the rules",
        whole(multi("mixed", HELLO, coded)),
        text="Hello",
        files=None,
        lacks=("first",),
    )
    alone = head() + b"Content-Type: message/rfc822\r\n\r\n" + inner
    made.add("nothing but a mail", alone, text="", files=("Inner words.eml",))
    partial = head() + b"Content-Type: message/partial; id=x; number=1; total=2\r\n\r\n" + inner
    made.add("a piece of a mail", partial, files=None)
    twice = b"Content-Type: message/rfc822\r\n\r\n" + whole(
        multi("mixed", HELLO, as_file, boundary="in")
    )
    made.add(
        "a mail in a mail in a mail",
        whole(multi("mixed", part(b"Top"), twice, boundary="out")),
        text="Top",
        files=("Hello.eml",),
    )
    return made.cases


def _flowed() -> list[Case]:
    made = Numbered("flowed")

    def flowed(name: str, body: bytes, text: str, more: str = "") -> None:
        kind = f"Content-Type: text/plain; charset=utf-8; format=flowed{more}"
        made.add(name, mail(kind, body=body), text=text)

    flowed("lines", b"one \r\ntwo \r\nthree\r\nfour", "one two three\nfour")
    stuffed = b"Look:\r\n  indented\r\n >not a quote\r\n From here"
    flowed("stuffed", stuffed, "Look:\n indented\n>not a quote\nFrom here")
    flowed("without blanks", "日本 \r\n語 \r\nです".encode(), "日本語です", "; delsp=yes")
    flowed("a signature", b"Hello\r\n-- \r\nAda \r\nLovelace", "Hello")
    flowed("quotes", b"> one \r\n> two\r\nMine", "> one two\nMine")
    loud = mail("Content-Type: TEXT/PLAIN; FORMAT=FLOWED", body=b"one \r\ntwo")
    made.add("in capitals", loud, text="one two")
    made.add(
        "not flowed",
        mail("Content-Type: text/plain; format=fixed", body=b"one \r\ntwo"),
        text="one \ntwo",
    )
    return made.cases
