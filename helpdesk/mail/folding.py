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
    r"ver(zonden|stuurd) vanaf|skickat från|sendt fra |lähetetty |wysłane z |odesláno z|"
    r"отправлено с|надіслано з|.{1,20} gönderildi$|.{1,20}から送信$|发自我的|從我的.{1,20}傳送|"
    r".{1,20}에서 보냄$)",
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
# Whatever the language: who (with an address), when (a year, a time), and a colon at the end.
_WHO = re.compile(r"[<(\[][^<>()\[\]\s@]{1,100}@[^<>()\[\]\s]{1,150}[>)\]]")
_WHEN = re.compile(r"\b(19|20)\d\d|\d{1,2}\s?[:.h]\s?\d\d|\d{4}\s?[年년]")
_COLON = re.compile(r"[:：]\s*$")
_ORIGINAL = re.compile(
    r"^\s*(-{2,}\s*(original message|ursprüngliche nachricht|originalnachricht|message d'origine|"
    r"mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|"
    r"ursprungligt meddelande|forwarded message|weitergeleitete nachricht|original-nachricht|"
    r"oprindelig meddelelse|alkuperäinen viesti|wiadomość oryginalna|původní zpráva|"
    r"исходное сообщение|пересылаемое сообщение|özgün ileti|元のメッセージ|原始邮件|원본 메일|"
    r"reply above this line)\s*-{2,}|_{20,})\s*$",
    re.I,
)
_FROM = re.compile(
    r"^\s*\*?(from|von|de|da|van|från|fra|lähettäjä|od|от|від|feladó|de la|από|kimden|"
    r"发件人|寄件者|差出人|보낸 사람)"
    r"\s*[:：]\*?\s*\S",
    re.I,
)
_SENT = re.compile(
    r"^\s*\*?("
    r"sent|date|to|cc|subject|gesendet|datum|an|betreff|envoyé|à|objet|enviado( el| em)?|fecha|"
    r"para|asunto|enviada em|data|assunto|inviato|a|oggetto|verzonden|aan|onderwerp|skickat|till|"
    r"ämne|"
    r"sendt|dato|til|emne|lähetetty|päivämäärä|vastaanottaja|aihe|wysłano|do|dw|temat|odesláno|"
    r"komu|předmět|elküldve|címzett|tárgy|trimis|către|subiect|отправлено|дата|кому|копия|тема|"
    r"надіслано|στάλθηκε|ημερομηνία|προς|θέμα|gönderildi|tarih|kime|konu|送信日時|日付|宛先|件名|"
    r"发送时间|日期|收件人|抄送|主题|主旨|보낸 날짜|받는 사람|참조|제목"
    r")\s*[:：]\*?",
    re.I,
)
_TITLE = re.compile(
    r"^\s*\*?(subject|betreff|objet|asunto|assunto|oggetto|onderwerp|ämne|emne|aihe|temat|předmět|"
    r"tárgy|subiect|тема|θέμα|konu|件名|主题|主旨|제목)\s*[:：]",
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
    if not window or not _FROM.match(window[0]):
        return False
    # A journey has a From and a To, too; a mail has an address or a subject.
    of_a_mail = any("@" in x or _TITLE.match(x) for x in window)
    return of_a_mail and sum(1 for x in window[1:] if _SENT.match(x)) >= 2


def _is_attribution(lines: list[str], at: int) -> bool:
    """`On … Ann wrote:`, in one line or broken into up to three."""
    opens = bool(_OPENING.match(lines[at]))
    if not opens and (not lines[at].strip() or (at and lines[at - 1].strip("> \t"))):
        return False
    for count in (1, 2, 3):
        block = [x.strip() for x in lines[at : at + count]]
        joined = " ".join(block)
        if len(joined) > 400 or len(block) < count:
            return False
        if opens and _WROTE.search(joined):
            return True
        told = _COLON.search(joined) and _WHO.search(joined)
        if told and (opens or (_WHEN.search(joined) and _quote_follows(lines, at + count))):
            return True
        if not block[-1]:
            return False
    return False


def _quote_follows(lines: list[str], at: int) -> bool:
    return next((x.lstrip().startswith(">") for x in lines[at : at + 4] if x.strip()), False)


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
