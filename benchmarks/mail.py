"""How many mails a second one process takes in, and what the worst mail costs.

    python -m benchmarks.mail --database sqlite --count 300

Each mail is kept on disk and in the books, read by a child, and opens a case: three writes that are
synced. The mails are made here: plain, with formatted text, with a file of 100 kB, one in three
each, from as many senders. Then mails made to hurt, with time and the child's largest memory.
"""

from __future__ import annotations

import argparse
import base64
import io
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.assignments import database
from helpdesk.core.config import Settings
from helpdesk.mail import place
from helpdesk.mail.reading import Unreadable, readers
from helpdesk.workflows import mail_in
from tests.workflows.people import make_floor

HEAD = (
    b"From: Ada <ada%d@customer.example>\r\nTo: support@shop.example\r\n"
    b"Subject: Number %d\r\nMessage-ID: <%d@customer.example>\r\n"
)
WORDS = b"The printer in the hall burns again, as it did last week.\r\n" * 20


def usual(number: int) -> bytes:
    head = HEAD % (number, number, number)
    if number % 3 == 0:
        return head + b"\r\n" + WORDS
    html = b"<p style='color:#333'>" + WORDS.replace(b"\r\n", b"<br>") + b"</p>"
    if number % 3 == 1:
        return (
            head
            + b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\n"
            + (WORDS + b"--b\r\nContent-Type: text/html\r\n\r\n" + html + b"\r\n--b--\r\n")
        )
    file = base64.encodebytes(os.urandom(100_000)).replace(b"\n", b"\r\n")
    return (
        head
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n"
        + (
            WORDS + b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n"
            b"Content-Transfer-Encoding: base64\r\n\r\n" + file + b"--b--\r\n"
        )
    )


def worst() -> Iterator[tuple[str, bytes]]:
    html = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\n"
    yield "25 MB file", (
        b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Transfer-Encoding: base64\r\nContent-Type: application/pdf; name=a\r\n\r\n"
        + (b"A" * 76 + b"\r\n") * 460_000 + b"--b--"
    )  # fmt: skip
    yield (
        "35 MB of text in no character set",
        b"From: a@b.example\r\n\r\n" + b"\xe4\xff" * 17_500_000,
    )
    yield "34 MB of HTML", html + b"<p>hello \xff" * 3_000_000
    yield (
        "1 MB as an office program writes",
        html + b"<p class=M style='color:red'><span>x " * 27_000,
    )
    yield "1,000,000 entities", html + b"&amp;" * 1_000_000
    yield "100,000 open tags", html + b"<div>" * 100_000
    yield "1,400 tags deep, 50 times", html + (b"<div>" * 1_400 + b"x" + b"</div>" * 1_400) * 50
    yield "1,000,000 brackets", html + b"<" * 1_000_000
    yield "20,000 addresses", b"To: " + b", ".join(b"u%d@x.example" % i for i in range(20_000))
    yield (
        "100,000 parts",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + (b"--b\r\n\r\nx\r\n" * 100_000),
    )
    yield "50,000 brackets in From", b"From: " + b"(" * 50_000 + b"\r\n\r\nx"


def intake(kind: str, count: int, runs: int) -> None:
    with database(kind), tempfile.TemporaryDirectory(prefix="hd-bench-") as folder:
        place.configure(Settings(data=Path(folder)))
        make_floor()
        rates, number = [], 0
        for _ in range(runs + 1):
            mails = [usual(number + n) for n in range(count)]
            number += count
            begun, cpu = time.perf_counter(), time.process_time()
            for raw in mails:
                assert mail_in.deliver(io.BytesIO(raw)).outcome == "ticket"
            rates.append(count / (time.perf_counter() - begun))
            used = (time.process_time() - cpu) / count * 1000
        told = f"{statistics.median(rates[1:]):.0f} (of {', '.join(f'{r:.0f}' for r in rates[1:])})"
        print(f"{kind}: {told} mails a second into cases, {used:.1f} ms of own processor each")
        readers.close()


def hurt() -> None:
    with tempfile.TemporaryDirectory(prefix="hd-bench-") as folder:
        path = Path(folder) / "mail"
        for name, raw in worst():
            path.write_bytes(raw)
            begun, said = time.perf_counter(), "read"
            try:
                with readers.read(path):
                    pass
            except Unreadable as error:
                said = str(error)
            took = time.perf_counter() - begun
            print(f"  {name}: {took:.2f} s, {_peak()} MB, {said}")
            readers.close()


def _peak() -> int:
    """The largest memory that the child has had, while it lives."""
    for child in readers._free:
        for line in Path(f"/proc/{child.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="postgres")
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    intake(options.database, options.count, options.runs)
    hurt()


if __name__ == "__main__":
    main()
