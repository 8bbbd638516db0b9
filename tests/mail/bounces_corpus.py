"""Mails that came back, in the words of the servers that people have, for each usual reason.

Written after what these programs send; the addresses are made up. Each gives back as much of the
mail as that program does: all of it, its head, a quote, or only the address.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.mail import bounces_words as say
from tests.mail.bounces_words import OURS, Reason, Sent


@dataclass(frozen=True)
class Bounce:
    """`gives_back`: whether it names our mail by its id; else only the address can tell."""

    name: str
    build: Callable[[Sent], bytes]
    action: str
    gives_back: bool = True


REASONS = {
    "unknown": Reason("5.1.1", "550", "User unknown in virtual mailbox table"),
    "full": Reason("5.2.2", "552", "Mailbox full: quota exceeded"),
    "off": Reason("5.2.1", "550", "The email account is disabled"),
    "spam": Reason("5.7.1", "554", "Message rejected as spam by content filter"),
    "large": Reason("5.3.4", "552", "Message size exceeds fixed limit"),
    "host": Reason("5.4.4", "550", "Host or domain name not found"),
    "moved": Reason("5.1.6", "551", "User has moved; no forwarding address"),
    "expired": Reason("4.4.7", "421", "delivery time expired"),
    "relay": Reason("5.7.54", "550", "Relay access denied"),
}


def report(
    sender: str,
    subject: str,
    words: Callable[[Sent, Reason], str],
    *,
    back: str = "message/rfc822",
    mta: str = "dns; mx.example",
    head: str = "",
    kind: str = "report",
) -> Callable[[Sent, Reason], bytes]:
    """A delivery report by the standard, with the program's own words before it."""

    def build(sent: Sent, why: Reason) -> bytes:
        returned = sent.whole if back == "message/rfc822" else sent.head
        last = f"--b\nContent-Type: {back}\n\n{returned}\n" if back else ""
        text = (
            f"From: {sender}\nTo: {OURS}\nSubject: {subject.format(subject=sent.subject)}\n{head}"
            f"MIME-Version: 1.0\nContent-Type: multipart/{kind}; report-type=delivery-status;"
            f' boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\n{words(sent, why)}\n'
            f"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: {mta}\n"
            "Arrival-Date: Mon, 2 Nov 2026 10:00:00 +0000\n\n"
            f"Final-Recipient: rfc822; {sent.to}\nAction: {why.action}\nStatus: {why.status}\n"
            f"Remote-MTA: dns; mx.customer.example\n"
            f"Diagnostic-Code: smtp; {why.code} {why.status} {why.said}\n\n{last}--b--\n"
        )
        return text.replace("\n", "\r\n").encode()

    return build


def plain(
    sender: str,
    subject: str,
    words: Callable[[Sent, Reason], str],
    *,
    head: str = "",
    codec: str = "utf-8",
) -> Callable[[Sent, Reason], bytes]:
    """One text, as programs write that know no standard."""

    def build(sent: Sent, why: Reason) -> bytes:
        text = (
            f"From: {sender}\nTo: {OURS}\nSubject: {subject.format(subject=sent.subject)}\n{head}"
            f"MIME-Version: 1.0\nContent-Type: text/plain; charset={codec}\n"
            f"Content-Transfer-Encoding: 8bit\n\n{words(sent, why)}\n"
        )
        return text.replace("\n", "\r\n").encode(codec)

    return build


DAEMON = "MAILER-DAEMON@mx.example (Mail Delivery System)"
NULL = "Return-Path: <>\n"
AUTO = "Auto-Submitted: auto-replied\n"
Built = Callable[[Sent, Reason], bytes]

PROGRAMS: dict[str, Built] = {
    "Postfix": report(DAEMON, "Undelivered Mail Returned to Sender", say.postfix, head=NULL + AUTO),
    "Postfix, heads only": report(
        DAEMON,
        "Undelivered Mail Returned to Sender",
        say.postfix,
        back="text/rfc822-headers",
        head=NULL + AUTO,
    ),
    "Zimbra": report(
        "MAILER-DAEMON@zimbra.example", "Undelivered Mail Returned to Sender", say.zimbra
    ),
    "Exim": plain(
        "Mail Delivery System <Mailer-Daemon@exim.example>",
        "Mail delivery failed: returning message to sender",
        say.exim_copy,
        head=AUTO,
    ),
    "Exim, by the standard": report(
        "Mail Delivery System <Mailer-Daemon@exim.example>",
        "Mail delivery failed: returning message to sender",
        say.exim,
    ),
    "Sendmail": report(
        "Mail Delivery Subsystem <MAILER-DAEMON@sendmail.example>",
        "Returned mail: see transcript for details",
        say.sendmail,
        head=NULL,
    ),
    "Sendmail, heads only": report(
        "Mail Delivery Subsystem <MAILER-DAEMON@sendmail.example>",
        "Returned mail: User unknown",
        say.sendmail,
        back="text/rfc822-headers",
    ),
    "Sendmail, old": plain(
        "Mail Delivery Subsystem <MAILER-DAEMON@old.example>",
        "Returned mail: User unknown",
        lambda s, w: (
            f"{say.sendmail(s, w)}\n\n   ----- Original message follows -----\n\n{s.whole}"
        ),
    ),
    "qmail": plain("MAILER-DAEMON@qmail.example", "failure notice", say.qmail, head=NULL),
    "Exchange": report(
        "Microsoft Outlook <MicrosoftExchange329e@customer.example>",
        "Undeliverable: {subject}",
        say.exchange,
    ),
    "Exchange, without the mail": report(
        "postmaster@customer.example", "Undeliverable: {subject}", say.exchange, back=""
    ),
    "Exchange, german": report(
        "Postmaster <postmaster@customer.example>", "Unzustellbar: {subject}", say.exchange
    ),
    "Exchange 5.5": plain(
        "System Administrator <postmaster@customer.example>",
        "Undeliverable: {subject}",
        lambda s, w: f"{say.exchange_old(s, w)}\n\n{s.head}",
    ),
    "Office 365": report(
        "postmaster@customer.onmicrosoft.example",
        "Undeliverable: {subject}",
        say.office365,
        head=NULL + AUTO,
    ),
    "Outlook.com": report(
        "postmaster@outlook.example",
        "Undeliverable: {subject}",
        say.office365,
        back="text/rfc822-headers",
    ),
    "Gmail": report(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        say.gmail,
        head="X-Failed-Recipients: someone@x.example\n" + AUTO,
    ),
    "Gmail, old": plain(
        "Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        "Delivery Status Notification (Failure)",
        say.gmail_old,
    ),
    "Yahoo": plain("MAILER-DAEMON@yahoo.example", "Failure Notice", say.yahoo),
    "SES": report(
        "MAILER-DAEMON@amazonses.example",
        "Delivery Status Notification (Failure)",
        say.ses,
        mta="dsn; a8-50.smtp-out.example",
    ),
    "Domino": report(
        "Postmaster <postmaster@domino.example>", "DELIVERY FAILURE: User unknown", say.domino
    ),
    "Domino, without the mail": plain(
        "postmaster@domino.example",
        "Delivery Failure Report",
        lambda s, w: f"{say.domino(s, w)}\n{s.head}",
    ),
    "Courier": report(
        "Courier mail server <postmaster@mx.example>", "NOTICE: mail delivery status.", say.courier
    ),
    "OpenSMTPD": plain(
        "Mailer Daemon <MAILER-DAEMON@openbsd.example>",
        "Delivery status notification: error",
        say.opensmtpd,
    ),
    "GroupWise": plain(
        "Mailer-Daemon@groupwise.example", "Message status - undeliverable", say.groupwise
    ),
    "MDaemon": plain(
        "MDaemon at mail.example <MDaemon@mail.example>", "Permanent Delivery Failure", say.mdaemon
    ),
    "PMDF": report(
        "Internet Mail Delivery <postmaster@pmdf.example>",
        "Delivery Notification: Delivery has failed",
        say.pmdf,
    ),
    "WEB.DE": plain(
        "Mailer-Daemon@web.example", "Mail delivery failed: returning message to sender", say.webde
    ),
    "GMX": plain("mailer-daemon@gmx.example", "Mail delivery failed", say.webde, head=NULL),
    "Mail.ru": plain("mailer-daemon@corp.mail.example", "Mail failure.", say.mailru),
    "Yandex": report("mailer-daemon@yandex.example", "Недоставленное сообщение", say.postfix),
    "DoCoMo": plain(
        "MAILER-DAEMON@docomo.example",
        "=?utf-8?B?6YWN5L+h44Ko44Op44O8?=",
        say.docomo,
        codec="iso-2022-jp",
    ),
    "QQ": plain("PostMaster@qq.example", "来自qq.example的退信", say.qq),
    "Mimecast": plain(
        "postmaster@mimecast.example", "[Postmaster] Email Delivery Failure", say.mimecast
    ),
    "iCloud": report(
        "Mail Delivery System <MAILER-DAEMON@icloud.example>",
        "Undelivered Mail Returned to Sender",
        say.postfix,
    ),
    "PowerMTA": report("mailer-daemon@pmta.example", "Delivery report", say.ses),
    "hMailServer": plain(
        "mailer-daemon@hmail.example",
        "Message undeliverable: {subject}",
        lambda s, w: (
            f"Your message did not reach some or all of the intended "
            f"recipients.\n\n   Sent: Mon, 2 Nov 2026\n   Subject: {s.subject}\n\nThe "
            f"following recipient(s) could not be reached:\n\n{s.to}\n   Error Type: "
            f"SMTP\n   {w.code} {w.said}\n\nhMailServer\n\n{s.head}"
        ),
    ),
    "a report called mixed": report(
        DAEMON, "Undelivered Mail Returned to Sender", say.postfix, kind="mixed"
    ),
}

SUBJECTS = {
    "fr": ("Échec de la remise", "Votre message n'a pas pu être remis à {to}."),
    "es": ("No se puede entregar", "No se ha podido entregar su mensaje a {to}."),
    "it": ("Mancata consegna", "Non è stato possibile consegnare il messaggio a {to}."),
    "pt": ("Falha na entrega", "Sua mensagem não foi entregue: {to}. 550 5.1.1 user unknown"),
    "nl": ("Onbestelbaar: {subject}", "Uw bericht kon niet worden afgeleverd. 550 5.1.1 {to}"),
    "sv": ("Kunde inte levereras", "550 5.1.1 {to}: user unknown"),
    "pl": ("Undelivered mail", "Wiadomość nie została dostarczona: {to} 550 5.1.1"),
    "ja": ("配信エラー通知", "次の宛先へ送信できませんでした {to}"),
    "zh": ("系统退信", "投递失败 {to} 550 5.1.1"),
    "ru": ("Не доставлено", "Не удалось доставить сообщение {to}"),
    "ko": ("반송 메일", "550 5.1.1 {to} user unknown"),
    "de": ("Nicht zugestellt: {subject}", "Ihre Nachricht konnte nicht zugestellt werden: {to}"),
}


def every_bounce() -> list[Bounce]:
    """Each program with each reason, then other languages, delays, and those that give back "
    "less."""
    made = [
        Bounce(f"{program}: {name}", _bound(build, reason), "failed")
        for program, build in PROGRAMS.items()
        for name, reason in REASONS.items()
    ]
    for language, (subject, words) in SUBJECTS.items():
        build = plain(
            "MAILER-DAEMON@mx.example",
            subject,
            lambda s, w, t=words: f"{t.format(to=s.to)}\n\n{s.head}",
            head=NULL,
        )
        made.append(Bounce(f"in {language}", _bound(build, REASONS["unknown"]), "failed"))
    late = Reason("4.4.1", "451", "connection timed out", "delayed")
    for program in ("Postfix", "Office 365", "Gmail", "Courier"):
        made.append(Bounce(f"{program}: late", _bound(PROGRAMS[program], late), "delayed"))
    made.append(
        Bounce(
            "Sendmail: late",
            _bound(
                plain(
                    "Mail Delivery Subsystem <MAILER-DAEMON@sendmail.example>",
                    "Warning: could not send message for past 4 hours",
                    say.still_trying,
                ),
                late,
            ),
            "delayed",
        )
    )
    answer = report("postmaster@ex.example", "Undeliverable: {subject}", say.office365, back="")
    made.append(
        Bounce(
            "only In-Reply-To",
            lambda s: (
                b"In-Reply-To: <%s>\r\n" % s.message_id.encode() + answer(s, REASONS["unknown"])
            ),
            "failed",
        )
    )
    made.append(
        Bounce(
            "only References",
            lambda s: b"References: <%s>\r\n" % s.message_id.encode() + answer(s, REASONS["full"]),
            "failed",
        )
    )
    made.append(
        Bounce(
            "only the address, by the standard",
            _bound(answer, REASONS["unknown"]),
            "failed",
            gives_back=False,
        )
    )
    bare = plain(DAEMON, "Undelivered Mail Returned to Sender", say.postfix, head=NULL)
    made.append(
        Bounce(
            "only the address, in words", _bound(bare, REASONS["full"]), "failed", gives_back=False
        )
    )
    return made


def _bound(build: Built, reason: Reason) -> Callable[[Sent], bytes]:
    return lambda sent: build(sent, reason)
