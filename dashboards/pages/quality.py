"""The quality page: what the receipt of the run says was read, set aside and checked.

Belongs here: the receipt as tables. Not here: the private quality page, which has small counts by hospital and is never published.
"""

from collections import Counter
from typing import Any

from dashboards.model.blocks import Cell, Table
from dashboards.model.measures import Writer
from dashboards.model.page import Navigation, QualityPage
from dashboards.pages.territory import stamp_of
from dashboards.texts import typeset


def quality_page(writer: Writer, navigation: Navigation) -> QualityPage:
    """Checks (those that fail first), stays set aside, files read, protected cells, versions."""
    receipt = writer.published.receipt
    checks = sorted(receipt["checks"], key=lambda one: (bool(one["passed"]), one.get("table", ""), one.get("check", "")))
    return QualityPage(
        language=writer.texts.language,
        name=writer.texts("quality.title"),
        year=writer.published.front_year,
        stamp=stamp_of(writer),
        navigation=navigation,
        checks=_checks(writer, checks),
        failing=tuple(_label(writer, one) for one in checks if not one["passed"]),
        tables=tuple(
            table for table in (_chaining(writer), _rejected(writer), _files(writer), _protected(writer), _versions(writer)) if table.rows
        ),
    )


def _printed(check: dict[str, Any], name: str, language: str) -> str:
    """What a check says in a language."""
    text = str(check.get(f"{name}_{language}") or "")
    return typeset(text) if language == "fr" else text


def _name(check: dict[str, Any]) -> str:
    return str(check.get("check") or check.get("name") or "")


def _checks(writer: Writer, checks: list[dict[str, Any]]) -> Table:
    t = writer.texts
    heads = tuple(t(f"quality.{name}") for name in ("check", "outcome", "severity", "table", "failing", "bounds", "source"))
    return Table("checks", t("quality.checks"), heads, tuple(_check(writer, one) for one in checks))


def _label(writer: Writer, check: dict[str, Any]) -> str:
    """The words of a check when the receipt has them, else its name."""
    return _printed(check, "label", writer.texts.language) or _name(check)


def _check(writer: Writer, one: dict[str, Any]) -> tuple[Cell, ...]:
    t, failing = writer.texts, one.get("failing_rows")
    severity = str(one.get("severity", ""))
    return (
        Cell(_label(writer, one)),
        Cell(t("quality.held" if one["passed"] else "quality.not_held")),
        Cell(t.get(f"quality.severity_{severity}", severity)),
        Cell(str(one.get("table", ""))),
        Cell("", None) if failing is None else _count(writer, failing),
        Cell(_bounds(writer, one)),
        Cell(_printed(one, "source", t.language)),
    )


def _bounds(writer: Writer, one: dict[str, Any]) -> str:
    low, high = (None if bound is None else writer.numbers.as_declared(bound) for bound in (one.get("min"), one.get("max")))
    if low is None:
        return "" if high is None else f"≤ {high}"
    return f"≥ {low}" if high is None else f"{low}–{high}"


def _rejected(writer: Writer) -> Table:
    t = writer.texts
    rejected = writer.published.receipt.get("rejected", {})
    rows = tuple(
        (Cell(t.get(f"rejection.{name}", name)), _count(writer, stays))
        for name, stays in sorted(rejected.items(), key=lambda pair: _size(pair[1]), reverse=True)
    )
    return Table("rejected", t("quality.rejected"), (t("quality.reason"), t("quality.stays")), rows, t("quality.rejected_reading"))


def _chaining(writer: Writer) -> Table:
    """Stays whose chaining is bad, beside all the stays that were read."""
    t, receipt = writer.texts, writer.published.receipt
    stays = receipt.get("rows", {}).get("stay")
    names = ("chaining_error", "no_pseudonym", "placeholder_pseudonym", "no_dates")
    rejected = receipt.get("rejected", {})
    rows = [(Cell(t("quality.all_stays")), _count(writer, stays), Cell(""))] if isinstance(stays, int) and stays else []
    for name in names if rows else ():
        if name in rejected:
            share = rejected[name] / stays if isinstance(rejected[name], int) and stays else None
            text = writer.numbers.percent(share) if share is not None else ""
            rows.append((Cell(t.get(f"rejection.{name}", name)), _count(writer, rejected[name]), Cell(text, share, "percent")))
    heads = (t("quality.chaining_state"), t("quality.stays"), t("quality.share"))
    return Table("chaining", t("quality.chaining"), heads, tuple(rows), t("quality.chaining_reading"))


def _files(writer: Writer) -> Table:
    """Files and lines by family and year: no hospital is named."""
    t = writer.texts
    keys = ("lines", "accepted", "quarantined", "refused")
    totals: dict[tuple[str, str], Counter[str]] = {}
    for one in writer.published.receipt.get("inputs", []):
        total = totals.setdefault((str(one["family"]), str(one["year"] or "")), Counter())
        total.update({"files": 1} | {key: one[key] for key in keys if isinstance(one.get(key), int)})
    rows = tuple(
        (Cell(f"{family} {year}".strip()), *(_count(writer, total[key]) for key in ("files", *keys)))
        for (family, year), total in sorted(totals.items())
    )
    heads = (t("quality.family"), t("quality.files"), *(t(f"quality.{key}") for key in keys))
    return Table("files", t("quality.files_title"), heads, rows, t("quality.files_reading"))


def _protected(writer: Writer) -> Table:
    """Cells hidden per indicator."""
    t = writer.texts
    lost = writer.published.receipt.get("disclosure", {}).get("lost", {})
    rows = tuple(
        (
            Cell(writer.published.catalogue.get(name, {}).get(f"label_{t.language}", name)),
            _count(writer, entry["rows"]),
            _count(writer, entry["lost"]),
        )
        for name, entry in sorted(lost.items())
    )
    return Table(
        "protected",
        t("quality.protected"),
        (t("glance.indicator"), t("quality.rows"), t("quality.hidden")),
        rows,
        t("quality.protected_reading"),
    )


def _versions(writer: Writer) -> Table:
    t, receipt = writer.texts, writer.published.receipt
    facts = {**receipt.get("versions", {}), "platform": receipt.get("platform", ""), "content_hash": receipt.get("content_hash", "")}
    rows = tuple((Cell(name), Cell(str(value))) for name, value in sorted(facts.items()) if value)
    return Table("versions", t("quality.versions"), (t("quality.part"), t("quality.version")), rows)


def _count(writer: Writer, value: object) -> Cell:
    """A count of the receipt: a number, or what it wrote instead ('<11')."""
    return Cell(writer.numbers.count(value), float(value), "count") if isinstance(value, int) else Cell(str(value))


def _size(value: object) -> int:
    return value if isinstance(value, int) else 0
