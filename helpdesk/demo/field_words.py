"""The field team of the demo company as data: who, which visits, parts, areas and towns.

Towns and coordinates are real, streets and people are not. Not for what happened (`field_past`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

HEAT, CHARGER, POWER, FIBRE, GERMAN = (
    "Heat pumps", "EV chargers", "Electrical work", "Fibre", "German",
)  # fmt: skip
NEW_SKILLS = (POWER, FIBRE)


@dataclass(frozen=True, slots=True)
class Driver:
    """`areas` by name, none: everywhere. `shift` of a working day; Fridays end two hours sooner."""

    name: str
    depot: str
    at: tuple[float, float]
    skills: Mapping[str, int]
    areas: tuple[str, ...]
    phone: str
    shift: tuple[tuple[str, str], ...] = (("07:30", "16:30"),)
    cost: int = 4_800
    colour: str = ""
    joined: bool = True  # has an account already


# fmt: off
DRIVERS = (
    Driver("Björn Hansen", "Depot Hamburg-Altona", (53.5580, 9.9200),
           {HEAT: 5, POWER: 4, CHARGER: 3, GERMAN: 5}, ("Hamburg",), "+49 171 3920041",
           colour="hue-0"),
    Driver("Derya Kaya", "Depot Lübeck", (53.8610, 10.6710),
           {CHARGER: 5, POWER: 5, HEAT: 4, GERMAN: 5}, ("Lübeck and the coast", "Hamburg"),
           "+49 171 3920042", colour="hue-1"),
    Driver("Henrik Voss", "Depot Kiel", (54.3100, 10.1100),
           {HEAT: 4, POWER: 3, GERMAN: 5}, ("Kiel and Neumünster",), "+49 171 3920043",
           colour="hue-2", joined=False),
    Driver("Ines Moreau", "Depot Hamburg-Wandsbek", (53.5760, 10.0900),
           {FIBRE: 5, POWER: 4, GERMAN: 4}, ("Hamburg",), "+49 171 3920044",
           (("08:00", "12:00"), ("13:00", "17:00")), colour="hue-3", joined=False),
    Driver("Samir Rahmani", "Home, Neumünster", (54.0720, 9.9870),
           {HEAT: 3, CHARGER: 4, POWER: 4, FIBRE: 3, GERMAN: 4}, (), "+49 171 3920045",
           (("07:00", "16:00"),), colour="hue-4", joined=False),
    Driver("Wiebke Claussen", "Home, Bad Oldesloe", (53.8110, 10.3760),
           {POWER: 5, FIBRE: 4, CHARGER: 3, HEAT: 2, GERMAN: 5}, (), "+49 171 3920046",
           (("08:00", "16:30"),), 5_100, colour="hue-6", joined=False),
)

AREAS = (
    ("Hamburg", ("20", "21", "22", "25"), ()),
    ("Lübeck and the coast", ("23",), ()),
    ("Kiel and Neumünster", (), ((54.52, 9.40), (54.48, 10.55), (54.10, 10.55), (53.86, 10.08),
                                 (53.80, 9.80), (54.10, 9.40))),
)

PARTS = (
    ("HP-FLT", "Filter set, heat pump", 3_900), ("HP-PMP", "Circulation pump", 18_900),
    ("HP-SNS", "Flow sensor", 4_200), ("WB-11", "Wallbox 11 kW", 41_000),
    ("RCD-B", "Residual current breaker, type B", 16_500),
    ("CBL-25", "Cable 5 × 6 mm², 25 m", 9_800),
    ("MTR-3", "Smart meter, three phases", 8_700), ("GW-1", "Meter gateway", 12_400),
    ("ONT-2", "Fibre terminal", 5_600), ("PCH-F", "Fibre patch set", 1_400),
)

_SEEN = {"text": "Told the customer what was done", "kind": "check", "needed": True}
KINDS: tuple[dict[str, Any], ...] = (
    {"key": "heat_pump_service", "name": "Heat pump: yearly service",
     "names": {"de": "Wärmepumpe: jährliche Wartung", "en": "Yearly service of your heat pump"},
     "description": "Cleaning, pressures, safety. Once a year.", "minutes": (75, 100),
     "skills": {HEAT: 3}, "parts": {"HP-FLT": 1}, "checklist": [
         {"text": "Flow temperature in °C", "kind": "number", "needed": True},
         {"text": "Pressure in bar", "kind": "number", "needed": True},
         {"text": "Filters changed", "kind": "check", "needed": True},
         {"text": "Photo of the type plate", "kind": "photo", "needed": False}, _SEEN]},
    {"key": "heat_pump_fault", "name": "Heat pump: fault", "priority": 2,
     "names": {"de": "Wärmepumpe: Störung", "en": "Your heat pump has a fault"},
     "description": "No heat or no hot water.", "minutes": (60, 110), "skills": {HEAT: 4},
     "moves_until_s": 4 * 3600, "checklist": [
         {"text": "Code on the display", "kind": "text", "needed": True},
         {"text": "Cause", "kind": "text", "needed": True}, _SEEN]},
    {"key": "heat_pump_swap", "name": "Heat pump: replacement", "is_bookable": False,
     "names": {"de": "Wärmepumpe: Austausch", "en": "Replacement of your heat pump"},
     "description": "Two people, most of a day.", "minutes": (240, 300), "crew": 2,
     "skills": {HEAT: 3}, "parts": {"HP-PMP": 1}, "checklist": [
         {"text": "Photo before", "kind": "photo", "needed": True},
         {"text": "Photo after", "kind": "photo", "needed": True},
         {"text": "Serial number of the new one", "kind": "text", "needed": True}, _SEEN]},
    {"key": "wallbox_install", "name": "Wallbox: installation",
     "names": {"de": "Wallbox: Einbau", "en": "Installation of your wallbox"},
     "description": "With the breaker and up to 25 m of cable.", "minutes": (120, 165),
     "skills": {CHARGER: 3, POWER: 3}, "parts": {"WB-11": 1, "RCD-B": 1, "CBL-25": 1},
     "moves_until_s": 2 * 86_400, "checklist": [
         {"text": "Insulation measured, in MΩ", "kind": "number", "needed": True},
         {"text": "Charged a car or the test load", "kind": "check", "needed": True},
         {"text": "Photo of the wallbox", "kind": "photo", "needed": True}, _SEEN]},
    {"key": "smart_meter", "name": "Smart meter", "priority": 4,
     "names": {"de": "Smart Meter: Einbau", "en": "Your smart meter"},
     "description": "The old meter is read and taken along.", "minutes": (35, 50),
     "skills": {POWER: 2}, "parts": {"MTR-3": 1, "GW-1": 1}, "checklist": [
         {"text": "Last reading of the old meter in kWh", "kind": "number", "needed": True},
         {"text": "Photo of both meters", "kind": "photo", "needed": True},
         {"text": "Gateway is online", "kind": "check", "needed": True}]},
    {"key": "fibre", "name": "Fibre connection",
     "names": {"de": "Glasfaser: Anschluss", "en": "Your fibre connection"},
     "description": "From the cellar to the first socket.", "minutes": (60, 80),
     "skills": {FIBRE: 3}, "parts": {"ONT-2": 1, "PCH-F": 1}, "checklist": [
         {"text": "Light level in dBm", "kind": "number", "needed": True},
         {"text": "Speed reached in Mbit/s", "kind": "number", "needed": False}, _SEEN]},
)


@dataclass(frozen=True, slots=True)
class Town:
    """`reach` in degrees to both sides; `weight` of a hundred customers live there."""

    name: str
    postcode: str
    lat: float
    lon: float
    weight: int
    reach: float = field(default=0.015)


TOWNS = (
    Town("Hamburg-Altona", "22765", 53.5530, 9.9330, 9),
    Town("Hamburg-Eimsbüttel", "20257", 53.5720, 9.9500, 8),
    Town("Hamburg-Wandsbek", "22041", 53.5740, 10.0790, 8),
    Town("Hamburg-Harburg", "21073", 53.4590, 9.9800, 5),
    Town("Hamburg-Bergedorf", "21029", 53.4890, 10.2110, 5),
    Town("Norderstedt", "22846", 53.7000, 9.9930, 6),
    Town("Pinneberg", "25421", 53.6600, 9.7980, 4),
    Town("Ahrensburg", "22926", 53.6740, 10.2390, 5),
    Town("Bad Oldesloe", "23843", 53.8110, 10.3740, 4),
    Town("Lübeck", "23552", 53.8670, 10.6860, 11),
    Town("Bad Schwartau", "23611", 53.9190, 10.6980, 4),
    Town("Travemünde", "23570", 53.9600, 10.8620, 3, 0.008),
    Town("Eutin", "23701", 54.1380, 10.6130, 2),
    Town("Kiel", "24103", 54.3210, 10.1300, 10, 0.012),
    Town("Kronshagen", "24119", 54.3350, 10.0860, 3),
    Town("Preetz", "24211", 54.2360, 10.2800, 3),
    Town("Neumünster", "24534", 54.0730, 9.9840, 6),
    Town("Kaltenkirchen", "24568", 53.8330, 9.9600, 4),
)
STREETS = (
    "Birkenweg", "Deichstraße", "Gartenweg", "Hafenkamp", "Kastanienallee", "Lindenhof",
    "Möwenstieg", "Mühlenredder", "Am Siel", "Ostlandring", "Rosengang", "Schulkamp", "Tannenweg",
    "Uferweg", "Wiesengrund", "Ziegelteich",
)
ACCESS = (
    "", "", "", "", "Bell is broken, please call", "The dog is friendly, close the gate",
    "Meter in the cellar, key at the neighbour’s", "Park in the yard", "Third floor, no lift",
)
SUBJECTS = {
    "heat_pump_service": ("Yearly service of the heat pump", "Heat pump: service is due"),
    "heat_pump_fault": ("Heat pump shows E7 and stays cold", "No hot water since this morning",
                        "Heat pump is loud and stops again and again"),
    "heat_pump_swap": ("Replacement of the heat pump",),
    "wallbox_install": ("Installation of the wallbox", "Wallbox is here, when do you come?"),
    "smart_meter": ("Smart meter: appointment", "Change of the meter"),
    "fibre": ("Fibre connection in the cellar", "When do we get fibre?"),
}
FOUND = (
    "Done as ordered, everything measured.", "Sensor was loose, fixed and tested.",
    "Filter was full, changed. Runs well.", "Showed the customer how to read it.",
    "Breaker changed, was worn out.", "All good, next time in a year.",
)
# fmt: on
