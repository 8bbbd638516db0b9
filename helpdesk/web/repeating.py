"""Views are called once more when the database gave their transaction up for another one.

Only where nothing of the request is durable yet: once a transaction of it has been committed, what
comes after must not do that again. Not for the API, which does the same around its transaction with
its idempotency keys, nor for views that take files, whose stream is read only once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy.exc import DBAPIError

from helpdesk.core.db import is_contention
from helpdesk.core.work import committed
from helpdesk.web import doors

TRIES = 3


def repeat_lost_races(app: Flask) -> None:
    """Wrap the views of every door but the API's; call it when all are registered."""
    for endpoint, view in app.view_functions.items():
        entry = doors.admission_of(app, endpoint)
        if entry is not None and not entry.uploads and not endpoint.startswith("api."):
            app.view_functions[endpoint] = _repeated(view)


def _repeated(view: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(view)
    def call(**given: Any) -> Any:
        before = committed()
        for attempt in range(1, TRIES + 1):
            try:
                return view(**given)
            except DBAPIError as error:
                if not is_contention(error) or attempt == TRIES or committed() != before:
                    raise
        raise AssertionError("the last try answers or raises")

    return call
