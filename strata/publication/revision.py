"""What changed since the publication before, indicator by indicator, and what may have changed it.

Belongs here: comparing two published folders and saying it in both languages. Not here: publishing (publish.py), masks (disclosure/).

Everything is made of published files alone: a difference is said of two published values, never of a withheld one. A row withheld on either
side has a change of status, and no number.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import polars as pl

NAMES = ("revision.json", "revision.md")
_KEY = ["indicator_id", "cost_basis", "year", "condition", "territory_id", "stratum", "sex", "age_band"]
_NUMBERS = ["numerator", "denominator", "value", "expected", "ratio"]
_ROUNDING = {"numerator": 2, "denominator": 2, "expected": 2, "ratio": 5}
_SHOWN = 5  # largest changes told of each indicator
_WHY = {
    "data": ("données", "data"),
    "definition": ("définitions", "definitions"),
    "method": ("méthode", "method"),
    "reference": ("référence nationale", "national reference"),
}


def compare(before: Path | None, after: Path) -> dict[str, Any]:
    """What `after` changes of `before` (published folders), as written in revision.json. before None: the first publication.

    indicators: per indicator, rows `same`, `changed` beyond rounding, `status_changed`, `added`, `removed`, and the `largest` changes of
    value (before, after, relative). causes: what differs between the two receipts, by kind; an empty list: the same.
    """
    receipt = _json(after / "receipt.json")
    if before is None:
        return {"run_id": receipt["run_id"], "previous": None, "causes": {}, "indicators": {}}
    old = _json(before / "receipt.json")
    decimals = {name: entry.get("decimals", 2) for name, entry in _json(after / "indicators.json")["indicators"].items()}
    rows = _joined(_rows(before), _rows(after), decimals)
    return {"run_id": receipt["run_id"], "previous": old["run_id"], "causes": causes(old, receipt), "indicators": _by_indicator(rows)}


def causes(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[str]]:
    """Names of what differs between two receipts: data, definition, method, reference."""
    parts: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "data": lambda one: {row["source_file"]: row["sha256"] for row in one.get("inputs", [])} | dict(one.get("user_files", {})),
        "definition": lambda one: (
            {f"definition {name}": entry["definition_id"] for name, entry in one.get("definitions", {}).items()}
            | dict(one.get("code_lists", {}))
        ),
        "method": lambda one: (
            {f"sql {name}": value for name, value in one.get("sql_models", {}).items()}
            | {"catalogue": one.get("files", {}).get("indicators.json")}
            | {f"table {name}": value for name, value in one.get("parameters", {}).items()}
            | {f"version {name}": value for name, value in one.get("versions", {}).items()}
            | {f"setting {name}": value for name, value in one.get("settings", {}).items() if name != "paths"}
        ),
        "reference": lambda one: {"reference": (one.get("reference") or {}).get("sha256")},
    }
    return {kind: _different(read(old), read(new)) for kind, read in parts.items()}


def text(report: Mapping[str, Any], language: str) -> str:
    """The report as Markdown, in one language ('fr' or 'en')."""
    at = 0 if language == "fr" else 1
    title = ("# Ce qui a changé depuis la publication précédente", "# What changed since the publication before")[at]
    if report["previous"] is None:
        first = ("Première publication : il n'y a rien à comparer.", "First publication: there is nothing to compare with.")[at]
        return f"{title}\n\n{first}\n"
    lines = [title, "", f"{report['previous']} → {report['run_id']}", "", ("## Pourquoi", "## Why")[at], ""]
    lines += [_cause(_WHY[kind][at], names, at) for kind, names in report["causes"].items()]
    head = (
        ("Indicateur", "mêmes", "changées", "statut changé", "nouvelles", "disparues", "plus grands changements"),
        ("Indicator", "same", "changed", "status changed", "added", "removed", "largest changes"),
    )[at]
    lines += ["", ("## Quoi", "## What")[at], "", f"| {' | '.join(head)} |", "|---|---:|---:|---:|---:|---:|---|"]
    lines += [_line(name, found) for name, found in report["indicators"].items()]
    note = (
        "Une différence n'est dite que de deux valeurs publiées ; une ligne masquée d'un côté n'a qu'un changement de statut.",
        "A difference is said of two published values only; a row withheld on either side has a change of status alone.",
    )[at]
    return "\n".join([*lines, "", note, ""])


def write(report: Mapping[str, Any], folder: Path) -> None:
    """Write revision.json and revision.md (French, then English) in `folder`."""
    (folder / NAMES[0]).write_bytes((json.dumps(report, ensure_ascii=False, indent=2) + "\n").encode())
    (folder / NAMES[1]).write_bytes((text(report, "fr") + "\n---\n\n" + text(report, "en")).encode())


def _json(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _rows(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "indicators.parquet").select(*_KEY, *_NUMBERS, "status")


def _joined(old: pl.DataFrame, new: pl.DataFrame, decimals: Mapping[str, int]) -> pl.DataFrame:
    """Every row of either side with its `change`. Withheld numbers are NULL on both sides already."""
    both = old.join(new, on=_KEY, how="full", coalesce=True, suffix="_new", nulls_equal=True)
    step = pl.lit(10.0) ** -pl.col("indicator_id").replace_strict(dict(decimals), default=2, return_dtype=pl.Float64)
    moved = pl.any_horizontal(
        (pl.col(f"{name}_new") - pl.col(name)).abs() > 1.5 * (10.0 ** -_ROUNDING[name] if name in _ROUNDING else step) for name in _NUMBERS
    )
    is_ok = (pl.col("status") == "ok") & (pl.col("status_new") == "ok")
    change = (
        pl.when(pl.col("status").is_null())
        .then(pl.lit("added"))
        .when(pl.col("status_new").is_null())
        .then(pl.lit("removed"))
        .when(pl.col("status") != pl.col("status_new"))
        .then(pl.lit("status_changed"))
        .when(is_ok & moved.fill_null(False))
        .then(pl.lit("changed"))
        .otherwise(pl.lit("same"))
    )
    return both.with_columns(change=change)


def _by_indicator(rows: pl.DataFrame) -> dict[str, dict[str, Any]]:
    counts = {(name, change): count for name, change, count in rows.group_by("indicator_id", "change").len().iter_rows()}
    largest: dict[str, list[dict[str, Any]]] = {name: [] for name in sorted(rows["indicator_id"].unique())}
    for name, *row in _largest(rows).iter_rows():
        largest[name].append(dict(zip([*_KEY[1:], "before", "after", "relative"], row, strict=True)))
    kinds = ("same", "changed", "status_changed", "added", "removed")
    return {name: {kind: counts.get((name, kind), 0) for kind in kinds} | {"largest": told} for name, told in largest.items()}


def _largest(rows: pl.DataFrame) -> pl.DataFrame:
    """The largest changes of value of each indicator: its key, before, after, relative."""
    moved = rows.filter((pl.col("change") == "changed") & pl.col("value").is_not_null() & pl.col("value_new").is_not_null())
    moved = moved.with_columns(relative=((pl.col("value_new") - pl.col("value")) / pl.col("value").replace(0.0, None)).round(5))
    moved = moved.sort([pl.col("relative").abs(), *_KEY], descending=[True, *[False] * len(_KEY)], nulls_last=True)
    return moved.group_by("indicator_id", maintain_order=True).head(_SHOWN).select(*_KEY, "value", "value_new", "relative")


def _different(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    # through JSON, as the receipt was: a tuple of the settings is a list once it is read again
    plain = [json.loads(json.dumps(one, default=str)) for one in (old, new)]
    return sorted(name for name in {*plain[0], *plain[1]} if plain[0].get(name) != plain[1].get(name))


def _cause(label: str, names: list[str], at: int) -> str:
    if not names:
        return f"- {label} : identique" if at == 0 else f"- {label}: the same"
    shown = ", ".join(f"`{name}`" for name in names[:10]) + (" …" if len(names) > 10 else "")
    return f"- {label} ({len(names)}) : {shown}" if at == 0 else f"- {label} ({len(names)}): {shown}"


def _line(name: str, found: Mapping[str, Any]) -> str:
    counts = " | ".join(str(found[key]) for key in ("same", "changed", "status_changed", "added", "removed"))
    return f"| `{name}` | {counts} | {'; '.join(_told(found['largest']))} |"


def _told(rows: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    for row in rows:
        place = " ".join(str(row[name]) for name in ("condition", "year", "territory_id", "stratum", "sex") if row[name] != "all")
        yield f"{place}: {row['before']:g} → {row['after']:g}"
