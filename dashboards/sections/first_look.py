"""What to look at first: at most five indicators, by a rule that is printed, each with its caveat.

Belongs here: the rule. Only indicators whose catalogue entry says that more, or less, is better can be here: never cost, never prevalence.
"""

from dashboards.model.blocks import FirstLook, FirstLookItem, Glance, GlanceLine
from dashboards.model.measures import Writer

MOST = 5


def first_look(writer: Writer, shown: Glance) -> FirstLook:
    """Unfavourable and worsening first, then unfavourable; the widest gap first; what improves is left out."""
    chosen = [line for line in shown.lines if line.verdict == "unfavourable" and not _is_improving(line)]
    chosen.sort(key=lambda line: (not line.is_worsening, -_gap(line)))
    items = tuple(_item(writer, line) for line in chosen[:MOST])
    has_judged = any(line.verdict in ("favourable", "unfavourable") or _is_judged(writer, line) for line in shown.lines)
    empty = "" if items else writer.texts("first_look.none" if has_judged else "first_look.no_judged")
    return FirstLook(items, writer.texts("first_look.rule", most=MOST), empty)


def _is_judged(writer: Writer, line: GlanceLine) -> bool:
    entry = writer.published.catalogue[line.measure.row.indicator_id]
    return bool(entry.get("polarity", "no_judgement") != "no_judgement" and line.measure.is_shown)


def _is_improving(line: GlanceLine) -> bool:
    return line.trend in ("up", "down") and not line.is_worsening


def _gap(line: GlanceLine) -> float:
    """The relative gap to the reference."""
    value = line.measure.row.value
    return abs(value / line.reference - 1) if value is not None and line.reference else 0.0


def _item(writer: Writer, line: GlanceLine) -> FirstLookItem:
    texts, measure = writer.texts, line.measure
    text = texts(
        "first_look.item",
        value=measure.text,
        interval=f" ({texts('comparison.interval')} {measure.interval})" if measure.interval else "",
        reference=line.reference_text,
        trend=line.trend_text,
    )
    caveat = writer.published.catalogue[measure.row.indicator_id].get(f"caveats_{texts.language}", "")
    return FirstLookItem(line.label, text, caveat, measure)
