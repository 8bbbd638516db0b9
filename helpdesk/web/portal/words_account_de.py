"""What the portal says of accounts and households in German; keys as in `words_account_en`."""

from __future__ import annotations

WORDS = {
    "sign_in.or": "oder",
    "provider.failed": "Die Anmeldung dort hat nicht geklappt, geändert wurde nichts. Versuchen "
    "Sie es noch einmal, oder lassen Sie sich einen Link schicken.",
    "provider.unvouched": "Dieses Konto bürgt nicht für Ihre E-Mail-Adresse. Lassen Sie sich "
    "stattdessen einen Link schicken.",
    "provider.no_account": "Dieses Konto führt zu keinem bei uns. Lassen Sie sich stattdessen "
    "einen Link schicken.",
    "provider.denied": "Dort wurden Sie nicht angemeldet. Versuchen Sie es noch einmal, oder "
    "lassen Sie sich einen Link schicken.",
    "provider.gone": "Das hat zu lange gedauert oder in einem anderen Browser begonnen. Beginnen "
    "Sie hier noch einmal.",
    "provider.wait": "Zu viele Versuche. Warten Sie ein wenig und versuchen Sie es dann noch "
    "einmal.",
    "number.title": "Nummer bestätigen",
    "number.lead": "Eine SMS mit einem Code ist unterwegs, falls SMS diese Nummer erreichen.",
    "number.hint": "Sechs Ziffern aus der SMS; sie gelten zehn Minuten.",
    "number.button": "Bestätigen",
    "number.none": "Nach ein paar Minuten noch keine SMS? Wer uns STOP geschrieben hat, bekommt "
    "keine, bis er START schreibt. Eine Nummer bekommt höchstens fünf Codes am Tag.",
    "number.not_reached": "An diese Nummer können wir keinen Code senden. Es muss ein "
    "Mobiltelefon aus einem Land sein, in das wir SMS senden.",
    "matter.member": "Mitglied Ihres Haushalts",
    "matter.read_only_member": "Das ist ein Anliegen Ihres Haushalts. Schreiben kann nur die "
    "Person, der es gehört.",
    "household.link": "Haushalt: Anliegen gemeinsam sehen",
    "household.title": "Haushalt",
    "household.lead": "Wer zusammen wohnt, kann Anliegen gemeinsam sehen. Alle behalten ihre "
    "eigene Anmeldung und schreiben nur zu ihren eigenen Anliegen.",
    "household.asked": "{sender} lädt Sie in den Haushalt ein",
    "household.asked_all": "Sie würden die Anliegen aller darin sehen.",
    "household.asked_own": "Sie würden nur Ihre eigenen Anliegen sehen.",
    "household.asked_more": "Mitglieder, die alles sehen, würden Ihres sehen: was Sie uns "
    "schreiben, was wir antworten, Ihre Bestellungen und Produkte. Sie können jederzeit gehen.",
    "household.look": "Ansehen, was Sie teilen würden",
    "household.accept": "Beitreten",
    "household.decline": "Ablehnen",
    "household.members": "Wer dazugehört",
    "household.nameless": "Ohne Namen",
    "household.you": "Sie",
    "household.is_all": "sieht alle Anliegen",
    "household.is_own": "sieht die eigenen Anliegen",
    "household.make_all": "Alles sehen lassen",
    "household.make_own": "Auf eigene beschränken",
    "household.leave": "Austreten",
    "household.waits": "Eingeladen, wartet bis {at}",
    "household.withdraw": "Zurückziehen",
    "household.matters": "Anliegen des Haushalts",
    "household.matters_lead": "Was die anderen Ihres Haushalts bei uns haben. Sie können es lesen.",
    "household.gone": "In den letzten 24 Stunden entfernt",
    "household.undo": "Rückgängig",
    "household.invite": "Jemanden einladen",
    "household.invite_hint": "Die Person bekommt eine Mail, die Ihre Adresse nennt. Sie tritt "
    "bei, indem sie sich mit ihrer anmeldet.",
    "household.sees": "Was die Person sieht",
    "household.sees_own": "Nur die eigenen Anliegen",
    "household.sees_all": "Alle Anliegen des Haushalts; sie kann auch einladen und entfernen",
    "household.invite_button": "Einladung senden",
    "household.no_mail": "Zurzeit geht hier keine Mail hinaus, deshalb kann niemand eingeladen "
    "werden.",
    "household.full": "Mehr Personen fasst ein Haushalt nicht.",
    "household.elsewhere": "Es gibt schon einen anderen Haushalt. Treten Sie dort zuerst aus.",
    "household.last": "Jemand muss alles sehen. Lassen Sie zuerst jemand anderen alles sehen.",
    "security.title": "Anmeldung",
    "security.lead": "Sie melden sich als {email} an: mit einem Link aus Ihrer Mail, mit einem "
    "Passwort oder mit beidem.",
    "security.browsers": "Wo Sie angemeldet sind",
    "security.unknown": "Unbekannter Browser",
    "security.this": "dieser hier",
    "security.used": "zuletzt benutzt {at}",
    "security.everywhere": "Überall abmelden",
    "security.password_lead": "Ein neues Passwort meldet Sie in allen anderen Browsern ab.",
    "security.current": "Jetziges Passwort",
    "security.new": "Neues Passwort",
    "security.new_hint": "Mindestens 10 Zeichen. Ein paar Wörter mit Leerzeichen sind gut.",
    "security.again": "Noch einmal dasselbe",
    "security.save": "Passwort speichern",
    "security.wrong": "Das ist nicht Ihr jetziges Passwort.",
    "security.none": "Sie haben kein Passwort und brauchen keines. Möchten Sie eines, schicken "
    "wir Ihnen einen Link, um es zu setzen.",
    "security.first": "Link schicken",
    "security.by_link": "Vergessen? Link schicken",
    "security.linked": "Verbundene Konten",
    "security.second_on": "Die Anmeldung in zwei Schritten ist an",
    "security.second_off": "Anmeldung in zwei Schritten einschalten",
    "two_step.title": "Anmeldung in zwei Schritten",
    "two_step.second": "Zweiter Schritt",
    "two_step.second_lead": "Geben Sie die sechs Ziffern aus Ihrer Authenticator-App ein.",
    "two_step.second_hint": "Kein Telefon zur Hand? Nehmen Sie einen Ihrer Ersatzcodes.",
    "two_step.go_on": "Weiter",
    "two_step.other": "Als jemand anderes anmelden",
    "two_step.wrong_code": "Dieser Code passt nicht. Warten Sie auf den nächsten.",
    "two_step.off": "Die Anmeldung fragt dann auch nach dem Code einer App auf Ihrem Telefon; "
    "ein gestohlenes Passwort oder Postfach allein öffnet nichts.",
    "two_step.start": "Einrichten",
    "two_step.no_password": "Dafür brauchen Sie zuerst ein Passwort: Lassen Sie sich unter "
    "Anmeldung einen Link schicken.",
    "two_step.scan": "Scannen Sie das mit Ihrer Authenticator-App und geben Sie den Code ein.",
    "two_step.qr": "QR-Code für Ihre Authenticator-App",
    "two_step.by_hand": "Scannen geht nicht? Geben Sie diesen Schlüssel in der App ein:",
    "two_step.code": "Code aus der App",
    "two_step.switch_on": "Einschalten",
    "two_step.on": "Sie ist an. Noch übrige Ersatzcodes: {left}.",
    "two_step.new_codes": "Neue Ersatzcodes",
    "two_step.new_codes_lead": "Die alten gelten nicht mehr, und andere Browser werden abgemeldet.",
    "two_step.make_codes": "Neue Codes erstellen",
    "two_step.switch_off": "Ausschalten",
    "two_step.switch_off_lead": "Dann fragt die Anmeldung nach keinem Code mehr.",
    "two_step.recovery": "Ersatzcodes",
    "two_step.recovery_lead": "Die Anmeldung in zwei Schritten ist an, andere Browser sind "
    "abgemeldet. Bewahren Sie diese Codes gut auf: Jeder öffnet Ihr Konto einmal, wenn Ihr "
    "Telefon nicht zur Hand ist. Sie werden nur jetzt gezeigt.",
    "two_step.kept": "Ich habe sie verwahrt",
    "forgot.title": "Ein neues Passwort",
    "forgot.lead": "Wir schicken Ihnen einen Link, um eines zu wählen. Bis dahin gilt das alte "
    "weiter.",
    "set.title": "Wählen Sie ein Passwort",
    "set.lead": "Für {email}.",
    "set.gone": "Dieser Link gilt nicht mehr",
    "set.gone_lead": "Er wurde benutzt, oder seine Zeit ist um.",
    "set.again": "Einen neuen anfordern",
    "note.number_proved": "Die Nummer ist bestätigt. Was von ihr aus angerufen oder geschrieben "
    "wurde, steht bei Ihren Anliegen und unter Chats und Anrufe.",
    "note.invited": "Die Einladung ist unterwegs.",
    "note.joined": "Sie gehören jetzt zum Haushalt.",
    "note.left": "Erledigt. Zehn Minuten lang lässt es sich rückgängig machen.",
    "note.came_back": "Es ist wieder wie vorher.",
    "note.password_changed": "Ihr Passwort ist geändert. Andere Browser sind abgemeldet.",
    "note.password_set": "Ihr Passwort ist gesetzt. Melden Sie sich jetzt damit an.",
    "note.link_sent": "Gibt es ein Konto mit dieser Adresse, ist ein Link dorthin unterwegs. Er "
    "gilt einmal, eine Stunde lang.",
    "note.signed_out_there": "Dort abgemeldet.",
}
