"""Pair kerning of the book's faces as HarfBuzz applies it.

uharfbuzz 0.57.0 (PyPI), fonts-paratype 20181108-3 (Debian 12). Run here: python3 record.py
Writes reference.json: face -> pair -> units of the em by which the pair is set closer (< 0) or wider than the advances.
"""
import json
import uharfbuzz as hb

FACES = {"text": "PTF55F", "text_italic": "PTF56F", "text_bold": "PTF75F", "ui_bold": "PTS75F"}
PAIRS = ["AV", "To", "Ty", "Wa", "P.", "L’", "fi", "nn", "Го", "Та", "Уд", "Гл", "Аб", "ть", "У.", "но", "«Т", "т»"]


def width(font, text, kern):
    buffer = hb.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    hb.shape(font, buffer, {"kern": kern, "liga": False, "clig": False})
    return sum(position.x_advance for position in buffer.glyph_positions)


reference = {}
for name, file in FACES.items():
    face = hb.Face(hb.Blob.from_file_path(f"/usr/share/fonts/truetype/paratype/{file}.ttf"))
    assert face.upem == 1000
    font = hb.Font(face)
    reference[name] = {pair: width(font, pair, True) - width(font, pair, False) for pair in PAIRS}
with open("reference.json", "w", encoding="utf-8") as out:
    json.dump(reference, out, ensure_ascii=False, indent=1)
    out.write("\n")
