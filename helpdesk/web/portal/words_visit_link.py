"""What the page behind a visit's link says, to somebody who is not signed in."""

from __future__ import annotations

EN = {
    "vl.title": "Your visit",
    "vl.old": "This visit was changed after this link was sent. Use the newest message you have of "
    "us to change it.",
    "vl.confirm": "This suits me",
    "vl.confirmed": "You confirmed this time. Thank you.",
    "vl.times_title": "Choose another time",
    "vl.times_lead": "Now it is {window}. It stays so until you choose.",
    "vl.none": "There is no other time we can promise right now",
    "vl.none_text": "Your visit stays as it is. Try again later, or call us.",
    "vl.back": "Back to the visit",
    "vl.choose": "Move to {window}",
    "vl.moved": "Done. Your visit is at its new time, and you get the confirmation.",
    "vl.cancelled": "Your visit is called off. Nobody comes.",
    "vl.reason_hint": "You need not say why. It helps us to plan.",
    "vl.gone": "This time was taken a moment ago. These are free now.",
    "vl.many": "That was very often. Wait some minutes, then try again.",
}
DE = {
    "vl.title": "Ihr Termin",
    "vl.old": "Dieser Termin wurde geändert, nachdem wir diesen Link verschickt hatten. Nutzen Sie "
    "zum Ändern unsere neueste Nachricht.",
    "vl.confirm": "Das passt mir",
    "vl.confirmed": "Sie haben diese Zeit bestätigt. Vielen Dank.",
    "vl.times_title": "Andere Zeit wählen",
    "vl.times_lead": "Jetzt gilt {window}. Das bleibt so, bis Sie wählen.",
    "vl.none": "Gerade können wir keine andere Zeit zusagen",
    "vl.none_text": "Ihr Termin bleibt, wie er ist. Versuchen Sie es später noch einmal oder rufen "
    "Sie uns an.",
    "vl.back": "Zurück zum Termin",
    "vl.choose": "Auf {window} verschieben",
    "vl.moved": "Erledigt. Ihr Termin hat eine neue Zeit, die Bestätigung ist unterwegs.",
    "vl.cancelled": "Ihr Termin ist abgesagt. Es kommt niemand.",
    "vl.reason_hint": "Sie müssen keinen Grund nennen. Er hilft uns beim Planen.",
    "vl.gone": "Diese Zeit wurde gerade vergeben. Diese sind jetzt frei.",
    "vl.many": "Das war sehr oft. Warten Sie einige Minuten und versuchen Sie es dann noch einmal.",
}
