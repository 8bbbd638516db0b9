"""New objects join the session as if it had read them: their rows are sent by `core.rows`.

What `make_transient_to_detached` and `Session.add` do, without what those look for and cannot find
here: relationships to follow, attributes that are not columns, listeners. A tenth of their time,
and a chat makes six objects. Not for objects that a session shall insert by itself.
"""

from __future__ import annotations

import functools
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Mapper, Session
from sqlalchemy.orm.attributes import instance_state


def join(session: Session, one: object) -> None:
    """The session holds the object, unchanged; it has a value for every column."""
    state = instance_state(one)
    if state.key is not None or state.session_id is not None:
        raise InvalidRequestError("only a new object can join a session so")
    mapper, names = _identity(type(one))  # type: ignore[arg-type]
    state.key = mapper.identity_key_from_primary_key(tuple(state.dict[name] for name in names))
    state._commit_all(state.dict)
    session.identity_map.add(state)
    state.session_id = session.hash_key


def has_no_changes(session: Session, one: object) -> None:
    """What was set in the object is taken care of: the session has nothing to send of it."""
    state = instance_state(one)
    state._commit_all(state.dict, session.identity_map)


@functools.cache
def _identity(model: type[Any]) -> tuple[Mapper[Any], tuple[str, ...]]:
    mapper: Mapper[Any] = inspect(model)
    return mapper, tuple(str(column.key) for column in mapper.primary_key)
