"""The national reference: rates and mean costs by sex and age band, made from a national extract or read from a pack.

Belongs here: making the cells, merging the sparse ones, refusing a pack that does not fit. Not here: the pack's files (pack.py), how
territories lie (spread.py), the nation without one of them (left_out.py), the expected numbers
(sql/indicators/expected_*.sql).
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import duckdb
import polars as pl

from strata.config import COST_BASES, Config, Disclosure
from strata.disclosure.cells import MEMBERS
from strata.disclosure.sums import MARGIN_COLUMNS
from strata.errors import StrataError
from strata.measures.measure import PUBLISHED
from strata.reference.dominance import undominated_parts, without_dominated
from strata.reference.left_out import PACKED, check_dominance, check_told, sides_of, split
from strata.reference.pack import CELL_SCHEMA, KEYS, SPREAD_SCHEMA, TOTAL_SCHEMA, Pack, read_pack, verify_pack, write_pack
from strata.reference.spread import of_territories, territory_spread

__all__ = ["Pack", "build_reference", "load_reference", "merge_bands", "pack_margins", "read_pack", "verify_pack", "write_pack"]

# Levels that add up or nest: when one of them is too small in a sex, the others would give it back by subtraction.
_FAMILIES = {**dict.fromkeys("1234", "strata"), "all": "all", "at_risk_strict": "strict", "at_risk_extended": "extended"}
# Levels that share the bands of their merged cells: a difference of theirs is then a merged cell too.
_ALIKE = {**dict.fromkeys(["1", "2", "3", "4", "all"], "diseased"), **dict.fromkeys(["at_risk_strict", "at_risk_extended"], "at_risk")}
_BANDS = ["state_year", "condition", "alike"]
# side: the nation; or what is left of it, the territory left out and those left out of other packs: each is told by a difference
_SERIES = ["side", "stratum", "sex"]
_PACKED = ("nation", PACKED)


def load_reference(connection: duckdb.DuckDBPyConnection, config: Config) -> Pack | None:
    """Write `reference_cell`, `reference_total`, `reference_spread` and `reference_pack` (its name), empty without one; give the pack.

    A pack named in [paths] reference wins; without one, a national extract is its own reference. Reads the tables of sql/reference.
    StrataError when the pack is damaged or does not fit the configuration and the extract.
    """
    pack = None
    if config.paths.reference:
        pack = read_pack(config.path("reference"))
        territories = {name for (name,) in connection.sql("SELECT territory_id FROM territory").fetchall()}
        _refuse_mismatch(pack, _about(connection, config), territories, str(config.path("reference")))
    elif config.scope == "national":
        pack = build_reference(connection, config)
    _write_tables(connection, pack)
    return pack


def build_reference(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    *,
    told: pl.DataFrame | None = None,
    leave_out: str = "",
    let_out: Sequence[str] = (),
) -> Pack:
    """The pack of a national extract: territories and REST together. Only cells of at least `threshold` persons are in it.

    told: its indicators as published (publish.tell), of which the spread of the territories is made; none without it. leave_out: a
    territory whose persons and residents are not counted; it needs `told`. let_out: territories without which a pack was let out before,
    protected together with this one. StrataError (usage): the extract is not declared national, or the territory cannot be left out. A
    year without the whole population has no rate per resident.
    """
    if config.scope != "national":
        raise _not_national(config.scope)
    cells = connection.sql("FROM national_cell").pl().with_columns(side=pl.lit(_PACKED[0]))
    whole = _pack(connection, config, _in_band_order(cells, connection))
    told = pl.DataFrame(schema=PUBLISHED) if told is None else told.filter(pl.col("reference_id") == whole.reference_id)
    pack = _without(connection, config, told, leave_out, let_out) if leave_out else whole
    if told.is_empty():
        return pack
    return replace(pack, spread=territory_spread(of_territories(connection, told).filter(pl.col("territory_id") != leave_out)))


def _without(connection: duckdb.DuckDBPyConnection, config: Config, told: pl.DataFrame, territory_id: str, let_out: Sequence[str]) -> Pack:
    sides = sides_of(connection, territory_id, let_out)
    cells = _in_band_order(split(connection, sides), connection)
    check_told(told, sides)
    numbered = _numbered(_written(cells, config), config.disclosure)
    check_dominance(connection, numbered, sides, config.disclosure.dominance_share)
    pack = _pack(connection, config, cells)
    return replace(pack, about=pack.about | {"left_out": territory_id})


def _pack(connection: duckdb.DuckDBPyConnection, config: Config, cells: pl.DataFrame) -> Pack:
    """cells: of side 'nation', or of side 'rest', which is packed, and of those that the pack must not give away."""
    written = without_dominated(_written(cells, config), config.disclosure.dominance_share)
    is_packed = pl.col("side").is_in(_PACKED)
    merged = _merged_cells(written, config.disclosure)
    return Pack(_about(connection, config), merged, _totals(cells.filter(is_packed), written.filter(is_packed)))


def _written(cells: pl.DataFrame, config: Config) -> pl.DataFrame:
    """The levels that may be told on every side, of years whose residents are known on every side; with `alike`."""
    cells = cells.with_columns(alike=pl.col("stratum").replace_strict(_ALIKE))
    complete = cells.filter(pl.col("denominator").is_not_null().all().over(KEYS))
    levels = [_writable(side, config.disclosure.threshold) for _, side in complete.group_by("side", maintain_order=True)]
    for other in levels[1:]:
        levels[0] = levels[0].join(other, on=[*KEYS, "sex"], how="semi", maintain_order="left")
    return complete.join(levels[0], on=[*KEYS, "sex"], how="semi", maintain_order="left") if levels else complete


def _in_band_order(cells: pl.DataFrame, connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    order = connection.sql("SELECT age_band, age_min FROM age_band").pl()
    return cells.join(order, on="age_band").sort(["side", *KEYS, "sex", "age_min"])


def merge_bands(bands: Sequence[Sequence[int]], threshold: int) -> list[int]:
    """For each band from the youngest, the number of its merged cell (0, 1, …). bands: the persons of each series in each band.

    A band where one series is below the threshold is merged with the next older one until every series has `threshold` persons; what
    remains at the oldest end joins the cell before it. Together below the threshold: one cell, which is then not written.
    """
    parts: list[int] = []
    part, held = 0, [0] * len(bands[0])
    for counts in bands:
        parts.append(part)
        held = [before + count for before, count in zip(held, counts, strict=True)]
        if min(held) >= threshold:
            part, held = part + 1, [0] * len(counts)
    last = max(part - 1, 0)
    return [min(number, last) for number in parts]


def _writable(cells: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """Leave out the levels that are too small in a sex, and those that would give it back by subtraction.

    In both sexes: a publication tells both together, and the sex that is written would give the other.
    """
    series = [key for key in KEYS if key != "stratum"]
    sums = cells.group_by([*series, "sex", "stratum"], maintain_order=True).agg(pl.col("persons", "holders").sum())
    wide = sums.filter(pl.col("stratum") == "at_risk_extended").select(*series, "sex", wide="persons")
    sums = sums.join(wide, on=[*series, "sex"], how="left", maintain_order="left").with_columns(
        family=pl.col("stratum").replace_strict(_FAMILIES),
        nested=(pl.col("stratum") == "at_risk_strict") & (pl.col("wide") - pl.col("persons")).is_between(1, threshold - 1),
    )
    is_few = pl.any_horizontal(pl.col("persons", "holders").is_between(1, threshold - 1))
    safe = ~is_few & ~pl.col("nested").fill_null(False)
    written = sums.filter(safe.all().over([*series, "family"]) & (pl.col("persons") > 0))  # nobody: nothing to write, nothing to hide
    return cells.join(written, on=[*series, "sex", "stratum"], how="semi", maintain_order="left")


def _with_parts(cells: pl.DataFrame, rules: Disclosure) -> pl.DataFrame:
    """The cells with `part`, the number of their merged cell: the same bands for every level, sex and cost of the same persons."""
    state_year = pl.when(pl.col("cohort") == "stock").then("year").otherwise(pl.col("year") - 1)
    cells = cells.with_columns(state_year=state_year)
    found = [_parts(group, rules.threshold) for _, group in cells.group_by(_BANDS, maintain_order=True)]
    if not found:
        return cells.with_columns(part=0)
    parted = cells.join(pl.concat(found), on=[*_BANDS, "age_band"], how="left", maintain_order="left")
    wider = [_wider(group, rules) for _, group in parted.group_by([*_BANDS, "measure"], maintain_order=True)]
    return parted.drop("part").join(pl.concat(wider), on=[*_BANDS, "measure", "age_band"], how="left", maintain_order="left")


def _wider(cells: pl.DataFrame, rules: Disclosure) -> pl.DataFrame:
    """The parts of one measure, merged further where its events are of too few persons, or its euros nearly of one: sums of merged cells,
    which tell nothing new.
    """
    held = cells.unique([*_SERIES, "age_band"], maintain_order=True)
    series = held.filter(pl.col("holders").sum().over(_SERIES) > 0)
    counts = series.group_by("part", *_SERIES, maintain_order=True).agg(pl.col("holders").sum())
    parts = counts.group_by("part", maintain_order=True).agg("holders").sort("part")
    wide = dict(zip(parts["part"], merge_bands(parts["holders"].to_list(), rules.threshold), strict=True)) if len(parts) else {}
    dear = undominated_parts(cells.with_columns(pl.col("part").replace(wide)), rules.dominance_share)
    bands = held.unique("age_band", maintain_order=True).select(*_BANDS, "measure", "age_band", "part")
    return bands.with_columns(part=pl.col("part").replace(wide).replace(dear))


def _parts(cells: pl.DataFrame, threshold: int) -> pl.DataFrame:
    """The merged cell of each band of one group of levels. Extended risk without strict is a series too."""
    counts = cells.unique([*_SERIES, "age_band"], maintain_order=True)
    strict = counts.filter(pl.col("stratum") == "at_risk_strict").select("side", "sex", "age_band", inner="persons")
    beyond = counts.filter(pl.col("stratum") == "at_risk_extended").join(strict, on=["side", "sex", "age_band"], maintain_order="left")
    beyond = beyond.with_columns(persons=pl.col("persons") - pl.col("inner"), stratum=pl.lit("beyond strict")).drop("inner")
    series = pl.concat([counts, beyond]).filter(pl.col("persons").sum().over(_SERIES) > 0)
    bands = series.group_by("age_band", maintain_order=True).agg("persons")
    parts = merge_bands(bands["persons"].to_list(), threshold)
    return bands.select(*(pl.lit(cells[name][0], cells.schema[name]).alias(name) for name in _BANDS), "age_band", part=pl.Series(parts))


def _numbered(cells: pl.DataFrame, rules: Disclosure) -> pl.DataFrame:
    """Each band with the sums and the name (`merged`) of its merged cell."""
    group = ["side", *KEYS, "sex", "part"]
    names = ["persons", "denominator", "numerator", "cost_square"]
    return _with_parts(cells, rules).with_columns(
        *(pl.col(name).sum().over(group) for name in names), merged=pl.col("age_band").str.join("+").over(group)
    )


def _merged_cells(cells: pl.DataFrame, rules: Disclosure) -> pl.DataFrame:
    summed = _numbered(cells, rules).filter(pl.col("side").is_in(_PACKED))
    is_spread = (pl.col("per") == "member") & (pl.col("measure") != "persons")
    square = (pl.col("cost_square") - pl.col("numerator") ** 2 / pl.col("persons")) / (pl.col("persons") - 1)
    named = summed.with_columns(
        rate=pl.when(pl.col("denominator") > 0).then(pl.col("numerator") / pl.col("denominator")),
        variance=pl.when(is_spread & (pl.col("persons") > 1)).then(square),
    )
    return named.filter(pl.col("rate").is_not_null()).select(pl.col(name).cast(kind) for name, kind in CELL_SCHEMA.items())


def pack_margins(connection: duckdb.DuckDBPyConnection, config: Config) -> pl.DataFrame:
    """What a pack tells of the whole extract, for disclosure control: the sums of its cells, known to whoever holds it.

    Columns of disclosure.sums.MARGIN_COLUMNS, and `counted`: the members, or those amputated (an event each: a rate that is told tells
    how many persons). Empty unless the extract is national: a pack made elsewhere is about other persons.
    """
    schema = MARGIN_COLUMNS | {"counted": pl.String}
    if config.scope != "national":
        return pl.DataFrame(schema=schema)
    known = connection.sql(
        f"""WITH cell AS (
               SELECT DISTINCT condition, year - CASE cohort WHEN 'flow' THEN 1 ELSE 0 END AS state_year, stratum, sex, age_band, merged,
                   CASE WHEN measure IN ('persons', 'cost') THEN '{MEMBERS}' ELSE measure END AS counted
               FROM reference_cell WHERE measure IN ('persons', 'cost', 'amputations')
           )
           SELECT DISTINCT condition, state_year, stratum, 'all' AS sex, ['all'] AS age_bands, counted FROM cell
           UNION SELECT condition, state_year, 'all', sex, ['all'], counted FROM cell WHERE stratum = 'all'
           UNION SELECT condition, state_year, 'all', 'all', list(DISTINCT age_band ORDER BY age_band), counted FROM cell
               WHERE stratum = 'all' GROUP BY condition, state_year, merged, counted
           ORDER BY ALL"""
    ).pl()
    return known.select(pl.col(name).cast(kind) for name, kind in schema.items())


def _totals(cells: pl.DataFrame, written: pl.DataFrame) -> pl.DataFrame:
    """Crude figures of the levels written in both sexes: with one sex alone, the total would give the other."""
    both = written.group_by(KEYS).agg(pl.col("sex").n_unique().alias("sexes")).filter(pl.col("sexes") == 2)
    sums = cells.join(both, on=KEYS, how="semi", maintain_order="left").group_by(KEYS, maintain_order=True)
    figures = sums.agg(pl.col("persons", "denominator", "numerator").sum())
    mean = pl.when(pl.col("denominator") > 0).then(pl.col("numerator") / pl.col("denominator"))
    return figures.with_columns(mean=mean).select(pl.col(name).cast(kind) for name, kind in TOTAL_SCHEMA.items())


def _about(connection: duckdb.DuckDBPyConnection, config: Config) -> dict[str, Any]:
    """What a reference must have in common with the figures compared to it, from the tables as they are."""
    setting = connection.sql("SELECT lookback_years, standard_tariff_year, pie_rule, residence_rule, fields, is_synthetic FROM setting")
    lookback, tariff_year, pie_rule, residence, fields, is_synthetic = setting.fetchall()[0]
    stock = connection.sql("SELECT year FROM reporting_year WHERE is_stock AND index_date = make_date(year, 12, 31) ORDER BY year")
    flow = connection.sql("SELECT year, lookback_years FROM flow_year ORDER BY year").fetchall()
    return {
        "definitions": dict(connection.sql("SELECT condition, definition_id FROM definition ORDER BY condition").fetchall()),
        "contents": dict(connection.sql("SELECT condition, content_sha256 FROM definition ORDER BY condition").fetchall()),
        "lookback_years": lookback,
        "fields": fields,
        "cost_bases": list(COST_BASES),
        "standard_tariff_year": tariff_year,
        "pie_rule": pie_rule,
        "residence_rule": residence,
        "stock_years": [year for (year,) in stock.fetchall()],
        "flow_years": {str(year): held for year, held in flow},
        "threshold": config.disclosure.threshold,
        "synthetic": is_synthetic,
    }


_SAME = {
    "lookback_years": ("les années de recul", "the years of look-back"),
    "fields": ("les champs inclus", "the fields of care included"),
    "cost_bases": ("les bases de coût", "the cost bases"),
    "standard_tariff_year": ("l'année du tarif standard", "the year of the standard tariff"),
    "pie_rule": ("la règle des prestations inter-établissements", "the rule for inter-hospital services"),
    "residence_rule": ("la règle de résidence", "the rule of residence"),
}


def _refuse_mismatch(pack: Pack, ours: dict[str, Any], territories: set[str], where: str) -> None:
    theirs = pack.about
    wrong = [
        (f"{fr} ({theirs.get(name)} ≠ {ours[name]})", f"{en} ({theirs.get(name)} ≠ {ours[name]})")
        for name, (fr, en) in _SAME.items()
        if theirs.get(name) != ours[name]
    ]
    wrong += _missing(theirs.get("definitions", {}), ours["definitions"], ("la définition", "the definition"))
    wrong += _edited(theirs, ours)
    years = sorted(set(ours["stock_years"]) - set(theirs.get("stock_years", [])))
    wrong += [(f"l'année {year} (stock) absente", f"year {year} (stock) missing") for year in years]
    wrong += _missing(theirs.get("flow_years", {}), ours["flow_years"], ("le recul du flux", "the look-back of the flow"))
    left_out = theirs.get("left_out")
    if left_out and left_out not in territories:
        wrong.append((f"le territoire laissé de côté, {left_out}, n'est pas ici", f"the territory left out, {left_out}, is not here"))
    if theirs.get("synthetic") and not ours["synthetic"]:
        wrong.append(("le paquet est synthétique, l'extraction est réelle", "the pack is synthetic, the extract is real"))
    if wrong:
        raise _refusal(where, wrong)


def _missing(theirs: dict[str, Any], ours: dict[str, Any], what: tuple[str, str]) -> list[tuple[str, str]]:
    wrong = [(name, theirs.get(name, "—"), value) for name, value in ours.items() if theirs.get(name) != value]
    return [(f"{what[0]} {name} ({theirs} ≠ {ours})", f"{what[1]} {name} ({theirs} ≠ {ours})") for name, theirs, ours in wrong]


def _edited(theirs: dict[str, Any], ours: dict[str, Any]) -> list[tuple[str, str]]:
    """Definitions of one name and two contents: one of the two was edited under its old name."""
    same_name = [name for name, value in ours["definitions"].items() if theirs.get("definitions", {}).get(name) == value]
    edited = [name for name in same_name if theirs.get("contents", {}).get(name) != ours["contents"][name]]
    return [
        (f"le contenu de la définition {name}, sous le même nom", f"the content of definition {name}, under the same name")
        for name in edited
    ]


def _refusal(where: str, wrong: Iterable[tuple[str, str]]) -> StrataError:
    reasons = list(wrong)
    return StrataError(
        what=("Le paquet de référence est refusé", "The reference pack is refused"),
        where=where,
        why=(
            "ne concordent pas (paquet ≠ ici) : " + " ; ".join(fr for fr, _ in reasons),
            "do not agree (pack ≠ here): " + "; ".join(en for _, en in reasons),
        ),
        fix=(
            "Prendre un paquet fait avec les mêmes choix (strata reference show), ou régler [method] et [years] comme lui",
            "Take a pack made with the same choices (strata reference show), or set [method] and [years] like it",
        ),
        is_usage=True,
    )


def _not_national(scope: str) -> StrataError:
    return StrataError(
        what=("La référence ne peut pas être construite", "The reference cannot be built"),
        where="strata.toml [coverage]",
        why=(f"l'extraction est déclarée « {scope} », pas nationale", f"the extract is declared '{scope}', not national"),
        fix=(
            "La construire là où se trouvent les données nationales, puis indiquer le paquet dans [paths] reference",
            "Build it where the national data is, then name the pack in [paths] reference",
        ),
        is_usage=True,
    )


def _write_tables(connection: duckdb.DuckDBPyConnection, pack: Pack | None) -> None:
    cells = pack.cells if pack else pl.DataFrame(schema=CELL_SCHEMA)
    totals = pack.totals if pack else pl.DataFrame(schema=TOTAL_SCHEMA)
    spread = pack.spread if pack else pl.DataFrame(schema=SPREAD_SCHEMA)
    for name, frame in {"reference_cell": cells, "reference_total": totals, "reference_spread": spread}.items():
        connection.register("reference_frame", frame.to_arrow())
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS FROM reference_frame")
        connection.unregister("reference_frame")
    connection.execute("CREATE OR REPLACE TABLE reference_pack (reference_id VARCHAR, sha256 VARCHAR, about VARCHAR)")
    if pack:
        about = json.dumps(pack.about, ensure_ascii=False, sort_keys=True)
        connection.execute("INSERT INTO reference_pack VALUES (?, ?, ?)", [pack.reference_id, pack.sha256, about])
