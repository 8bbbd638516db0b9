"""Twilio, or whoever speaks as it does: signatures, TwiML, REST. Known nowhere else."""

import sys
from types import ModuleType

# The library's asynchronous client, which nobody here uses, would load a second HTTP library.
_unused = ModuleType("twilio.http.async_http_client")
_unused.AsyncTwilioHttpClient = type("AsyncTwilioHttpClient", (), {})  # type: ignore[attr-defined]
sys.modules.setdefault(_unused.__name__, _unused)
