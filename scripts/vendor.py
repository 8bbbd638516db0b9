"""Copies the browser libraries from node_modules to static/vendor, and builds the icon sprite.

Pages load these files as they are: there is no bundler. Only the files named here reach the
browser, each beside its licence. Not for our own scripts and styles, which live in static/, and
not for test tools (axe-core stays in node_modules).

Run by set-up; by hand: `python3 scripts/vendor.py` after changing scripts/icons.txt.
"""

from __future__ import annotations

import difflib
import re
import shutil
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "static" / "vendor"
ICON_NAMES = ROOT / "scripts" / "icons.txt"

# package -> files inside it; each lands in static/vendor/<package>/<file name>
FILES = {
    "@twilio/voice-sdk": ["dist/twilio.min.js"],
    "bootstrap": ["dist/css/bootstrap.min.css"],
    "dejavu-fonts-ttf": ["ttf/DejaVuSans.ttf", "ttf/DejaVuSans-Bold.ttf"],  # of PDF reports
    "htmx.org": ["dist/htmx.min.js"],
    "idiomorph": ["dist/idiomorph.min.js", "dist/idiomorph-ext.min.js"],
    "leaflet": ["dist/leaflet.js", "dist/leaflet.css"],
    "socket.io-client": ["dist/socket.io.min.js", "dist/socket.io.esm.min.js"],
    "uplot": ["dist/uPlot.iife.min.js", "dist/uPlot.esm.js", "dist/uPlot.min.css"],
}
ICON_PACKAGE = "lucide-static"
SVG = "http://www.w3.org/2000/svg"

# Maps are not shipped, so a line that names one only makes the browser's tools report a 404.
SOURCE_MAP_LINE = re.compile(rb"\n?(?://|/\*)# sourceMappingURL=[^\n]*\n?\Z")


class VendorError(Exception):
    """Something a person has to mend; the message says what."""


def main() -> int:
    try:
        count = vendor(MODULES, VENDOR, ICON_NAMES.read_text("utf-8"))
    except VendorError as error:
        print(f"vendor: {error}", file=sys.stderr)
        return 1
    print(f"static/vendor: {len(FILES)} libraries, {count} icons")
    return 0


def vendor(modules: Path, target: Path, icon_list: str) -> int:
    """Fills `target` from `modules`; returns how many icons the sprite holds.

    The sprite is made first, so a misspelt icon leaves what is there untouched.
    """
    names = icon_names(icon_list)
    sprite = icon_sprite(modules / ICON_PACKAGE / "icons", names)
    for package, files in FILES.items():
        _copy_package(modules / package, files, target / package)
    _copy_licences(modules / ICON_PACKAGE, target / ICON_PACKAGE)
    (target / "icons.svg").write_text(sprite, "utf-8")
    _remove_what_is_no_longer_named(target)
    return len(names)


def icon_names(text: str) -> list[str]:
    """Names, one a line, sorted and without repeats; `#` starts a remark."""
    return sorted({name for line in text.splitlines() if (name := line.split("#")[0].strip())})


def icon_sprite(icons: Path, names: list[str]) -> str:
    """One SVG whose symbols pages show by `<svg class="icon"><use href="...#NAME"/></svg>`.

    A symbol takes stroke width and colour from the page's own CSS, so it carries no presentation
    beyond the defaults of the icon set.
    """
    if not icons.is_dir():
        raise VendorError(f"{icons} is missing: run `make setup` first")
    known = {path.stem for path in icons.glob("*.svg")}
    if unknown := [name for name in names if name not in known]:
        raise VendorError("\n".join(_unknown_icon(name, known) for name in unknown))
    symbols = "\n".join(_symbol(icons / f"{name}.svg", name) for name in names)
    return f'<svg xmlns="{SVG}">\n{symbols}\n</svg>\n'


def _symbol(path: Path, name: str) -> str:
    drawing = ET.parse(path).getroot()
    ET.register_namespace("", SVG)
    shapes = "".join(ET.tostring(shape, "unicode").strip() for shape in drawing)
    shapes = shapes.replace(f' xmlns="{SVG}"', "").replace(" />", "/>")
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor"'
        f' stroke-linecap="round" stroke-linejoin="round">{shapes}</symbol>'
    )


def _unknown_icon(name: str, known: set[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    hint = f"; near: {', '.join(near)}" if near else ""
    return f"scripts/icons.txt names '{name}', which {ICON_PACKAGE} does not have{hint}"


def _copy_package(source: Path, files: list[str], target: Path) -> None:
    if not source.is_dir():
        raise VendorError(f"{source} is missing: run `make setup` first")
    target.mkdir(parents=True, exist_ok=True)
    for name in files:
        path = source / name
        if not path.is_file():
            raise VendorError(f"{source.name} has no {name}: mend FILES in scripts/vendor.py")
        (target / path.name).write_bytes(SOURCE_MAP_LINE.sub(b"\n", path.read_bytes()))
    _copy_licences(source, target)


def _copy_licences(source: Path, target: Path) -> None:
    licences = sorted(source.glob("LICENSE*"))
    if not licences:
        raise VendorError(f"{source.name} brings no licence file, so it cannot be shipped")
    target.mkdir(parents=True, exist_ok=True)
    for path in licences:
        shutil.copyfile(path, target / path.name)


def _remove_what_is_no_longer_named(target: Path) -> None:
    expected = {Path("icons.svg"), Path(ICON_PACKAGE, "LICENSE")}
    for package, files in FILES.items():
        expected |= {Path(package, Path(name).name) for name in files}
        expected.add(Path(package, "LICENSE"))
    for path in [p for p in target.rglob("*") if p.is_file()]:
        relative = path.relative_to(target)
        plain = relative.with_suffix("") if relative.suffix == ".gz" else relative
        if plain not in expected and not path.name.startswith("LICENSE"):
            path.unlink()
    for folder in [p for p in target.iterdir() if p.is_dir()]:
        if folder.name not in {Path(name).parts[0] for name in (*FILES, ICON_PACKAGE)}:
            shutil.rmtree(folder)


if __name__ == "__main__":
    raise SystemExit(main())
