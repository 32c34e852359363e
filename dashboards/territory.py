"""From a published run to the page of one territory: a pure function."""

from dashboards.measures import Writer
from dashboards.numbers import Numbers
from dashboards.page import Link, Stamp, TerritoryPage
from dashboards.places import place_of
from dashboards.published import Published
from dashboards.section import condition_section
from dashboards.table import territory_table
from dashboards.texts import load


def territory_page(published: Published, territory_id: str, language: str, links: tuple[Link, ...]) -> TerritoryPage:
    """The page of one declared territory for the year in front. links: every page of the site, this one marked."""
    writer = writer_of(published, language)
    place = place_of(writer, territory_id)
    return TerritoryPage(
        language=language,
        territory_id=territory_id,
        name=place.name,
        file_name=next(link.target for link in links if link.is_here),
        year=place.year,
        stamp=stamp_of(writer),
        links=links,
        sections=tuple(condition_section(writer, place, definition) for definition in published.definitions),
        table=territory_table(writer, place.year, links, here=territory_id),
    )


def writer_of(published: Published, language: str) -> Writer:
    """The writer of one run in one language."""
    return Writer(published, load(language), Numbers(language))


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
        data_through=writer.numbers.day(max(row.data_through for row in published.rows.values())),
        period=texts(f"period.{latest.period_status}"),
        is_synthetic=latest.synthetic,
        lookback_years=latest.lookback_years,
        coverage=texts(f"coverage.{latest.coverage}"),
        title_note=texts(f"title_note.{latest.coverage}"),
        reference_id=latest.reference_id or texts("page.no_reference"),
        checks=texts(checks, passed=published.checks_passed, total=published.checks_total),
        checks_all_passed=0 < published.checks_total == published.checks_passed,
        warning=warning,
    )
