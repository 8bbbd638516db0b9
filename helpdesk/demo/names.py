"""Names, addresses and numbers of people who do not exist.

Mail addresses end in `.example`, phone numbers come from ranges kept for films and books where a
country has one. Not for anything secret.
"""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

_FIRST = (
    "Anna Emma Marie Sofie Lea Johanna Frieda Greta Ida Klara Elif Zeynep Fatima Leila Olga Irina "
    "Agnieszka Katarzyna Chiara Giulia Camille Inès Astrid Linnea Saoirse Priya Mei Yuki Amara "
    "Lukas Finn Jonas Paul Anton Theo Matthias Stefan Uwe Jürgen Mehmet Can Ali Omar Dmitri Piotr "
    "Marek Luca Matteo Hugo Louis Björn Lars Cian Arjun Wei Kenji Kwame Rafael Tiago Søren Jørgen"
)
_LAST = (
    "Müller Schmidt Schneider Fischer Weber Becker Hoffmann Schäfer Koch Bauer Richter Klein Wolf "
    "Neumann Schwarz Zimmermann Braun Krüger Hartmann Lange Werner Krause Lehmann Köhler Maier "
    "Yılmaz Kaya Demir Şahin Nowak Kowalska Wiśniewski Rossi Ferrari Romano Dubois Laurent Moreau "
    "Andersson Lindqvist Nielsen Sørensen O'Brien Murphy Patel Sharma Chen Tanaka Okafor Mensah "
    "Silva Costa García Novák Horvat Ivanova van_Dijk de_Boer"
)
_MAIL = ("post.example", "mail.example", "briefkasten.example", "inbox.example")


@dataclass(frozen=True, slots=True)
class Country:
    """How numbers look there: `#` is a digit. `weight` of a hundred customers live there."""

    code: str
    language: str
    timezone: str
    phone: str
    weight: int


COUNTRIES = (
    Country("DE", "de", "Europe/Berlin", "+49 30 23125 ###", 52),
    Country("DE", "de", "Europe/Berlin", "+49 171 39200 ##", 20),
    Country("DK", "da", "Europe/Copenhagen", "+45 32 12 3# ##", 6),
    Country("PL", "pl", "Europe/Warsaw", "+48 22 555 0# ##", 5),
    Country("NL", "nl", "Europe/Amsterdam", "+31 20 555 0###", 4),
    Country("FR", "fr", "Europe/Paris", "+33 1 99 00 ## ##", 4),
    Country("AT", "de", "Europe/Vienna", "+43 1 5550 ###", 3),
    Country("SE", "sv", "Europe/Stockholm", "+46 8 465 004 ##", 3),
    Country("GB", "en", "Europe/London", "+44 20 7946 0###", 2),
    Country("CH", "de", "Europe/Zurich", "+41 44 555 0# ##", 1),
)


@dataclass(frozen=True, slots=True)
class Person:
    first: str
    last: str
    email: str
    phone: str
    country: Country

    @property
    def name(self) -> str:
        return f"{self.first} {self.last}"


class People:
    """Makes people, each with an address of their own."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._taken: set[str] = set()

    def next(self, domain: str = "") -> Person:
        rng = self._rng
        first, last = rng.choice(_FIRST.split()), rng.choice(_LAST.split()).replace("_", " ")
        country = rng.choices(COUNTRIES, [c.weight for c in COUNTRIES])[0]
        return Person(
            first,
            last,
            self._unused(lambda: self._email(first, last, domain)),
            self._unused(lambda: digits(country.phone, rng)),
            country,
        )

    def _email(self, first: str, last: str, domain: str) -> str:
        rng = self._rng
        one, other = plain(first), plain(last)
        local = rng.choice((f"{one}.{other}", f"{one[0]}.{other}", f"{one}{rng.randrange(60, 99)}"))
        return f"{local}@{domain or rng.choice(_MAIL)}"

    def _unused(self, make: object) -> str:
        for attempt in range(1000):
            text = str(make())  # type: ignore[operator]
            if attempt > 20:  # the short ranges are used up: a longer address instead
                text = text.replace("@", f"{attempt}@")
            if text not in self._taken:
                self._taken.add(text)
                return text
        raise RuntimeError("no address is left")


def plain(text: str) -> str:
    """Letters of a name as a mail address may hold them."""
    for letter, instead in (("ø", "o"), ("ı", "i"), ("ß", "ss"), ("ł", "l"), ("Ł", "L")):
        text = text.replace(letter, instead)
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return "".join(c for c in folded if c.isalnum())


def digits(shape: str, rng: random.Random) -> str:
    return "".join(str(rng.randrange(10)) if c == "#" else c for c in shape)
