"""How much of a mail is read. Each bound is far above what people send and far below harm."""

from __future__ import annotations

MOST_BYTES_KEPT = 100 * 1024 * 1024
"""A longer mail is refused where it can be (LMTP), and else cut and put into quarantine."""
MOST_BYTES_READ = 36 * 1024 * 1024
"""A longer one is kept but not taken apart: room for 25 MB of files, as other houses allow."""
MOST_HEADER_BYTES = 512 * 1024
MOST_HEADERS = 1_000
MOST_ADDRESSES = 1_000
MOST_PARTS = 500
MOST_DEPTH = 40
MOST_ATTACHMENTS = 100
MOST_TEXT = 1_000_000
MOST_HTML = 2 * 1024 * 1024
MOST_TAG_DEPTH = 1_500
MOST_REFERENCES = 50

CPU_S = 5
"""Processor seconds for one mail; a child that needs more is stopped."""
WALL_S = 20
MEMORY_BYTES = 240 * 1024 * 1024
"""Data a reading child may hold; with the interpreter it stays under 300 MB."""


class TooMuch(Exception):
    """A mail beyond a bound; the text is shown in the quarantine."""
