"""Hospital use of two years side by side: observed, expected, gap. Total and overnight stand beside means, which a day-case effect lowers.

Belongs here: which lines and years. Not here: anything about intervals but the verdict of the published ratio.
"""

from dashboards.model.blocks import Cell, HospitalUse, UseCell
from dashboards.model.measures import Writer
from dashboards.sources.places import Place
from dashboards.sources.published import ALL, COMPARED_BASIS, NO_COST

# The count, and the indicator that has its expected when it is another one.
LINES = (
    ("stays", "stays_vs_expected"),
    ("overnight_stays", "overnight_stays_vs_expected"),
    ("ambulatory_stays", "ambulatory_stays_vs_expected"),
    ("ambulatory_share", ""),
    ("hpe_stays", "hpe_stays_vs_expected"),
    ("urgent_share", ""),
    ("bed_days", ""),
    ("cost_per_mco_stay", ""),
    ("cost_per_patient", "cost_vs_expected"),
    ("cost_total", "cost_vs_expected"),
)
NOTHING = 0.0005  # a gap that is written 0,0 %
STAYS = {"stays", "overnight_stays", "ambulatory_stays", "bed_days", "hpe_stays"}


def hospital_use(writer: Writer, place: Place, condition: str) -> HospitalUse:
    """The first and the last year of flow that have numbers; without stays, it says that the run has none."""
    texts = writer.texts
    names = [pair for pair in LINES if pair[0] in writer.published.catalogue]
    years = _years(writer, place, condition, [name for name, _ in names])
    if not years:
        return HospitalUse((), (), texts("use.none"))
    lines = tuple(
        (_label(writer, name), tuple(_cell(writer, place, condition, name, other, year) for year in years)) for name, other in names
    )
    none = "" if any(name in STAYS for name, _ in names) else texts("use.no_stays")
    said = (none, _example(writer, place, years[-1], lines), texts("use.reading"))
    return HospitalUse(years, lines, " ".join(part for part in said if part))


def _example(writer: Writer, place: Place, year: int, lines: tuple[tuple[str, tuple[UseCell, ...]], ...]) -> str:
    """How to read the first line whose last year has a gap; empty when none has."""
    for label, cells in lines:
        if cells[-1].gap.number is not None:
            if place.territory_id == ALL and abs(cells[-1].gap.number) < NOTHING:
                return writer.texts("cost.verdict_whole")
            said = {"observed": cells[-1].observed.text, "expected": cells[-1].expected.text, "gap": cells[-1].gap.text}
            return writer.texts("use.example", year=year, label=label, **said)
    return ""


def _label(writer: Writer, name: str) -> str:
    label: str = writer.published.catalogue[name][f"label_{writer.texts.language}"]
    return label


def _basis(name: str) -> str:
    return COMPARED_BASIS if name.startswith("cost") else NO_COST


def _years(writer: Writer, place: Place, condition: str, names: list[str]) -> tuple[int, ...]:
    found = {
        row.year
        for name in names
        for row in writer.published.groups.get((name, condition, place.territory_id), ())
        if row.value is not None and row.period_status != "partial" and row.year <= place.year
    }
    return tuple(sorted({min(found), max(found)})) if found else ()


def _cell(writer: Writer, place: Place, condition: str, name: str, other: str, year: int) -> UseCell:
    """Observed, expected and gap: the expected is the row's own, else that of the ratio made of the same count."""
    where = (year, condition, place.territory_id)
    measure = writer.measure(name, *where, cost_basis=_basis(name))
    compared = measure if measure.row.ratio is not None or not other else writer.measure(other, *where, cost_basis=_basis(name))
    value, ratio = measure.row.value, compared.row.ratio
    if value is None or not ratio:
        absent = Cell(writer.texts("use.absent"))
        return UseCell(writer.cell(measure), absent, absent, "none")
    expected = Cell(writer.amount(value / ratio, measure.row.unit), value / ratio, writer.cell(measure).kind)
    return UseCell(writer.cell(measure), expected, Cell(compared.gap, ratio - 1, "percent"), compared.verdict)
