"""Which fonts to write with: one with the letters of a text behind the Latin one, wherever the machine has one."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from matplotlib.font_manager import FontEntry

LATIN: Final = "DejaVu Sans Mono"
"""Matplotlib ships it."""
EMPTY: Final = ("Last Resort", "Adobe Blank")
"""Fonts that have every letter, but draw none of them."""
CJK: Final = ("Noto Sans CJK JP", "Noto Sans Mono CJK JP", "Noto Sans JP", "IPAexGothic", "IPAGothic", "Hiragino Sans",
              "Yu Gothic", "MS Gothic", "Source Han Sans JP", "TakaoGothic", "VL Gothic")  # fmt: skip


def families(text: str) -> list[str]:
    """Families that have the letters of a text between them, as far as the machine has fonts for them."""
    found = [LATIN]
    missing = {c for c in text if c.isprintable() and not c.isspace()} - letters(LATIN)
    for name in _others() if missing else ():
        if missing & letters(name):
            found.append(name)
            missing -= letters(name)
        if not missing:
            break
    return found


def drawable(text: str) -> str:
    """The text with what no font here can draw spelled out."""
    if text.isascii() and text.isprintable():
        return text
    has = frozenset[str]().union(*map(letters, families(text)))
    return "".join(
        "?" if not c.isprintable() else c if c in has or c.isspace() else c.encode("ascii", "backslashreplace").decode()
        for c in text
    )


@cache
def letters(name: str) -> frozenset[str]:
    """The letters that a family has both in its regular and in its bold face, if it has one."""
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    upright = [one for one in font_manager.fontManager.ttflist if one.name == name and one.style == "normal"]
    faces = {next(one.fname for one in upright if _regular(one))}
    faces.update(one.fname for one in upright if str(one.weight) in ("700", "bold"))
    return frozenset.intersection(*(frozenset(map(chr, FT2Font(face).get_charmap())) for face in faces))


def _regular(entry: FontEntry) -> bool:
    return entry.style == "normal" and str(entry.weight) in ("400", "normal", "regular")


@cache
def _others() -> tuple[str, ...]:
    """Families other than the Latin one, Japanese ones first. Matplotlib remembers which fonts there were when it was
    first used; those that have come since are made known to it.
    """
    from matplotlib import font_manager

    manager = font_manager.fontManager
    known = {entry.fname for entry in manager.ttflist}
    for path in sorted(font_manager.findSystemFonts()):
        if path not in known:
            manager.addfont(path)
    names = {entry.name for entry in manager.ttflist if _regular(entry) and not entry.name.startswith(EMPTY)}
    names.discard(LATIN)
    return (*(name for name in CJK if name in names), *sorted(names - set(CJK)))
