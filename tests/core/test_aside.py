"""Work that follows an answer: done in threads, never failing whoever asked for it."""

from __future__ import annotations

import logging
import threading

import pytest

from helpdesk.core.aside import Aside


def test_what_fails_is_logged_and_the_next_is_done(caplog: pytest.LogCaptureFixture) -> None:
    aside, done = Aside("test", 1), threading.Event()
    with caplog.at_level(logging.ERROR):
        aside.do(lambda: 1 / 0)  # type: ignore[arg-type,return-value]
        aside.do(done.set)
        assert done.wait(15)
    assert "it is tried again" in caplog.text


def test_a_process_that_ends_leaves_it_to_others() -> None:
    aside, done = Aside("test", 1), threading.Event()
    aside.do(done.set)
    assert done.wait(15)
    aside._threads_of_its_own().shutdown()
    aside.do(lambda: pytest.fail("nobody does it any more"))
