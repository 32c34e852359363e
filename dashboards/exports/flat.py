"""The published numbers of a territory page, or of the national one, as one CSV: a line per number, as published, with what it means.

Belongs here: columns, and cells that no spreadsheet takes for a formula. Not here: any number the page object does not hold.
"""

import csv
import io

from dashboards.model.national_twins import page_measures
from dashboards.model.page import ExportedPage, NationalPage

KEYS = ("indicator_id", "condition", "year", "territory_id", "stratum", "cost_basis", "unit", "status", "reason")
NUMBERS = ("value", "lower", "upper", "numerator", "denominator", "expected", "ratio", "ratio_lower", "ratio_upper", "reference_value")
SCOPE = ("definition_id", "reference_id", "fields", "coverage", "data_through", "period_status", "synthetic")
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(page: ExportedPage) -> bytes:
    """UTF-8 with a mark, separated by ; . Numbers as in indicators.parquet (decimal point); hidden ones are empty, with their status."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("run_id", "territory_name", "label", *KEYS, "text", *NUMBERS, *SCOPE))
    places = names_of(page)
    for section, measures in page_measures(page):
        labels = {origin.measures[0].row.indicator_id: origin.label for origin in section.origins if origin.measures}
        for measure in measures:
            row = measure.row
            label = labels.get(row.indicator_id, row.indicator_id)
            texts = (page.stamp.run_id, places[row.territory_id], label, *(getattr(row, name) for name in KEYS), measure.text)
            numbers = (getattr(row, name) for name in NUMBERS)
            writer.writerow((*map(plain, texts), *numbers, *(plain(getattr(row, name)) for name in SCOPE)))
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def names_of(page: ExportedPage) -> dict[str, str]:
    """The name of each place whose numbers the page publishes."""
    if isinstance(page, NationalPage):
        return {line.territory_id: line.name for table in page.tables for line in table.lines}
    return {page.territory_id: page.name}


def plain(value: object) -> str:
    """A text that a spreadsheet shows and does not compute."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
