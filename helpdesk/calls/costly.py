"""Numbers whose owners earn by being rung: whoever asks to be rung back gives none of them. Pure.

Callbacks are asked for by people whom nobody knows, and the house pays for the call.
"""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumberType

COSTLY = (PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST)
NO_COUNTRY = (870, 878, 881, 882, 883, 888, 979)  # satellites, ships and the like


def is_costly(number: str) -> bool:
    """`number` in E.164."""
    read = phonenumbers.parse(number)
    return read.country_code in NO_COUNTRY or phonenumbers.number_type(read) in COSTLY
