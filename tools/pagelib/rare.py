"""Cuts the rare characters that the slices of Noto Sans SC leave out.

usage: rare.py <folder of the slices> <NotoSansCJK .ttc> <folder for the new slices>

Writes slices of the characters that the collection's SC face has and no slice
draws (rare Han, Roman numerals, Greek, Hangul), rare.css that declares them,
and coverage.txt: every range of characters that can be drawn, in hexadecimal,
one a line. Needs fontTools with brotli (Debian: python3-fonttools
python3-brotli).
"""

import pathlib
import sys

from fontTools import subset
from fontTools.ttLib import TTFont

SC = 2  # the face of simplified Chinese in the collection
SLICE = 256  # characters in a file, as large as the slices of the package


def ranges(chars):
    out = []
    for c in sorted(chars):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def main(slices, collection, to):
    drawn = set()
    for file in pathlib.Path(slices).glob("noto-sans-sc-*.woff2"):
        drawn |= set(TTFont(file, lazy=True).getBestCmap())
    rare = sorted(c for c in TTFont(collection, fontNumber=SC, lazy=True).getBestCmap() if c >= 0x20 and c not in drawn)
    css = []
    for n in range(0, len(rare), SLICE):
        part = rare[n : n + SLICE]
        name = "noto-sans-rare-%02d.woff2" % (n // SLICE)
        options = subset.Options(flavor="woff2", font_number=SC, layout_features=[], hinting=False, notdef_outline=True)
        font = subset.load_font(collection, options)
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=part)
        cutter.subset(font)
        font["head"].modified = font["head"].created  # the same input gives the same bytes
        font.recalcTimestamp = False
        subset.save_font(font, str(pathlib.Path(to, name)), options)
        css.append(
            "\n@font-face {\n  font-family: 'Noto Sans SC';\n  font-style: normal;\n  font-display: swap;\n"
            "  font-weight: 100 900;\n  src: url(./%s) format('woff2');\n  unicode-range: %s;\n}\n"
            % (name, ",".join("U+%x-%x" % (a, b) if a < b else "U+%x" % a for a, b in ranges(part)))
        )
    pathlib.Path(to, "rare.css").write_text("".join(css))
    lines = ("%x-%x" % (a, b) if a < b else "%x" % a for a, b in ranges(drawn | set(rare)))
    pathlib.Path(to, "coverage.txt").write_text("\n".join(lines) + "\n")


main(*sys.argv[1:])
