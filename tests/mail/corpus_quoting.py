"""Answers in twenty languages: what is new, above what three well-known programs quote."""

from __future__ import annotations

from html import escape

from tests.mail.corpus import Case, Numbered, mail, multi, part, whole

NEW = "That helped.\n\nThank you!"
OLD = "Turn it off and on again."
WHO = "Anna <anna@shop.example>"

# One line above the quote, as webmail writes it.
WEBMAIL = {
    "en": "On Mon, 2 Nov 2026 at 10:00, {who} wrote:",
    "en-US": "On Mon, Nov 2, 2026 at 10:00 AM {who} wrote:",
    "de": "Am Mo., 2. Nov. 2026 um 10:00 Uhr schrieb {who}:",
    "fr": "Le lun. 2 nov. 2026 à 10:00, {who} a écrit :",
    "es": "El lun, 2 nov 2026 a las 10:00, {who} escribió:",
    "pt-BR": "Em seg., 2 de nov. de 2026 às 10:00, {who} escreveu:",
    "pt": "{who} escreveu no dia segunda, 2/11/2026 à(s) 10:00:",
    "it": "Il giorno lun 2 nov 2026 alle ore 10:00 {who} ha scritto:",
    "nl": "Op ma 2 nov 2026 om 10:00 schreef {who}:",
    "sv": "Den mån 2 nov. 2026 kl 10:00 skrev {who}:",
    "da": "Den man. 2. nov. 2026 kl. 10.00 skrev {who}:",
    "no": "man. 2. nov. 2026 kl. 10:00 skrev {who}:",
    "fi": "ma 2. marrask. 2026 klo 10.00 {who} kirjoitti:",
    "pl": "pon., 2 lis 2026 o 10:00 {who} napisał(a):",
    "cs": "po 2. 11. 2026 v 10:00 odesílatel {who} napsal:",
    "hu": "{who} ezt írta (időpont: 2026. nov. 2., H, 10:00):",
    "ro": "În lun., 2 nov. 2026 la 10:00, {who} a scris:",
    "ru": "пн, 2 нояб. 2026 г. в 10:00, {who}:",
    "uk": "пн, 2 лист. 2026 р. о 10:00 {who} пише:",
    "el": "Στις Δευ 2 Νοε 2026 στις 10:00, ο/η {who} έγραψε:",
    "tr": "{who}, 2 Kas 2026 Pzt, 10:00 tarihinde şunu yazdı:",
    "ja": "2026年11月2日(月) 10:00 {who}:",
    "zh": "{who} 于2026年11月2日周一 10:00写道：",
    "ko": "2026년 11월 2일 (월) 오전 10:00, {who}님이 작성:",
}
# The four lines that an office program puts above the quote.
OFFICE = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "pt": ("De", "Enviada em", "Para", "Assunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "ro": ("De la", "Trimis", "Către", "Subiect"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "tr": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
}
APPLE = {
    "en": "On 2 Nov 2026, at 10:00, {who} wrote:",
    "de": "Am 02.11.2026 um 10:00 schrieb {who}:",
    "fr": "Le 2 nov. 2026 à 10:00, {who} a écrit :",
    "es": "El 2 nov 2026, a las 10:00, {who} escribió:",
    "it": "Il giorno 2 nov 2026, alle ore 10:00, {who} ha scritto:",
    "nl": "Op 2 nov 2026, om 10:00 heeft {who} het volgende geschreven:",
    "sv": "2 nov. 2026 kl. 10:00 skrev {who}:",
    "pt": "No dia 2 de nov. de 2026, à(s) 10:00, {who} escreveu:",
    "da": "Den 2. nov. 2026 kl. 10.00 skrev {who}:",
    "ru": "2 нояб. 2026 г., в 10:00, {who} написал(а):",
    "ja": "2026/11/02 10:00、{who}のメール:",
}
SENT_FROM = {
    "en": "Sent from my iPhone",
    "de": "Von meinem iPhone gesendet",
    "fr": "Envoyé de mon iPhone",
    "es": "Enviado desde mi iPhone",
    "pt": "Enviado do meu iPhone",
    "it": "Inviato da iPhone",
    "nl": "Verstuurd vanaf mijn iPhone",
    "sv": "Skickat från min iPhone",
    "da": "Sendt fra min iPhone",
    "fi": "Lähetetty iPhonesta",
    "pl": "Wysłane z iPhone'a",
    "ru": "Отправлено с iPhone",
    "tr": "iPhone'umdan gönderildi",
    "ja": "iPhoneから送信",
    "zh": "发自我的iPhone",
    "ko": "나의 iPhone에서 보냄",
}


def cases() -> list[Case]:
    return [*_webmail(), *_office(), *_apple(), *_kept()]


def _plain(text: str) -> bytes:
    return mail(
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: 8bit",
        body=text.replace("\n", "\r\n").encode(),
    )


def _webmail() -> list[Case]:
    made = Numbered("webmail")
    for language, line in WEBMAIL.items():
        told = line.format(who=WHO)
        made.add(language, _plain(f"{NEW}\n\n{told}\n\n> {OLD}\n> Anna"), text=NEW, lacks=(OLD,))
        wrapped = told.replace(" <anna", "\n<anna")
        made.add(f"{language}, broken", _plain(f"{NEW}\n\n{wrapped}\n\n> {OLD}"), text=NEW)
        html = (
            f'<div dir="ltr">That helped.<div><br></div><div>Thank you!</div></div><br>'
            f'<div class="gmail_quote"><div dir="ltr" class="gmail_attr">{escape(told)}<br></div>'
            f'<blockquote class="gmail_quote"><div dir="ltr">{OLD}</div></blockquote></div>'
        )
        made.add(
            f"{language}, formatted",
            whole(part(html.encode(), "text/html; charset=utf-8")),
            has=("That helped.", "Thank you!"),
            lacks=(OLD, "anna@shop"),
        )
    return made.cases


def _office() -> list[Case]:
    made = Numbered("office")
    for language, (sender, sent, to, subject) in OFFICE.items():
        lines = (
            f"{sender}: {WHO}\n{sent}: 2. 11. 2026 10:00\n{to}: Ada <ada@customer.example>\n"
            f"{subject}: Re: Printer"
        )
        made.add(language, _plain(f"{NEW}\n\n{lines}\n\n{OLD}"), text=NEW, lacks=(OLD,))
        ruled = f"{NEW}\n\n________________________________\n{lines}\n\n{OLD}"
        made.add(f"{language}, with a rule", _plain(ruled), text=NEW, lacks=(OLD,))
        shown = "<br>".join(
            f"<b>{escape(one.partition(':')[0])}:</b>{escape(one.partition(':')[2])}"
            for one in lines.split("\n")
        )
        html = (
            "<p class=MsoNormal>That helped.</p><p class=MsoNormal>Thank you!</p>"
            '<div style="border:none;border-top:solid #E1E1E1 1.0pt"><p class=MsoNormal>'
            f"{shown}</p></div><p class=MsoNormal>{OLD}</p>"
        )
        made.add(
            f"{language}, formatted",
            whole(part(html.encode(), "text/html; charset=utf-8")),
            has=("That helped.", "Thank you!"),
            lacks=(OLD,),
        )
    ruled = f"{NEW}\n\n-----Original Message-----\nFrom: {WHO}\nSent: Monday\nTo: x\n\n{OLD}"
    made.add("original message", _plain(ruled), text=NEW)
    stars = f"{NEW}\n\n*From:* {WHO}\n*Sent:* Monday\n*To:* x\n*Subject:* y\n\n{OLD}"
    made.add("with stars", _plain(stars), text=NEW)
    return made.cases


def _apple() -> list[Case]:
    made = Numbered("apple")
    for language, line in APPLE.items():
        told = line.format(who=WHO)
        made.add(language, _plain(f"{NEW}\n\n> {told}\n> \n> {OLD}"), text=NEW, lacks=(OLD,))
        html = (
            f"That helped.<br><br>Thank you!<br><div><br><blockquote type=cite><div>"
            f"{escape(told)}</div><br><div>{OLD}</div></blockquote></div>"
        )
        both = multi(
            "alternative",
            part(f"{NEW}\r\n\r\n{told}\r\n\r\n> {OLD}".encode()),
            part(html.encode(), "text/html; charset=utf-8"),
        )
        made.add(f"{language}, both ways", whole(both), has=("That helped.",), lacks=(OLD,))
    for language, words in SENT_FROM.items():
        made.add(f"sent from a telephone, {language}", _plain(f"{NEW}\n\n{words}"), text=NEW)
    return made.cases


def _kept() -> list[Case]:
    """What only looks like a quote is the writer's own."""
    made = Numbered("kept")
    between = "On Mon Anna wrote:\n> First?\nYes.\n> Second?\nNo."
    made.add("answers in between", _plain(between), has=("Yes.", "No.", "Second?"))
    made.add("nothing but a quote", _plain(f"> {OLD}"), text=f"> {OLD}")
    made.add(
        "a story with colons",
        _plain("From: the shop\nI bought a printer.\nIt broke."),
        has=("I bought", "It broke."),
    )
    made.add(
        "wrote in a sentence",
        _plain("On Monday I wrote to you.\nNobody answered."),
        text="On Monday I wrote to you.\nNobody answered.",
    )
    made.add(
        "dashes in the text", _plain("One\n---\nTwo\n--- \nThree"), has=("One", "Two", "Three")
    )
    made.add("a signature", _plain(f"{NEW}\n-- \nAda Lovelace\nLondon"), text=NEW)
    forwarded = f"----- Forwarded message -----\nFrom: {WHO}\nDate: Monday\nSubject: x\n\n{OLD}"
    made.add("a forwarded mail", _plain(forwarded), has=(OLD,))
    made.add(
        "below the quote",
        _plain(f"> {OLD}\n\nI did. It still burns."),
        has=("I did. It still burns.",),
    )
    made.add(
        "a list with arrows",
        _plain("Steps:\n> open\n> close\nThen it failed."),
        has=("Then it failed.",),
    )
    made.add(
        "a journey",
        _plain("Hola,\nDe: Madrid\nA: Barcelona\nFecha: 2 mayo\nGracias"),
        has=("Madrid", "Barcelona", "Gracias"),
    )
    made.add(
        "a trip with times",
        _plain("Hi,\nFrom: Oslo\nTo: Bergen\nDate: 2026-11-02\nBye"),
        has=("Oslo", "Bye"),
    )
    made.add(
        "a colleague's address",
        _plain("Please write to Bob <bob@x.example> at 10:00 in 2026:\nhe knows it all."),
        has=("he knows",),
    )
    made.add("an invoice", _plain("To: 3 pieces\nFrom: 2 Nov\nSum: 5"), has=("Sum: 5",))
    return made.cases
