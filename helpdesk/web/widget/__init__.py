"""The chat widget's door over HTTP: loader, frame, files, the form for closed hours, and articles.

What is said in a chat goes over the socket (see `helpdesk.realtime`).
"""

from __future__ import annotations

from helpdesk.web.widget.views import door  # isort: split

from helpdesk.web.widget import articles  # views register themselves on the door

__all__ = ["articles", "door"]
