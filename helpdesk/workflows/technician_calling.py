"""A technician calls a customer by our number: neither sees the other's."""

from __future__ import annotations

from helpdesk.core.work import Work
from helpdesk.field_service.models_crew import Technician
from helpdesk.workflows import dialling


def is_masked(work: Work) -> bool:
    """Whether a carrier connects both, so that no number has to be shown."""
    return dialling.can(work)


def can_call(work: Work, me: Technician) -> bool:
    return False
