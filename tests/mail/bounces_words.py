"""What mail servers say to whoever wrote a mail that they could not deliver."""

from __future__ import annotations

from dataclasses import dataclass

OURS = "support@shop.example"


@dataclass(frozen=True)
class Sent:
    """The mail of ours that comes back."""

    message_id: str
    to: str
    subject: str

    @property
    def head(self) -> str:
        return (
            f"From: Shop care <{OURS}>\nTo: <{self.to}>\nSubject: {self.subject}\n"
            f"Date: Mon, 2 Nov 2026 10:00:00 +0000\nMessage-ID: <{self.message_id}>\n"
        )

    @property
    def whole(self) -> str:
        return f"{self.head}\nTurn it off and on again.\n"


@dataclass(frozen=True)
class Reason:
    status: str
    code: str
    said: str
    action: str = "failed"


def postfix(sent: Sent, why: Reason) -> str:
    return (
        "This is the mail system at host mx.example.\n\nI'm sorry to have to inform you that your "
        "message could not\nbe delivered to one or more recipients. It's attached below.\n\n"
        f"<{sent.to}>: host mx.customer.example[192.0.2.1] said: {why.code} {why.status}\n    "
        f"<{sent.to}>: {why.said} (in reply to RCPT TO command)"
    )


def exim(sent: Sent, why: Reason) -> str:
    return (
        "This message was created automatically by mail delivery software.\n\nA message that you "
        "sent could not be delivered to one or more of its\nrecipients. This is a permanent error. "
        f"The following address(es) failed:\n\n  {sent.to}\n    host mx.customer.example "
        f"[192.0.2.1]\n    SMTP error from remote mail server after RCPT TO:<{sent.to}>:\n    "
        f"{why.code} {why.status} {why.said}"
    )


def exim_copy(sent: Sent, why: Reason) -> str:
    return (
        f"{exim(sent, why)}\n\n------ This is a copy of the message, including all the headers. "
        f"------\n\nReturn-path: <{OURS}>\n{sent.whole}"
    )


def sendmail(sent: Sent, why: Reason) -> str:
    return (
        "The original message was received at Mon, 2 Nov 2026 10:00:00 GMT\nfrom host [192.0.2.9]\n"
        f"\n   ----- The following addresses had permanent fatal errors -----\n<{sent.to}>\n    "
        f"(reason: {why.code} {why.status} {why.said})\n\n   ----- Transcript of session follows "
        f"-----\n... while talking to mx.customer.example.:\n>>> RCPT To:<{sent.to}>\n<<< "
        f"{why.code} "
        f"{why.status} {why.said}\n{why.code} {why.status} <{sent.to}>... {why.said}"
    )


def qmail(sent: Sent, why: Reason) -> str:
    return (
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver "
        "your message to the following addresses.\nThis is a permanent error; I've given up. Sorry "
        f"it didn't work out.\n\n<{sent.to}>:\n192.0.2.1 does not like recipient.\nRemote host "
        f"said: {why.code} {why.status} {why.said}\nGiving up on 192.0.2.1.\n\n--- Below this line "
        f"is a copy of the message.\n\nReturn-Path: <{OURS}>\nReceived: (qmail 1 invoked by uid "
        "1)\n"
        f"{sent.whole}"
    )


def exchange(sent: Sent, why: Reason) -> str:
    return (
        f"Delivery has failed to these recipients or groups:\n\n{sent.to}\n{why.said}. Please "
        "check "
        "the address and try again.\n\nDiagnostic information for administrators:\n\nGenerating "
        f"server: ex01.customer.example\n\n{sent.to}\nRemote Server returned '{why.code} "
        f"{why.status} {why.said}'\n\nOriginal message headers:\n\n{sent.head}"
    )


def exchange_old(sent: Sent, why: Reason) -> str:
    return (
        f"Your message\n\n  To:      {sent.to}\n  Subject: {sent.subject}\n  Sent:    Mon, 2 Nov "
        f"2026 10:00:00 +0000\n\ndid not reach the following recipient(s):\n\n{sent.to} on Mon, 2 "
        f"Nov 2026 10:00:02 +0000\n    The recipient name is not recognized\n    {why.said}\n    "
        f"The MTS-ID of the original message is: c=us;a= ;p=x;l=Y\n    <mx.example #{why.status}>"
    )


def office365(sent: Sent, why: Reason) -> str:
    return (
        f"Your message to {sent.to} couldn't be delivered.\n\n{sent.to.partition('@')[0]} wasn't "
        "found at customer.example.\n\nHow to fix it: the address may be misspelled or may not "
        f"exist.\n\nMore info for email admins\nStatus code: {why.code} {why.status}\nError: "
        f"'{why.code} {why.status} {why.said}'\nMessage rejected by: mx.customer.example"
    )


def gmail(sent: Sent, why: Reason) -> str:
    return (
        f"** Address not found **\n\nYour message wasn't delivered to {sent.to} because the "
        "address "
        "couldn't be found, or is unable to receive mail.\n\nThe response from the remote server "
        f"was:\n{why.code} {why.status} {why.said} gsmtp"
    )


def gmail_old(sent: Sent, why: Reason) -> str:
    return (
        f"Delivery to the following recipient failed permanently:\n\n     {sent.to}\n\nTechnical "
        "details of permanent failure:\nGoogle tried to deliver your message, but it was rejected "
        f"by the server. The error that the other server returned was: {why.code} {why.status} "
        f"{why.said} (state 13).\n\n----- Original message -----\n\n{sent.whole}"
    )


def yahoo(sent: Sent, why: Reason) -> str:
    return (
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{sent.to}>:\n"
        f"{why.code}: {why.said}\n\n--- Below this line is a copy of the message.\n\n{sent.whole}"
    )


def ses(sent: Sent, why: Reason) -> str:
    return (
        "An error occurred while trying to deliver the mail to the following recipients:\n"
        f"{sent.to}"
    )


def domino(sent: Sent, why: Reason) -> str:
    return (
        f"Your message\n\n  Subject: {sent.subject}\n\nwas not delivered to:\n\n  {sent.to}\n\n"
        f"because:\n\n  {why.said} ({why.code} {why.status})"
    )


def courier(sent: Sent, why: Reason) -> str:
    return (
        "This is a delivery status notification from mx.example,\nrunning the Courier mail server, "
        "version 1.1.\n\nThe original message was received on Mon, 2 Nov 2026\n\nUNDELIVERABLE "
        f"MAIL\n\nYour message to the following recipients cannot be delivered:\n\n<{sent.to}>:\n  "
        f"<<< {why.code} {why.status} {why.said}"
    )


def opensmtpd(sent: Sent, why: Reason) -> str:
    return (
        "Hi!\n\nThis is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\nAn error has "
        "occurred while attempting to deliver a message for\nthe following list of recipients:\n\n"
        f"{sent.to}: {why.code} {why.status} {why.said}\n\nBelow is a copy of the original message:"
        f"\n\n{sent.whole}"
    )


def groupwise(sent: Sent, why: Reason) -> str:
    return (
        "The message that you sent was undeliverable to the following:\n\t"
        f"{sent.to.partition('@')[0]} ({why.said})\n\nPossibly truncated original message follows:"
        f"\n\n{sent.whole}"
    )


def mdaemon(sent: Sent, why: Reason) -> str:
    return (
        "The following data may contain sections which represent BASE64 encoded file attachments.\n"
        "\nThe attached message had PERMANENT fatal delivery errors!\n\nFailed address: "
        f"{sent.to}\n"
        f"\n--- Session Transcript ---\n <-- {why.code} {why.status} {why.said}\n --- End "
        "Transcript"
        f" ---\n\n: Message contains [1] file attachments\n\n{sent.whole}"
    )


def pmdf(sent: Sent, why: Reason) -> str:
    return (
        "This report relates to a message you sent with the following header fields:\n\n  "
        f"Message-id: <{sent.message_id}>\n  Date: Mon, 02 Nov 2026\n  From: {OURS}\n  To: "
        f"{sent.to}"
        f"\n  Subject: {sent.subject}\n\nYour message cannot be delivered to the following "
        f"recipients:\n\n  Recipient address: {sent.to}\n  Reason: {why.said}"
    )


def webde(sent: Sent, why: Reason) -> str:
    return (
        "Diese E-Mail wurde automatisch erzeugt.\n\nLeider konnte eine von Ihnen abgeschickte "
        "Nachricht nicht\nzugestellt werden. Die folgende Adresse ist betroffen:\n\n"
        f"{sent.to}:\nSMTP error from remote server for RCPT TO command, host: mx reason: "
        f"{why.code} {why.said}\n\n--- The header of the original message is following. ---\n\n"
        f"{sent.head}"
    )


def mailru(sent: Sent, why: Reason) -> str:
    return (
        "Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.\n\nК "
        "сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n"
        f"**********************\n\n{sent.to} {why.said}\n{why.code}\n\n**********************\n\n"
        f"------ This is a copy of the message, including all the headers. ------\n\n{sent.whole}"
    )


def docomo(sent: Sent, why: Reason) -> str:
    return (
        "次のあて先へのメッセージはエラーのため送信できませんでした。\n送信先メールアドレスが見つかりません。\n\n"
        f"{sent.to}: {why.code} {why.said}\n\n{sent.head}"
    )


def qq(sent: Sent, why: Reason) -> str:
    return (
        f"抱歉,您的邮件被退回来了……\n原邮件信息：\n时间\u30002026-11-02\n主题\u3000{sent.subject}\n"
        f"收件人\u3000{sent.to}\n退信原因：{why.said} ({why.code})\n\n{sent.head}"
    )


def mimecast(sent: Sent, why: Reason) -> str:
    return (
        f"Your email has not been delivered to {sent.to}\n\nThe mail server said: {why.code} "
        f"{why.status} {why.said}\n\nThe original headers:\n{sent.head}"
    )


def zimbra(sent: Sent, why: Reason) -> str:
    return postfix(sent, why).replace("host mx.example", "host zimbra.example")


def still_trying(sent: Sent, why: Reason) -> str:
    return (
        "** THIS IS A WARNING MESSAGE ONLY **\n** YOU DO NOT NEED TO RESEND YOUR MESSAGE **\n\n"
        f"<{sent.to}>... Deferred: {why.said}\nWarning: message still undelivered after 4 hours\n"
        f"Will keep trying until message is 5 days old\n\n{sent.head}"
    )
