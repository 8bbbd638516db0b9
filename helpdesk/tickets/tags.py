"""Tags of tickets: lower case, in the order given, each once. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from helpdesk.core.errors import Invalid
from helpdesk.customers.field_values import tag_name

MOST_TAGS = 30


def tag_names(tags: Sequence[object]) -> list[str]:
    """The tags as they are stored; Invalid for an empty or overlong one, or too many."""
    names = list(dict.fromkeys(tag_name(tag) for tag in tags))
    if len(names) > MOST_TAGS:
        raise Invalid(fields={"tags": f"Use at most {MOST_TAGS} tags."})
    return names
