"""Mails that say a mail did not arrive: by the standard (RFC 3464), and as many servers say it.

Answers which address failed, for good or for now, and with what status. Pure. Which of our mails it
was is found by its id (see `threads`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Action = Literal["failed", "delayed"]

_DAEMON = re.compile(
    r"(mailer[-_. ]?daemon|mail[-_. ]?daemon|mail[-_. ]?delivery|postmaster|maildelivery|"
    r"mail[-_. ]?administrator|mailsupport|mail[-_.]system|delivery[-_. ]?(subsystem|system|agent)|"
    r"^(mta|smtp|mmdf|emdaemon|bounce|bounces)@|non-?delivery|undeliverable|^mailer@|"
    r"microsoftexchange|internet mail delivery|system administrator|mail gateway|^ezmlm)",
    re.I,
)
_SUBJECT = re.compile(
    r"(undeliver(able|ed)|delivery (status notification|failure|failed|has failed|report|problem|"
    r"incomplete|unsuccessful|error)|"
    r"(mail|message|e-?mail)[\w ]{0,20} (delivery )?(fail|return|reject|"
    r"not delivered|delayed|undeliver|could not)|return(ed|ing) (mail|message|to sender|e-?mail)|"
    r"failure (notice|delivery|to deliver)|non[- ]?(delivery|recapitabile)|"
    r"(could|can|was) ?n['o]t (be )?deliver|unable to deliver|not delivered|rejected( mail|:)|"
    r"mail system error|user unknown|unknown user|mail could not|"
    r"warning: could not send|permanent(ly)? (error|fail)|delivery notification|"
    r"unzustellbar|zustellung|nicht zugestellt|nicht zustellbar|mailzustellung|"
    r"non remis|échec de (la )?(remise|distribution)|no (se )?entreg|no se pudo entregar|"
    r"devuelto|não entregue|falha na entrega|mancato recapito|mancata consegna|onbestelbaar|"
    r"kunde inte levereras|toimittam|недоставлен|не доставлено|не может быть доставлено|"
    r"配信|送信できません|届きません|投递失败|退信|无法投递|반송|배달 실패|teslim edileme|"
    r"dsn: |nondeliverable|bounce|delivery to .{1,80} failed|failed: )",
    re.I,
)
_BODY = re.compile(
    r"(this is the (qmail-send program|postfix program|mail system at)|"
    r"a message that you sent could not be delivered|the following addresses had|"
    r"(permanent|transient|temporary) (fatal )?(delivery )?errors?|transcript of session follows|"
    r"your (message|mail|e-?mail)[^.\n]{0,60}(did not reach|was not delivered|could ?n['o]t be|"
    r"cannot be|has not been|was rejected|has been (rejected|returned|delayed))|"
    r"deliver[^\n]{0,40}(failed|impossible)|undeliverable|"
    r"(could not|couldn't|cannot|can't|unable to|failed to) (be )?deliver|"
    r"recipient(s)?[^\n]{0,40}(rejected|unknown|failed|not (found|reached))|"
    r"(user|mailbox|account|address|recipient)[^\n]{0,30}(unknown|unavailable|not found|"
    r"does(n't| not) exist|is full|over quota|disabled|invalid|no longer)|"
    r"no such (user|mailbox|address|recipient|person)|host (or domain name )?not found|"
    r"mail(box)? (quota )?(is )?(full|exceeded)|quota exceeded|"
    r"\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}|\b55[0-4][ -]|"
    r"remote host said|while talking to|-----\s*(the following|transcript)|"
    r"konnte nicht zugestellt werden|nicht zugestellt|宛先|メールアドレスが見つかりません|"
    r"non è stato possibile|n'a pas pu être|no se ha podido entregar|не удалось доставить)",
    re.I,
)
_STATUS = re.compile(r"^Status:\s*([245]\.\d{1,3}\.\d{1,3})", re.I | re.M)
_ACTION = re.compile(r"^Action:\s*(\w+)", re.I | re.M)
_RECIPIENT = re.compile(
    r"^(?:Original|Final|X-Actual)-Recipient:\s*(?:[\w/-]+\s*;)?\s*<?([^\s<>;]+@[^\s<>;]+?)>?\s*$",
    re.I | re.M,
)
_DIAGNOSTIC = re.compile(r"^Diagnostic-Code:\s*((?:.+)(?:\n[ \t].+)*)", re.I | re.M)
_ENHANCED = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\b([45])\d\d\b")
_ADDRESS = re.compile(r"[\w.+%'=/-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_DELAYED = re.compile(
    r"(delay|will (be )?(retry|retried|keep trying|continue)|not yet been delivered|"
    r"still (being )?(trying|retried)|warning|you do not need to resend)",
    re.I,
)
_QUOTED_ID = re.compile(r"^[>\s]*Message-I[dD]:\s*<([^<>\s]{3,400})>", re.M)


@dataclass(frozen=True, slots=True)
class Bounce:
    """`recipient` may be empty, `status` like 5.1.1 or empty; `original` is the id of the mail."""

    action: Action
    recipient: str
    status: str
    diagnostic: str
    original: str
    why: str


def recognise(facts: Mapping[str, Any], *, null_path: bool) -> Bounce | None:
    """The bounce that this mail is; None for any other mail."""
    if facts["report_type"] == "delivery-status" or _STATUS.search(facts["report"]):
        found = _standard(facts)
        if found is not None:
            return found
    if facts["report_type"] in ("disposition-notification", "feedback-report"):
        return None
    evidence = _evidence(facts, null_path)
    return _from_words(facts, evidence) if evidence else None


def _standard(facts: Mapping[str, Any]) -> Bounce | None:
    report = facts["report"]
    action = _ACTION.search(report)
    told = action.group(1).lower() if action else "failed"
    if told in ("delivered", "relayed", "expanded"):
        return None
    status = _STATUS.search(report)
    recipient = _RECIPIENT.search(report)
    diagnostic = _DIAGNOSTIC.search(report)
    words = _from_words(facts, "a delivery report")
    return Bounce(
        "delayed" if told == "delayed" else "failed",
        recipient.group(1).lower() if recipient else words.recipient,
        status.group(1) if status else words.status,
        " ".join(diagnostic.group(1).split())[:300] if diagnostic else words.diagnostic,
        facts["original"] or words.original,
        "a delivery report",
    )


def _evidence(facts: Mapping[str, Any], null_path: bool) -> str:
    """Why this is one: who sent it, what it is called and what it says must agree."""
    name, address = facts["from"][0] if facts["from"] else ("", "")
    daemon = bool(_DAEMON.search(address) or _DAEMON.search(name)) or (
        not address and bool(_DAEMON.search(facts["from_raw"]))
    )
    subject = bool(_SUBJECT.search(facts["subject"]))
    text = f"{facts['text'][:6000]}\n{facts['quoted'][:4000]}"
    body = bool(_BODY.search(text))
    if facts["headers"].get("x-failed-recipients"):
        return "X-Failed-Recipients"
    if facts["top_kind"] == "multipart/report" and facts["report_type"] == "":
        subject = True
    if daemon and (subject or body):
        return "a mail server wrote it"
    if null_path and subject and body:
        return "an empty return path, and its words"
    if (null_path or daemon) and facts["original"]:
        return "it holds the mail that came back"
    if subject and body and _original(facts):
        return "its words, and the mail that came back"
    if null_path and (subject or body) and not address:
        return "nobody sent it"
    return ""


def _from_words(facts: Mapping[str, Any], why: str) -> Bounce:
    text = f"{facts['text'][:10000]}\n{facts['quoted'][:6000]}"
    failed = facts["headers"].get("x-failed-recipients", [])
    own = {address for _, address in [*facts["from"], *facts["to"]]}
    seen = [a.lower() for a in _ADDRESS.findall(f"{' '.join(failed)}\n{text}")]
    recipient = next((a for a in seen if a not in own and not _DAEMON.search(a)), "")
    line = next((x for x in text.splitlines() if _BODY.search(x)), "")
    enhanced = _ENHANCED.search(text)
    code = _CODE.search(text)
    delayed = bool(_DELAYED.search(facts["subject"]) or _DELAYED.search(text[:3000]))
    permanent = (enhanced and enhanced.group(1)[0] == "5") or (code and code.group(1) == "5")
    status = enhanced.group(1) if enhanced else f"{code.group(1)}.0.0" if code else ""
    action: Action = "delayed" if delayed and not permanent else "failed"
    return Bounce(action, recipient, status, " ".join(line.split())[:300], _original(facts), why)


def _original(facts: Mapping[str, Any]) -> str:
    if facts["original"]:
        return str(facts["original"])
    found = _QUOTED_ID.search(f"{facts['text'][:200_000]}\n{facts['quoted'][:200_000]}")
    return found.group(1) if found else ""
