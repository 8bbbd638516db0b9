"""Labour that keeps the installation small and tidy: what has had its day is removed in batches.

Each function is a job; `helpdesk.jobs.schedule` says when. Not for what a subject must decide.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from helpdesk.core import heartbeats
from helpdesk.core.actors import system
from helpdesk.core.db import Base
from helpdesk.core.listening import Job
from helpdesk.core.tables import Delivery, EventRow, IdempotentAnswer
from helpdesk.core.work import begin
from helpdesk.identity.models import (
    PasswordReset,
    PhoneProof,
    ProviderOuting,
    SignInFailure,
    SignInLink,
    SignInSession,
)

ACTOR = system("housekeeping")
BATCH = 500
KEEP_EVENTS = timedelta(days=90)
KEEP_ANSWERS = timedelta(days=1)
KEEP_FAILURES = timedelta(days=2)


def clean_up_sign_in() -> None:
    """Sessions and links that have ended, wrong passwords that no longer count."""
    with begin(ACTOR) as work:
        now = work.at
    _remove(SignInSession, SignInSession.token_hash, SignInSession.expires_at < now)
    _remove(PasswordReset, PasswordReset.token_hash, PasswordReset.expires_at < now)
    _remove(SignInFailure, SignInFailure.id, SignInFailure.at < now - KEEP_FAILURES)
    _remove(SignInLink, SignInLink.id, SignInLink.created_at < now - KEEP_FAILURES)
    _remove(PhoneProof, PhoneProof.id, PhoneProof.created_at < now - KEEP_FAILURES)
    _remove(ProviderOuting, ProviderOuting.state_hash, ProviderOuting.expires_at < now)


def clean_up_answers() -> None:
    """Answers kept for repeated requests, after their day."""
    with begin(ACTOR) as work:
        before = work.at - KEEP_ANSWERS
    _remove(IdempotentAnswer, IdempotentAnswer.key_hash, IdempotentAnswer.at < before)


def clean_up_events() -> None:
    """Events relayed long ago, with their receipts; timelines keep copies of their own."""
    with begin(ACTOR) as work:
        before = work.at - KEEP_EVENTS
        heartbeats.forget_silent(work)
    old = (EventRow.relayed_at < before) & (EventRow.at < before)
    while True:
        with begin(ACTOR) as work:
            gone = select(EventRow.id).where(old).order_by(EventRow.seq).limit(BATCH)
            ids = list(work.session.scalars(gone))
            if not ids:
                return
            work.session.execute(delete(Delivery).where(Delivery.event_id.in_(ids)))
            work.session.execute(delete(EventRow).where(EventRow.id.in_(ids)))


def _remove(table: type[Base], key: Any, condition: Any) -> int:
    """Delete in small transactions, so that nobody waits long; answers how many."""
    total = 0
    while True:
        with begin(ACTOR) as work:
            some = select(key).where(condition).limit(BATCH)
            keys = list(work.session.scalars(some))
            if keys:
                work.session.execute(delete(table).where(key.in_(keys)))
        total += len(keys)
        if len(keys) < BATCH:
            return total


JOBS = (
    Job("identity.clean_up", clean_up_sign_in),
    Job("core.clean_up_answers", clean_up_answers),
    Job("core.clean_up_events", clean_up_events),
)
