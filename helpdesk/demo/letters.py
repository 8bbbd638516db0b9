"""What people write to Nordlicht Energie by mail, and what came of it. Not for code: see `cases`.

`outcome`: what the agent does with the first answer: `resolved`, `waiting_on_customer` (then the
customer writes `back` and gets `last`) or `waiting_on_third_party`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letter:
    queue: str
    subject: str
    body: str
    answer: str
    outcome: str = "resolved"
    back: str = ""
    last: str = ""
    note: str = ""
    priority: str = "normal"
    tags: tuple[str, ...] = ()

    @property
    def type(self) -> str:
        return {"billing": "bill", "technical-help": "fault"}.get(self.queue, "request")


LETTERS = (
    Letter(
        "billing",
        "Bill for October is twice as high",
        "Hello,\n\nthe bill for October says 214 kWh more than my own reading. I wrote down 48,310 "
        "on the 31st. Can you look at it, please?\n\nKind regards",
        "Hello,\n\nthank you for the reading. The grid operator had estimated it. We have put "
        "yours in its place; the corrected bill comes within three days and the difference goes "
        "back to your account.\n\nKind regards\nNordlicht Energie",
        tags=("reading",),
        note="Estimate by the grid operator, corrected by hand.",
    ),
    Letter(
        "technical-help",
        "Heat pump stops every night at three",
        "Good evening,\n\nfor four nights now the heat pump has stopped at three and shows E-27. "
        "In the morning I have to switch it on by hand, and it is five degrees outside.\n\n"
        "Please help quickly, we have a small child.",
        "Hello,\n\nE-27 says that too little water flows. Could you look at the pressure gauge "
        "beside the pump and tell us what it says in the morning, before you switch it on?\n\n"
        "Kind regards\nNordlicht Energie",
        outcome="waiting_on_customer",
        back="Good morning, it says 0.8 bar.",
        last="Thank you. It should be 1.5. Please open the blue tap until the needle stands "
        "there; the manual shows it on page 12. If it falls again within a week, write here "
        "and a technician comes.",
        priority="high",
        tags=("heat-pump",),
    ),
    Letter(
        "contracts",
        "Cancelling after the move",
        "Dear Sir or Madam,\n\nI move abroad at the end of the month and would like to end my "
        "contract on the 30th. Please confirm.",
        "Hello,\n\nyour contract ends on the 30th, as a move abroad allows. The final bill comes "
        "once we have the last reading; a photo as an answer to this mail is enough.\n\n"
        "All the best in the new place\nNordlicht Energie",
        outcome="waiting_on_customer",
        back="Here it is: 61,207. Thank you, that was easy.",
        last="Thank you, the final bill is on its way.",
    ),
    Letter(
        "technical-help",
        "Charger does not know my card any more",
        "Hi, since the update on Monday the wallbox says 'card unknown'. Same card as always. I "
        "charge at work in the meantime.",
        "Hello,\n\nthe update has lost some cards; our supplier is working on it and expects to be "
        "done by Thursday. Until then you can start it in the app. We write as soon as it is "
        "mended.\n\nKind regards\nNordlicht Energie",
        outcome="waiting_on_third_party",
        note="Same as three others this week, supplier has a list.",
        tags=("charger",),
    ),
    Letter(
        "general",
        "Change of name",
        "Hello, I married in September. What do you need to change the name on the contract?",
        "Congratulations. A copy of the certificate as an answer to this mail is all we need.",
        outcome="waiting_on_customer",
    ),
    Letter(
        "billing",
        "Monthly payment lower, please",
        "We are only two now that the children have moved out. Could the monthly payment be "
        "lowered?",
        "Hello,\n\nfrom what you have used since June 78 a month fit well, 25 less than today. "
        "We have changed it from next month on; in the portal you can change it yourself at any "
        "time.\n\nKind regards\nNordlicht Energie",
    ),
    Letter(
        "general",
        "No electricity since six",
        "The whole house is dark, and the neighbours too. When does it come back?",
        "Hello,\n\nthe grid operator knows about it: a cable was cut at a building site. They "
        "expect the power back by nine. If only your house is dark then, call the number on the "
        "meter.\n\nKind regards\nNordlicht Energie",
        priority="urgent",
        tags=("outage",),
    ),
    Letter(
        "contracts",
        "Offer for a heat pump tariff",
        "We will get a heat pump in January. Which tariff would you recommend, and does it need a "
        "second meter?",
        "Hello,\n\nBrise suits it: the price follows the hour, and a smart meter is enough, so "
        "there is no second one. I have attached the figures for your use to your record and "
        "call you about them on Friday.\n\nKind regards\nNordlicht Energie",
        outcome="waiting_on_third_party",
        note="Wants to be called after 17:00.",
    ),
    Letter(
        "billing",
        "Invoice address for our company",
        "Please send the invoices to our new accounts department from now on. The address is in "
        "the footer.",
        "Done from the next invoice on. Thank you for telling us.",
    ),
    Letter(
        "technical-help",
        "Fibre slow in the evening",
        "Between eight and ten the line falls to 30 Mbit. I measured with a cable, five evenings "
        "in a row, pictures below.",
        "Hello,\n\nthank you for measuring so carefully. The node in your street is full in the "
        "evening; a second one goes live next week. We write when it does and take the week off "
        "your bill.\n\nKind regards\nNordlicht Energie",
        outcome="waiting_on_third_party",
        tags=("fibre",),
    ),
)

# What an agent writes when a technician has been there and it is not over.
AFTER_A_VISIT = Letter(
    "technical-help",
    "",
    "",
    "Hello,\n\nour technician told us that one thing is left to do. Which days suit you for a "
    "second visit?\n\nKind regards\nNordlicht Energie",
    outcome="waiting_on_customer",
)
