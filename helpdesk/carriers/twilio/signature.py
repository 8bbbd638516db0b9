"""Whether a hook is Twilio's. The package's own check, with what it leaves open closed.

A proxy may have changed scheme and port, so every address under which the hook can have been
called is tried; the secret decides. Nothing that was not signed is ever looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import parse_qs, urlsplit

from twilio.request_validator import RequestValidator


def fits(
    token: str,
    urls: Iterable[str],
    form: Mapping[str, Sequence[str]],
    signature: str,
    *,
    body: str | None = None,
) -> bool:
    """`form` has every value of every field; `body` is the text of a body that is no form.

    False without a token, for a field that came twice (Twilio sends none, and which of two would
    count is nobody's to guess), and for a body that no `bodySHA256` vouches for.
    """
    if not token or not signature or any(len(values) != 1 for values in form.values()):
        return False
    checker = RequestValidator(token)
    return any(_fits(checker, url, form, signature, body) for url in urls)


def _fits(
    checker: RequestValidator,
    url: str,
    form: Mapping[str, Sequence[str]],
    signature: str,
    body: str | None,
) -> bool:
    query = parse_qs(urlsplit(url).query, keep_blank_values=True)
    if any(len(values) != 1 for values in query.values()):
        return False
    if body is not None and "bodySHA256" not in query:
        return False
    facts = body if body is not None else {name: values[0] for name, values in form.items()}
    return bool(checker.validate(url, facts, signature))
