"""Addresses in the one form in which they are compared: phone, e-mail, chat and external ids.

Pure. Not for saying whose an address is (see `finding`), nor whether it is reachable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import phonenumbers

from helpdesk.core.errors import Invalid
from helpdesk.customers.field_values import storable

KINDS = ("external", "email", "phone", "chat")
LONGEST = 254

# Domains where everybody can have an address: they say nothing about the organisation.
SHARED_DOMAINS = frozenset({
    "aol.com", "fastmail.com", "free.fr", "gmail.com", "gmx.de", "gmx.net", "googlemail.com",
    "hey.com", "hotmail.com", "icloud.com", "inbox.lv", "laposte.net", "live.com", "mac.com",
    "mail.com", "mail.ru", "me.com", "msn.com", "orange.fr", "outlook.com", "proton.me",
    "protonmail.com", "qq.com", "t-online.de", "tutanota.com", "web.de", "yahoo.com",
    "yandex.ru", "ymail.com", "zoho.com", "163.com", "126.com",
})  # fmt: skip

_PHONE = re.compile(r"[-+0-9A-Za-z()\[\]./ \u00a0\u2010-\u2015]{2,40}")
_LOCAL = re.compile(
    r"[^\s\x00-\x20\x7f-\x9f()<>\[\]:;@\\,\"\u200b-\u200f\u2028-\u202e\u2060-\u2069]+"
)
_DOMAIN = re.compile(
    r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])"
)


@dataclass(frozen=True, slots=True)
class Address:
    """`value` is what is compared, `as_given` what the person wrote."""

    kind: str
    value: str
    as_given: str


def address(kind: str, text: object, *, region: str | None = None) -> Address:
    """The address in its stored form; Invalid says in words what is wrong with it."""
    read = _READERS.get(kind)
    if read is None:
        raise Invalid(fields={"kind": "Choose phone, e-mail, chat or external id."})
    if not isinstance(text, str):
        raise Invalid(fields={kind: "This must be text."})
    given = storable(text).strip()
    if len(given) > LONGEST:
        raise Invalid(fields={kind: f"Use at most {LONGEST} characters."})
    return Address(kind, read(given, region), given)


def phone(text: str, region: str | None = None) -> str:
    """E.164; a national number needs the installation's region (two letters)."""
    if not _PHONE.fullmatch(text):
        raise Invalid(fields={"phone": "Write a phone number, like +44 20 7946 0000."})
    try:
        number = phonenumbers.parse(text, region.upper() if region else None)
    except phonenumbers.NumberParseException as error:
        hint = (
            "Start with + and the country code, like +44 20 7946 0000."
            if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
            else "Write a phone number, like +44 20 7946 0000."
        )
        raise Invalid(fields={"phone": hint}) from None
    # What reaches somebody only within their own town is no address.
    length = phonenumbers.is_possible_number_with_reason(number)
    if length != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise Invalid(fields={"phone": "This number has too few or too many digits."})
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def region_of(e164: str) -> str | None:
    """The two letters of the country that a number belongs to; None for none, or for several."""
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(e164))
    except phonenumbers.NumberParseException:
        return None


def national_digits(e164: str) -> str:
    """How people of that country dial the number, digits only; empty when unknown."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return ""
    shown = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return "".join(c for c in shown if c.isdigit())


def shown_phone(e164: str) -> str:
    """The number with its usual spaces, in international form."""
    try:
        number = phonenumbers.parse(e164)
    except phonenumbers.NumberParseException:
        return e164
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL))


def email(text: str, region: str | None = None) -> str:
    """Lower case, the domain in its ASCII form."""
    local, at, domain = unicodedata.normalize("NFC", text).lower().rpartition("@")
    try:
        ascii_domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        ascii_domain = ""
    value = f"{local}@{ascii_domain}"
    fits = _LOCAL.fullmatch(local) and len(local) <= 64 and len(value) <= LONGEST
    if not at or not fits or not _DOMAIN.fullmatch(ascii_domain):
        raise Invalid(fields={"email": "Write an e-mail address, like name@example.com."})
    return value


def domain_of(email_value: str) -> str:
    return email_value.rpartition("@")[2]


def domain(text: object) -> str:
    """A mail domain in lower-case ASCII."""
    given = storable(text).strip().lower().lstrip("@") if isinstance(text, str) else ""
    try:
        found = given.encode("idna").decode("ascii").lower() if len(given) <= 253 else ""
    except UnicodeError:
        found = ""
    if not _DOMAIN.fullmatch(found):
        raise Invalid(fields={"domains": "Write a domain, like example.com."})
    return found


def _opaque(kind: str) -> Callable[[str, str | None], str]:
    def read(text: str, region: str | None = None) -> str:
        if not text or any(unicodedata.category(c) == "Cc" for c in text):
            raise Invalid(fields={kind: "Write an id without line breaks."})
        return text

    return read


_READERS: dict[str, Callable[[str, str | None], str]] = {
    "phone": phone,
    "email": email,
    "chat": _opaque("chat"),
    "external": _opaque("external"),
}
