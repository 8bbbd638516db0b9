"""What customers are told at each step of a return, unless a colleague says it otherwise. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from helpdesk.customers.languages import spoken

_WORDS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "asked": "We have noted that you want to send back {items} of order {order}. You hear from "
        "us by {until}.",
        "approved": "You may send this back: {items} of order {order}. The label follows.",
        "label_sent": "Here is the label for {items} of order {order}: {label}\n"
        "Please hand the parcel in by {until}.",
        "received": "Your parcel for order {order} has arrived. We look at it by {until}.",
        "inspected": "We have looked at what you sent back. You hear from us by {until}.",
        "refunded": "Your money for {items} of order {order} is on its way back to you.",
        "replaced": "The replacement for {items} of order {order} is on its way to you.",
        "refused": "We can't take {items} of order {order} back.",
        "withdrawn": "The return of {items} of order {order} is called off.",
    },
    "de": {
        "asked": "Wir haben notiert, dass Sie {items} aus Bestellung {order} zurücksenden möchten. "
        "Sie hören bis {until} von uns.",
        "approved": "Sie können das zurücksenden: {items} aus Bestellung {order}. Das Etikett "
        "folgt.",
        "label_sent": "Hier ist das Etikett für {items} aus Bestellung {order}: {label}\n"
        "Bitte geben Sie das Paket bis {until} auf.",
        "received": "Ihr Paket zu Bestellung {order} ist da. Wir sehen es bis {until} an.",
        "inspected": "Wir haben Ihre Rücksendung angesehen. Sie hören bis {until} von uns.",
        "refunded": "Ihr Geld für {items} aus Bestellung {order} ist auf dem Weg zu Ihnen.",
        "replaced": "Der Ersatz für {items} aus Bestellung {order} ist auf dem Weg zu Ihnen.",
        "refused": "Wir können {items} aus Bestellung {order} nicht zurücknehmen.",
        "withdrawn": "Die Rücksendung von {items} aus Bestellung {order} ist abgesagt.",
    },
}
SUBJECTS = {"en": "Return of order {order}", "de": "Rücksendung zu Bestellung {order}"}


def language(wanted: str | None) -> str:
    return spoken(wanted, _WORDS)


def words(state: str, wanted: str | None, **values: str) -> str:
    """The sentence of a step; a label that is nowhere on the net is left out."""
    text = _WORDS[language(wanted)][state]
    if "{label}" in text and not values.get("label"):
        text = text.replace(": {label}", ".")
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text


def subject(wanted: str | None, order: str) -> str:
    return SUBJECTS[language(wanted)].replace("{order}", order)
