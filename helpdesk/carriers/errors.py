"""What can become of an order to a carrier, besides being carried out."""

from __future__ import annotations


class NotYet(Exception):
    """What the order is about is not there: it may still come, or it is over."""


class Refused(Exception):
    """The carrier will never do this."""
