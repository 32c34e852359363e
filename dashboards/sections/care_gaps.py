"""Gaps in follow-up care: one line per act the run measures. Without ambulatory care in the extract, it says so."""

from dashboards.model.blocks import CareGaps
from dashboards.model.measures import Writer
from dashboards.sources.places import Place
from dashboards.sources.published import STRATA


def care_gaps(writer: Writer, place: Place, condition: str) -> CareGaps:
    """One line per act of follow-up the run measures (care_gap_*), by stratum."""
    names = [name for name in writer.published.catalogue if name.startswith("care_gap_")]
    lines = []
    for name in names:
        if (name, condition, place.territory_id) in writer.published.groups:
            measures = tuple(writer.measure(name, place.year, condition, place.territory_id, stratum) for stratum in STRATA)
            lines.append((str(writer.published.catalogue[name][f"label_{writer.texts.language}"]), measures))
    return CareGaps(tuple(lines), writer.texts("care.reading" if lines else "care.none"))
