"""The description of the target population that a territory writes in its action programme, as a Word document its team completes.

Belongs here: what the published numbers can fill in, and what is left for the team, marked so. Not here: any aim or commitment.
"""

import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from xml.sax.saxutils import escape

from docx import Document
from docx.document import Document as Doc
from docx.enum.style import WD_STYLE_TYPE
from docx.oxml.ns import nsdecls
from docx.oxml.parser import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm, Emu, Pt, RGBColor
from docx.text.paragraph import Paragraph

from dashboards.exports.columns import column_shares
from dashboards.exports.same_bytes import without_clock
from dashboards.model.blocks import Table
from dashboards.model.page import ConditionSection, TerritoryPage
from dashboards.model.twins import brief_glance_table, care_table, follow_table, movement_table, profile_table, pyramid_table, use_table
from dashboards.texts import Texts, load

TABLE_POINTS, LETTERS = 8.5, 100  # letters of a table across a sheet
# Styles by their ids: told one by its name, the library looks through all of them each time.
TITLE, BULLET, LINES, SMALL = "Title", "ListBullet", "LightGrid-Accent1", "Tabletext"
TO_COMPLETE = ("aims", "actions", "partners", "calendar", "follow_up")


def write_programme(page: TerritoryPage) -> bytes:
    """The bytes of the .docx; the same page gives the same bytes."""
    t, document = load(page.language), Document()
    _fonts(document)
    sheet = document.sections[0]
    sheet.page_width, sheet.page_height = Cm(21), Cm(29.7)
    sheet.left_margin = sheet.right_margin = sheet.top_margin = sheet.bottom_margin = Cm(1.8)
    document.core_properties.author, document.core_properties.title = "", f"{t('programme.title')} — {page.name}"
    _head(document, page, t)
    for section in page.sections:
        _section(document, section, page, t)
    _heading(document, t("programme.team"), 1)
    for name in TO_COMPLETE:
        _heading(document, t(f"programme.{name}"), 2)
        _blank(document, t(f"programme.{name}_hint"))
    out = io.BytesIO()
    document.save(out)
    day: date = page.sections[0].pyramid.total.row.data_through
    return without_clock(out.getvalue(), day)


def _fonts(document: Doc) -> None:
    """The letters of the text, and of what stands in a table."""
    normal, small = document.styles["Normal"], document.styles.add_style("Table text", WD_STYLE_TYPE.PARAGRAPH)
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    small.base_style, small.font.size = normal, Pt(TABLE_POINTS)
    small.paragraph_format.space_after = Pt(0)


def _styled(paragraph: Paragraph, style_id: str) -> None:
    paragraph._p.style = style_id


def _heading(document: Doc, words: str, level: int) -> None:
    """A title of the document (0) or of a part of it."""
    _styled(document.add_paragraph(words), f"Heading{level}" if level else TITLE)


def _head(document: Doc, page: TerritoryPage, t: Texts) -> None:
    _heading(document, f"{t('programme.title')} — {page.name}", 0)
    if page.stamp.is_synthetic:
        document.add_paragraph().add_run(f"{t('page.synthetic')}. {t('page.synthetic_note')}").bold = True
    document.add_paragraph(t("programme.intro", run=page.stamp.run_id, date=page.stamp.data_through))
    document.add_paragraph(f"{t('warning.title')} {page.stamp.warning}")


def _section(document: Doc, section: ConditionSection, page: TerritoryPage, t: Texts) -> None:
    """One disease: persons, strata, who they are, how they use hospitals, gaps."""
    _heading(document, f"{section.label} — {page.year}{page.stamp.title_note}", 1)
    document.add_paragraph(t("page.definition", id=section.definition_id))
    document.add_paragraph(section.pyramid.reading)
    _table(document, pyramid_table(section.pyramid, t))
    for step in section.pyramid.steps:
        if step.meaning:
            _styled(document.add_paragraph(t("page.pair", name=step.label, text=step.meaning)), BULLET)
    glance = brief_glance_table(section.glance, t)
    _titled(
        document, replace(glance, heads=glance.heads[:-1], rows=tuple(row[:-1] for row in glance.rows))
    )  # a sheet has no room for trends
    _titled(document, profile_table(section.profile, t))
    _titled(document, use_table(section.hospital_use, t))
    _titled(document, care_table(section, t))
    _titled(document, movement_table(section, t))
    _titled(document, follow_table(section, t))
    _heading(document, t("first_look.title"), 2)
    for item in section.first_look.items:
        said = f"{t('page.pair', name=item.label, text=item.text)} {t('first_look.caveat', text=item.caveat)}"
        _styled(document.add_paragraph(said), BULLET)
    document.add_paragraph(section.first_look.empty_text or section.first_look.rule)
    _heading(document, t("programme.comment"), 2)
    _blank(document, t("programme.comment_hint"))


def _titled(document: Doc, table: Table) -> None:
    """A heading, the table when it has rows, and what to read of it or why it is empty."""
    _heading(document, table.title, 2)
    if table.rows:
        _table(document, table)
    document.add_paragraph(table.reading)


def _table(document: Doc, table: Table) -> None:
    grid = document.add_table(rows=0, cols=len(table.heads))
    grid._tbl.tblStyle_val, grid.autofit = LINES, False
    width = document.sections[0].page_width - document.sections[0].left_margin - document.sections[0].right_margin
    widths = [Emu(int(width * share)) for share in column_shares(table, LETTERS)]
    for column, one in zip(grid.columns, widths, strict=True):  # some programs read the widths of columns, others those of cells
        column.width = one
    grid._tbl.append(_row(table.heads, widths, is_head=True))
    grid._tbl.extend(_row([cell.text for cell in row], widths) for row in table.rows)
    document.add_paragraph()


def _row(texts: Sequence[str], widths: list[Emu], is_head: bool = False) -> BaseOxmlElement:
    """A row as the file holds it, never broken over two sheets: the library takes ten times as long to lay out each cell.

    The heads of the columns stand on each sheet.
    """
    cells = "".join(_cell(words, width) for words, width in zip(texts, widths, strict=True))
    return parse_xml(f"<w:tr {nsdecls('w')}><w:trPr><w:cantSplit/>{'<w:tblHeader/>' if is_head else ''}</w:trPr>{cells}</w:tr>")


def _cell(words: str, width: Emu) -> str:
    space = ' xml:space="preserve"' if words != words.strip() else ""
    run = f"<w:r><w:t{space}>{escape(words)}</w:t></w:r>" if words else "<w:r/>"
    text = f'<w:p><w:pPr><w:pStyle w:val="{SMALL}"/></w:pPr>{run}</w:p>'
    return f'<w:tc><w:tcPr><w:tcW w:type="dxa" w:w="{width.twips}"/></w:tcPr>{text}</w:tc>'


def _blank(document: Doc, hint: str) -> None:
    """A place the team fills in."""
    run = document.add_paragraph().add_run(hint)
    run.italic, run.font.color.rgb = True, RGBColor(0x5B, 0x65, 0x70)
