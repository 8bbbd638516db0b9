"""One call: what comes back, what is refused, and that nobody can make it last."""

from __future__ import annotations

import socket
import threading

from helpdesk.core import addresses, clock
from helpdesk.webhooks import calling
from tests.webhooks.receiver import Receiver, closed_port


def test_an_answer_comes_back_cut_short(other_program: Receiver) -> None:
    other_program.answer = b"x" * 100_000
    answer = calling.post(other_program.url, b"{}", {"webhook-id": "1"})
    assert (answer.status, len(answer.text), answer.trouble) == (200, calling.LONGEST_ANSWER, "")
    assert other_program.got[0].headers["webhook-id"] == "1"
    assert other_program.got[0].headers["content-type"] == "application/json"


def test_J7_a_redirect_is_not_followed(other_program: Receiver) -> None:
    other_program.status, other_program.location = 307, "http://127.0.0.1:1/admin"
    answer = calling.post(other_program.url, b"{}", {})
    assert answer.status == 307
    assert len(other_program.got) == 1


def test_J7_inner_addresses_open_or_closed_are_refused_alike(other_program: Receiver) -> None:
    addresses.configure(())
    found = [
        calling.post(url, b"{}", {})
        for url in (other_program.url, f"http://127.0.0.1:{closed_port()}/")
    ]
    assert {(a.status, a.text, a.trouble) for a in found} == {(None, "", "refused")}
    assert not other_program.got


def test_a_slow_drip_ends_at_the_deadline(other_program: Receiver) -> None:
    other_program.drip_s = 0.05
    started = clock.monotonic()
    answer = calling.post(other_program.url, b"{}", {}, timeout_s=0.5)
    assert clock.monotonic() - started < 3
    assert (answer.status, answer.trouble) == (None, "too_slow")


def test_nobody_there_is_unreachable() -> None:
    answer = calling.post(f"http://127.0.0.1:{closed_port()}/", b"{}", {})
    assert (answer.status, answer.trouble) == (None, "unreachable")


def test_something_that_is_not_http_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def talk() -> None:
            line, _ = server.accept()
            line.recv(1000)
            line.sendall(b"220 mail.example ESMTP\r\n")
            line.close()

        speaker = threading.Thread(target=talk, daemon=True)
        speaker.start()
        answer = calling.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        speaker.join(5)
    assert (answer.status, answer.trouble) == (None, "not_http")
