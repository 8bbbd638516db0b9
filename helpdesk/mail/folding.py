"""What is new in a mail, apart from what it quotes and from its signature. Pure.

Nothing is lost: the folded rest is kept beside. Words between quotes stay where they are, since
they answer what stands above them. Not for HTML (see `sanitising.to_text`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SIGNATURE = re.compile(r"^(-- ?|__+|—|–{2,})$")
_SENT_FROM = re.compile(
    r"^(sent from (my|outlook|yahoo|mail for)|get outlook for|von meinem .{1,40} gesendet|"
    r"gesendet (von|mit) |envoyé (de|depuis) mon|enviado (desde|do|a partir)|inviato da|"
    r"verzonden vanaf|skickat från|lähetetty )",
    re.I,
)
_WROTE = re.compile(
    r"(wrote|writes|schrieb|geschrieben|a écrit|escribió|escreveu|ha scritto|schreef|skrev|"
    r"napisał\(?a?\)?|kirjoitti|написал\(?а?\)?|пише|пишет|írta|napsal\(?a?\)?|yazdı|"
    r"写道|さんは書きました|님이 작성)"
    r"[^\n]{0,60}:\s*$",
    re.I,
)
_OPENING = re.compile(
    r"^(>\s*)?(on|am|le|el|em|il|op|den|dnia|w dniu|a|dne|在|\d{1,4}[-./年]|at|ma|ti|to|su|la)\b",
    re.I,
)
_ORIGINAL = re.compile(
    r"^\s*(-{2,}\s*(original message|ursprüngliche nachricht|originalnachricht|message d'origine|"
    r"mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|"
    r"ursprungligt meddelande|forwarded message|weitergeleitete nachricht|original-nachricht|"
    r"reply above this line)\s*-{2,}|_{20,})\s*$",
    re.I,
)
_FROM = re.compile(
    r"^\s*\*?(from|von|de|da|van|från|fra|lähettäjä|od|от|发件人|差出人)\s*:\*?\s*\S", re.I
)
_SENT = re.compile(
    r"^\s*\*?(sent|gesendet|datum|date|envoyé|enviado|inviato|data|verzonden|skickat|sendt|"
    r"lähetetty|wysłano|отправлено|发送时间|送信日時|to|an|à|para|a|aan|till|til|subject|betreff|"
    r"objet|asunto|oggetto|onderwerp|ämne|emne)\s*:\*?",
    re.I,
)
_MOST_SIGNATURE = 12


@dataclass(frozen=True, slots=True)
class Folded:
    """`text` is new; `quoted` and `signature` are folded away."""

    text: str
    quoted: str = ""
    signature: str = ""


def fold(text: str) -> Folded:
    """Cut the text; where nothing new would be left, nothing is folded."""
    lines = text.replace("\u00a0", " ").split("\n")
    cut = _quote_begins(lines)
    new, quoted = lines[:cut], lines[cut:]
    at = _signature_begins(new)
    signature = new[at:]
    kept = "\n".join(new[:at]).strip("\n ")
    if not kept and not "".join(signature).strip():
        return Folded(text.strip("\n"))
    if not kept:
        kept, signature = "\n".join(signature).strip("\n"), []
    return Folded(_trimmed(kept), "\n".join(quoted).strip("\n"), "\n".join(signature).strip("\n"))


def _quote_begins(lines: list[str]) -> int:
    for at, line in enumerate(lines):
        ruled = _ORIGINAL.match(line) and ("_" not in line or _header_block(lines, at + 1))
        if ruled and any(x.strip() for x in lines[at + 1 :]):
            return at
        if _FROM.match(line) and _header_block(lines, at):
            return at
        if _is_attribution(lines, at) and not _answered_below(lines, at):
            return at
    return _trailing_quote(lines)


def _header_block(lines: list[str], at: int) -> bool:
    """`From: … Sent: … To: …`, as one well-known program puts above what it quotes."""
    window = [x for x in lines[at : at + 8] if x.strip()][:5]
    return (
        bool(window)
        and bool(_FROM.match(window[0]))
        and sum(1 for x in window[1:] if _SENT.match(x)) >= 2
    )


def _is_attribution(lines: list[str], at: int) -> bool:
    """`On … Ann wrote:`, in one line or broken into up to three."""
    if not _OPENING.match(lines[at]):
        return False
    for count in (1, 2, 3):
        joined = " ".join(x.strip() for x in lines[at : at + count])
        if len(joined) > 400:
            return False
        if _WROTE.search(joined):
            return True
        if joined.rstrip().endswith(":") and "@" in joined and count > 0 and "<" in joined:
            return True
    return False


def _answered_below(lines: list[str], at: int) -> bool:
    """Whether words of the writer's own stand between or below the quoted lines."""
    rest = lines[at + 1 :]
    quoted = [i for i, x in enumerate(rest) if x.lstrip().startswith(">")]
    if not quoted:
        return False
    own = [x for x in rest[quoted[0] :] if x.strip() and not x.lstrip().startswith(">")]
    sign = next((i for i, x in enumerate(own) if _SIGNATURE.match(x.rstrip())), len(own))
    return sign > 0 and not _only_wrapped(rest[quoted[0] :])


def _only_wrapped(lines: list[str]) -> bool:
    """Quoted lines that a program broke, so that their ends lost the mark: single short lines."""
    runs, run = [], 0
    for line in lines:
        own = bool(line.strip()) and not line.lstrip().startswith(">")
        if own:
            run += len(line)
        elif run:
            runs.append(run)
            run = 0
    return run == 0 and bool(runs) and all(r < 30 for r in runs)


def _trailing_quote(lines: list[str]) -> int:
    at = len(lines)
    while at > 0 and (not lines[at - 1].strip() or lines[at - 1].lstrip().startswith(">")):
        at -= 1
    has_quote = any(x.lstrip().startswith(">") for x in lines[at:])
    return at if has_quote else len(lines)


def _signature_begins(lines: list[str]) -> int:
    for at in range(len(lines) - 1, max(-1, len(lines) - 40), -1):
        line = lines[at].rstrip()
        if _SIGNATURE.match(line) and at > 0:
            below = [x for x in lines[at + 1 :] if x.strip()]
            if line.startswith("--") and len(line) <= 3:
                return at
            if below and len(below) <= _MOST_SIGNATURE and all(len(x) < 100 for x in below):
                return at
    last = [i for i, x in enumerate(lines) if x.strip()]
    if len(last) > 1 and _SENT_FROM.match(lines[last[-1]].strip()):
        return last[-1]
    return len(lines)


def _trimmed(text: str) -> str:
    return re.sub(r"\n{4,}", "\n\n\n", text).rstrip()
