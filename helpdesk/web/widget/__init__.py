"""The chat widget's door over HTTP: loader, frame, files, and the form for closed hours.

What is said in a chat goes over the socket (see `helpdesk.realtime`).
"""

from __future__ import annotations

from helpdesk.web.widget.views import door

__all__ = ["door"]
