"""Reads a committee file with python-docx and compares it with the OpenDocument workbook of the same register.

usage: modifiable.py FILE.docx FILE.ods ; prints the headings, fails when a table, a header row, a language, a title or an
alternative text is missing or differs.
"""

import sys
import zipfile
import xml.etree.ElementTree as ET

from docx import Document
from docx.oxml.ns import qn

ODF = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
T, X = ODF % "table", ODF % "text"


def plain(text):
    """A document to print has the spaces of French; a spreadsheet keeps those that formulas and filters can match."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def sheets(path):
    """Words of every sheet but the last one, « À propos »."""
    tree = ET.fromstring(zipfile.ZipFile(path).read("content.xml"))
    words = lambda cell: plain("".join("".join(p.itertext()) for p in cell.iter(X + "p")))
    rows = lambda table: [[words(c) for c in r.iter(T + "table-cell")] for r in table.iter(T + "table-row")]
    return [rows(t) for t in tree.iter(T + "table")][:-1]


document = Document(sys.argv[1])
tables = [[[plain(c.text) for c in r.cells] for r in t.rows] for t in document.tables]
assert tables == sheets(sys.argv[2]), (tables, sheets(sys.argv[2]))
for table in document.tables:
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None, "a table without header row"
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")), "a table without caption"
drawings = list(document.element.body.iter(qn("wp:docPr")))
assert drawings and all(d.get("descr") for d in drawings), "a chart without alternative"
assert len({d.get("id") for d in drawings}) == len(drawings), "two charts of the same number"
properties = document.core_properties
assert properties.title and properties.language == "fr-FR" and properties.author, properties.title
styles = document.styles.element
assert next(styles.iter(qn("w:lang"))).get(qn("w:val")) == "fr-FR"
print("\n".join(p.text for p in document.paragraphs if p.style.name == "Heading 1"))
