"""The report of a visit as a PDF: pure drawing, the only file that knows the library for it.

A font of our own is put in (DejaVu), so that names in any European script are printed as they are.
"""

from __future__ import annotations

import html
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import islice
from pathlib import Path

from PIL import Image as Pictures
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    Flowable,
    Image,
    KeepTogether,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
)

from helpdesk.field_service.report_sheet import Sheet

WORDS = {
    "en": {
        "title": "Report of our visit",
        "customer": "Customer", "place": "Place", "technician": "Technician", "when": "On site",
        "checklist": "Checklist", "parts": "Parts used", "none": "none", "time": "Time of work",
        "minutes": "{} minutes", "remark": "What was done", "photos": "Pictures",
        "signed": "Signed by {} on {}", "unsigned": "Not signed",
        "version": "Version {}", "digest": "SHA-256 of what was signed",
        "text": "SHA-256 of this text",
    },
    "de": {
        "title": "Bericht über unseren Besuch",
        "customer": "Kunde", "place": "Ort", "technician": "Techniker", "when": "Vor Ort",
        "checklist": "Checkliste", "parts": "Verwendete Teile", "none": "keine",
        "time": "Arbeitszeit", "minutes": "{} Minuten", "remark": "Was gemacht wurde",
        "photos": "Bilder",
        "signed": "Unterschrieben von {} am {}", "unsigned": "Nicht unterschrieben",
        "version": "Fassung {}", "digest": "SHA-256 des unterschriebenen Textes",
        "text": "SHA-256 dieses Textes",
    },
}  # fmt: skip
MOST_PICTURES = 12
MOST_PIXELS = 60_000_000
THUMB = 52 * mm
WIDTH = 174 * mm
FINE = 700  # pixels of a picture's longer side


class Strokes(Flowable):
    """A signature: points in ten thousandths of the pad's width."""

    def __init__(self, strokes: Sequence[Sequence[int]], width: float) -> None:
        super().__init__()
        self.strokes, self.width = strokes, width
        lowest = max((y for one in strokes for y in one[1::2]), default=0)
        self.height = min(max(lowest, 500), 6_000) * width / 10_000 + 4

    def draw(self) -> None:
        scale = self.width / 10_000
        self.canv.setLineWidth(1.1)
        self.canv.setLineCap(1)
        for one in self.strokes:
            path = self.canv.beginPath()
            path.moveTo(one[0] * scale, self.height - one[1] * scale)
            for x, y in zip(one[2::2], one[3::2], strict=True):
                path.lineTo(x * scale, self.height - y * scale)
            if len(one) == 2:
                path.lineTo(one[0] * scale + 0.6, self.height - one[1] * scale)
            self.canv.drawPath(path)


def drawn(sheet: Sheet, pictures: Iterable[bytes]) -> bytes:
    """The PDF. A picture that can't be read is left out; one is in memory at a time."""
    _fonts()
    out = io.BytesIO()
    words = WORDS[sheet.language]
    title = f"{words['title']} V-{sheet.content['number']}"
    paper = SimpleDocTemplate(
        out, pagesize=A4, title=title, author="", leftMargin=18 * mm, rightMargin=18 * mm,
        topMargin=16 * mm, bottomMargin=16 * mm, lang=sheet.language,
    )  # fmt: skip
    paper.build([*_head(sheet, words, title), *_body(sheet, words), *_shots(words, pictures),
                 _foot(sheet, words)])  # fmt: skip
    return out.getvalue()


def _head(sheet: Sheet, words: dict[str, str], title: str) -> list[Flowable]:
    content = sheet.content
    rows = [
        (words["customer"], sheet.customer),
        (words["place"], content["place"]),
        (words["technician"], sheet.technician),
        (words["when"], _span(sheet)),
    ]
    return [
        _text(title, _TITLE),
        _text(content["type"], _BIG),
        Spacer(1, 3 * mm),
        _facts([row for row in rows if row[1]]),
    ]


def _body(sheet: Sheet, words: dict[str, str]) -> list[Flowable]:
    content, found = sheet.content, list[Flowable]()
    if content["checklist"]:
        lines = [(one["text"], one["answer"] or "–") for one in content["checklist"]]
        found += [_text(words["checklist"], _HEADING), _facts(lines, wide=True)]
    parts = [(f"{one['quantity']} × ", one["name"]) for one in content["parts"]]
    used = ", ".join(count + name for count, name in parts) or words["none"]
    found += [_text(words["parts"], _HEADING), _text(used)]
    if content["minutes"] is not None:
        spent = words["minutes"].format(content["minutes"])
        found += [_text(words["time"], _HEADING), _text(spent)]
    if content["remark"]:
        found += [_text(words["remark"], _HEADING), _text(content["remark"])]
    return found


def _shots(words: dict[str, str], pictures: Iterable[bytes]) -> list[Flowable]:
    small = [one for data in islice(pictures, MOST_PICTURES) if (one := _small(data)) is not None]
    if not small:
        return []
    rows = [small[start : start + 3] for start in range(0, len(small), 3)]
    rows[-1] += [""] * (3 - len(rows[-1])) if len(rows) > 1 else []
    table = Table(rows, colWidths=[WIDTH / 3] * len(rows[0]), hAlign="LEFT")
    table.setStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    return [_text(words["photos"], _HEADING), table]


def _foot(sheet: Sheet, words: dict[str, str]) -> Flowable:
    parts: list[Flowable] = [Spacer(1, 6 * mm)]
    if sheet.signed_at is not None:
        at = _moment(sheet.signed_at, sheet)
        parts += [
            _text(sheet.content["statement"]),
            Spacer(1, 2 * mm),
            Strokes(sheet.strokes, 70 * mm),
            _text(words["signed"].format(sheet.signed_name, at), _BOLD),
        ]
    else:
        parts.append(_text(words["unsigned"], _BOLD))
    of = words["digest" if sheet.signed_at is not None else "text"]
    said = f"{words['version'].format(sheet.version)} · {of}: {sheet.digest}"
    return KeepTogether([*parts, Spacer(1, 2 * mm), _text(said, _FINE)])


def _small(data: bytes) -> Image | None:
    """A picture no finer than print needs; whatever is wrong with it, the report goes on."""
    try:
        with Pictures.open(io.BytesIO(data), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                return None
            picture.draft("RGB", (FINE, FINE))
            picture.thumbnail((FINE, FINE))
            kept = io.BytesIO()
            picture.convert("RGB").save(kept, "JPEG", quality=80)
            share = THUMB / max(picture.width, picture.height)
            size = picture.width * share, picture.height * share
    except (OSError, ValueError, SyntaxError, Pictures.DecompressionBombError):
        return None
    kept.seek(0)
    return Image(kept, width=size[0], height=size[1], hAlign="LEFT")


def _facts(rows: Sequence[tuple[str, str]], *, wide: bool = False) -> Table:
    first = WIDTH * (0.62 if wide else 0.24)
    made = Table(
        [[_text(name, _QUIET), _text(value)] for name, value in rows],
        colWidths=[first, WIDTH - first],
        hAlign="LEFT",
    )
    made.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("TOPPADDING", (0, 0), (-1, -1), 2),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.Color(0.86, 0.87, 0.89)),
        ]
    )
    return made


def _span(sheet: Sheet) -> str:
    if sheet.arrived_at is None:
        return ""
    start = _moment(sheet.arrived_at, sheet)
    if sheet.finished_at is None:
        return start
    return f"{start} – {sheet.finished_at.astimezone(sheet.zone):%H:%M}"


def _moment(at: datetime, sheet: Sheet) -> str:
    local = at.astimezone(sheet.zone)
    return f"{local:%d.%m.%Y %H:%M}" if sheet.language == "de" else f"{local:%Y-%m-%d %H:%M}"


def _text(words: str, style: ParagraphStyle | None = None) -> Paragraph:
    return Paragraph(html.escape(words, quote=False).replace("\n", "<br/>"), style or _PLAIN)


@cache
def _fonts() -> None:
    folder = _folder()
    pdfmetrics.registerFont(TTFont("Plain", folder / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont("Bold", folder / "DejaVuSans-Bold.ttf"))


def _folder() -> Path:
    """Beside the package in a checkout, inside it in a wheel."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "static" / "vendor" / "dejavu-fonts-ttf"
    return inside if inside.is_dir() else package.parent / "static/vendor/dejavu-fonts-ttf"


_GREY = colors.Color(0.36, 0.38, 0.43)
_PLAIN = ParagraphStyle("plain", fontName="Plain", fontSize=9.5, leading=13.5)
_QUIET = ParagraphStyle("quiet", parent=_PLAIN, textColor=_GREY)
_BOLD = ParagraphStyle("bold", parent=_PLAIN, fontName="Bold")
_HEADING = ParagraphStyle("heading", parent=_BOLD, spaceBefore=9, spaceAfter=3)
_TITLE = ParagraphStyle("title", parent=_BOLD, fontSize=17, leading=22)
_BIG = ParagraphStyle("big", parent=_PLAIN, fontSize=12, leading=16, textColor=_GREY)
_FINE = ParagraphStyle("fine", parent=_PLAIN, fontSize=6.5, leading=9, textColor=_GREY)
