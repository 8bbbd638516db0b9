"""STOP, START and HELP, however somebody spells them. Pure.

Only a text that holds the word and nothing else counts: "please stop by tomorrow" is a message.
"""

from __future__ import annotations

import unicodedata
from typing import Literal

Wish = Literal["stop", "start", "help"]

WISHES: dict[str, Wish] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"), "stop"
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO"), "help"),
}
LONGEST = 60  # characters; a bare word with its decoration is shorter

# Letters that look like Latin ones: from keyboards that were switched over, and small capitals.
_LOOKS = {
    "АВСЕНІЈКМОРЅТУХ": "ABCEHIJKMOPSTYX",
    "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ": "ABEZHIKMNOPTYX",
    "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ": "ABCDEFGHIJKLMNOPRSTUVWYZ",
    "ƦꞮⱭꟅ": "RIAS",
}
_ALIKE = {
    ord(other): latin
    for others, latins in _LOOKS.items()
    for other, latin in zip(others, latins, strict=True)
}
# Boxed and circled letters in white on black, and the halves of flags, stand for no letters in
# Unicode's own tables.
_BOXED = {
    first + place: chr(ord("A") + place)
    for first in (0x1F150, 0x1F170, 0x1F1E6)
    for place in range(26)
}


def wish(text: str) -> Wish | None:
    """What the text asks for, when it is nothing but one of the words."""
    if len(text) > LONGEST:
        return None
    return WISHES.get(plain(text))


def plain(text: str) -> str:
    """The text's letters and digits as plain capitals: no spaces, marks, accents or decoration."""
    boxed = text.translate(_BOXED)
    apart = unicodedata.normalize("NFKD", boxed).upper()
    alike = unicodedata.normalize("NFKD", apart.translate(_ALIKE)).upper()
    return "".join(letter for letter in alike if letter.isalnum())
