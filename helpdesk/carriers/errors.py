"""What can become of an order to a carrier, a text or a file, besides being carried out."""

from __future__ import annotations


class NotYet(Exception):
    """What the order is about is not there: it may still come, or it is over."""


class Refused(Exception):
    """The carrier will never do this."""


class NotFetched(Exception):
    """A file can't be had, now or ever; the text is for people."""


class NotNow(Exception):
    """A file may be had later."""


class TextRefused(Exception):
    """A text will not be taken; `code` is the carrier's."""

    def __init__(self, code: int | None, text: str) -> None:
        super().__init__(text)
        self.code = code


class TextAway(Exception):
    """A text goes not now, and has certainly not been taken."""


class TextUnsure(Exception):
    """The answer was lost: the text may have been taken."""
