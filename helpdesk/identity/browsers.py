"""A browser by a name that its owner knows it by, from what it says of itself. Pure.

Only for telling one's own browsers apart; it says whatever it likes, so nothing is decided by it.
"""

from __future__ import annotations

# The first that fits counts: most browsers also say the names of those that came before them.
_BROWSERS = (
    ("EdgA/", "Edge"), ("EdgiOS/", "Edge"), ("Edg/", "Edge"), ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"), ("FxiOS/", "Firefox"), ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"), ("Chromium/", "Chromium"), ("Chrome/", "Chrome"), ("Safari/", "Safari"),
)  # fmt: skip
_DEVICES = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("CrOS", "ChromeOS"), ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def named(agent: str | None) -> str:
    """`Firefox, Windows`; what it says, cut short, where no name is known; empty for nothing."""
    text = agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in text), "")
    device = next((name for mark, name in _DEVICES if mark in text), "")
    return ", ".join(x for x in (browser, device) if x) or text[:60]
