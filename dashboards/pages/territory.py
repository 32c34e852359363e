"""From a published run to the page of one territory: a pure function."""

import re
from datetime import date

from dashboards.model.measures import Writer
from dashboards.model.numbers import Numbers
from dashboards.model.page import Navigation, Stamp, TerritoryPage
from dashboards.sections.section import condition_section
from dashboards.sections.table import territory_table
from dashboards.sources.atlas import Atlas
from dashboards.sources.deployment import Entry
from dashboards.sources.places import place_of
from dashboards.sources.published import Published
from dashboards.texts import load

RUN_DAY = re.compile(r"(20\d\d)([01]\d)([0-3]\d)T")


def territory_page(writer: Writer, territory_id: str, navigation: Navigation) -> TerritoryPage:
    """The page of one declared territory for the year in front. navigation: every page of the site, this one marked."""
    published = writer.published
    place = place_of(writer, territory_id)
    return TerritoryPage(
        language=writer.texts.language,
        territory_id=territory_id,
        name=place.name,
        file_name=next(link.target for link in navigation.links if link.is_here),
        year=place.year,
        stamp=stamp_of(writer),
        navigation=navigation,
        sections=tuple(condition_section(writer, place, definition) for definition in published.definitions),
        table=territory_table(writer, place.year, navigation.links, here=territory_id),
    )


def writer_of(published: Published, language: str, atlas: Atlas | None = None, entries: tuple[Entry, ...] = ()) -> Writer:
    """The writer of one run in one language."""
    return Writer(published, load(language), Numbers(language), atlas or Atlas(), entries)


def stamp_of(writer: Writer) -> Stamp:
    """What the run says of itself, with the warning its coverage and its period call for."""
    published, texts = writer.published, writer.texts
    latest = published.front_row
    checks = "page.checks" if published.checks_total else "page.checks_none"
    warning = texts(f"warning.{latest.coverage}")
    if latest.period_status == "partial":
        warning += " " + texts("warning.partial")
    return Stamp(
        run_id=published.run_id,
        project=published.project,
        threshold=published.threshold,
        data_through=writer.numbers.day(published.data_through),
        period=texts(f"period.{latest.period_status}"),
        is_synthetic=latest.synthetic,
        lookback_years=latest.lookback_years,
        coverage=texts(f"coverage.{latest.coverage}"),
        title_note=texts(f"title_note.{latest.coverage}"),
        reference_id=latest.reference_id or texts("page.no_reference"),
        checks=texts(checks, passed=published.checks_passed, total=published.checks_total),
        checks_all_passed=0 < published.checks_total == published.checks_passed,
        warning=warning,
        content_hash=published.content_hash,
        revision=revision_of(writer),
        revision_short=revision_of(writer, "_short"),
        refreshed=_refreshed(writer),
    )


def _refreshed(writer: Writer) -> str:
    """The day of the run, as its identifier says it (UTC); '' when it says none."""
    found = RUN_DAY.match(writer.published.run_id)
    return writer.texts("page.refreshed", date=writer.numbers.day(date(*map(int, found.groups())))) if found else ""


def revision_of(writer: Writer, form: str = "") -> str:
    """What changed since the publication before: how many numbers, and what may have changed them. form: '_short' for a few words."""
    report, texts = writer.published.revision, writer.texts
    if not report:
        return texts(f"page.revision_none{form}")
    if report["previous"] is None:
        return texts(f"page.revision_first{form}")
    kinds = ("changed", "status_changed", "added", "removed")
    counts = {kind: sum(one[kind] for one in report["indicators"].values()) for kind in kinds}
    causes = [texts(f"revision.{kind}") for kind, names in report["causes"].items() if names]
    told = {kind: writer.numbers.count(count) for kind, count in counts.items()}
    name = "page.revision" if any(counts.values()) else "page.revision_same"
    told["count"] = writer.numbers.count(sum(counts.values()))
    return texts(f"{name}{form}", previous=report["previous"], causes=", ".join(causes) or texts("revision.none"), **told)
