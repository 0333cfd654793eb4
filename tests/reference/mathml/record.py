#!/usr/bin/env python3
"""Records what pandoc (texmath) makes of LaTeX formulas, for tests/book/export/mathml_test.cpp.

    python3 tests/reference/mathml/record.py > tests/reference/mathml/reference.json

Formulas: all those of the chapters, in the order of the files, and the list in formulas.txt. Two converters never agree
on every element, so that what is recorded is the shape alone: a fraction, a root, scripts and their places, rows of a
table, and the signs in order. Dropped are elements that only group or space, attributes, and the sign that applies a
function; letters in a style are folded to plain ones (NFKC), and a prime stands behind what it belongs to.
Made with pandoc 2.17.1.1.
"""
import json
import pathlib
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parents[3]
GROUPS = {"mrow", "mstyle", "mpadded", "semantics", "math"}
SCRIPTS = {"munder": "msub", "mover": "msup", "munderover": "msubsup"}   # which of the two, depends on the place

# Signs that are written in more than one way.
SIGNS = {"": "\u2061", "\u2212": "-", "\u2016": "\u2225", "^": "\u0302", "~": "\u0303", "=bar": "\u0304\u0305\u203e\u00af",
         "\u2192": "\u20d7"}


def chapters():
    out = []
    for path in sorted((ROOT / "chapters").glob("*/*.md")):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)
        text = re.sub(r"`[^`]*`", "", text)
        for display, inline in re.findall(r"\$\$(.+?)\$\$|(?<!\\)\$([^$]+?)\$", text, flags=re.S):
            out.append([display or inline, bool(display)])
    return out


def shape(element):
    """A string: names of elements that mean something, with what is in them in brackets; leaves as their text."""
    name = element.tag.split("}")[-1]
    if name in ("annotation", "mspace"):
        return ""
    children = [s for s in (shape(child) for child in element) if s]
    if name in GROUPS:
        return "".join(children)
    if name in ("mi", "mo", "mn", "mtext"):
        text = "".join(element.itertext())
        for sign, others in SIGNS.items():
            text = re.sub("[" + others + "]", sign, text)
        return "".join(unicodedata.normalize("NFKC", text).split())
    # A child that is empty keeps its place; a cell or a root takes all that is in it as one.
    inside = [shape(child) or "{}" for child in element]
    return SCRIPTS.get(name, name) + "(" + ("" if name in ("mtd", "msqrt") else "|").join(inside) + ")"


def main():
    formulas = chapters()
    for line in (pathlib.Path(__file__).parent / "formulas.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("%"):
            formulas.append([line, True])
    seen, out = set(), []
    for latex, display in formulas:
        if (latex, display) in seen:
            continue
        seen.add((latex, display))
        mark = "$$" if display else "$"
        html = subprocess.run(["pandoc", "-f", "latex", "-t", "html", "--mathml"], input=mark + latex + mark,
                              capture_output=True, text=True, check=True).stdout
        found = re.search(r"<math.*</math>", html, flags=re.S)
        if not found:
            sys.exit("pandoc does not know: " + latex)
        out.append({"latex": latex, "display": display, "shape": shape(ET.fromstring(found.group()))})
    json.dump({"pandoc": subprocess.run(["pandoc", "--version"], capture_output=True, text=True).stdout.split()[1],
               "formulas": out}, sys.stdout, ensure_ascii=False, indent=1)
    print()


main()
