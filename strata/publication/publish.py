"""Writing a publication: a folder that is whole or not there, then the pointer that names it.

Belongs here: the files of published/<run_id>/ and their order. Not here: what they say (measures), what they may say (disclosure),
the receipt (receipt.py), the pages (dashboards).
"""

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from strata.config import COST_BASES, Config
from strata.disclosure import protect
from strata.errors import StrataError
from strata.measures.catalogue import Catalogue, catalogue_of
from strata.measures.measure import CELL, PUBLISHED, VALUES, measure
from strata.measures.movement import CALIBRATED, CALIBRATION, smoothed, write_calibration
from strata.measures.relations import relations_of
from strata.publication import places, revision
from strata.publication.kept import ranked
from strata.publication.latest import POINTER, RUN_ID, pointed, published_folder
from strata.publication.receipt import NAME, file_hashes, make_receipt, verify, write_receipt
from strata.reference.spread import write_spread
from strata.system_errors import quoted, words_of

__all__ = ["POINTER", "pointed", "prune", "publications", "publish", "published_folder", "read_indicators", "tell", "use", "verify"]

_BUILDING = ".building-"
_TRIES, _TRY_SECONDS = 40, 0.05
_TYPES = {pl.String: "string", pl.Float64: "number", pl.Int16: "integer", pl.Int64: "integer", pl.Date: "date", pl.Boolean: "boolean"}


def publish(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    *,
    run_id: str,
    checks: Sequence[Mapping[str, Any]] = (),
    timings: Mapping[str, float] | None = None,
    extra: Callable[[Path], None] | None = None,
) -> Path:
    """Measure, protect and write published/<run_id>/, then point `latest` at it; gives the folder.

    extra: called with the folder when indicators and a first receipt are in it, before it is moved into place (the pages).
    Until the pointer is replaced, at the very end, readers keep the publication before. StrataError when the run was already published, or
    when the disk refuses a file.
    """
    with _writing(config.path("published")):
        return _publish(connection, config, run_id, {"checks": checks, "timings": timings or {}}, extra)


def _publish(
    connection: duckdb.DuckDBPyConnection,
    config: Config,
    run_id: str,
    told: Mapping[str, Any],
    extra: Callable[[Path], None] | None,
) -> Path:
    published = config.path("published")
    target = published / _checked(run_id, published)
    building = published / f"{_BUILDING}{run_id}"
    _clear(published)
    building.mkdir(parents=True)
    try:
        report = _write_data(connection, config, building)
        described: dict[str, Any] = {"run_id": run_id, **told, "disclosure": report}
        receipt = make_receipt(connection, config, files=file_hashes(building), **described)
        write_receipt(receipt, building)
        revision.write(revision.compare(_before(published), building), building)
        if extra:
            extra(building)
        _write_json(_data_package(building, catalogue_of(connection)), building / "datapackage.json")
        write_receipt(receipt | {"files": file_hashes(building)}, building)
        _sync(building)
        building.rename(target)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    _point(published, run_id)
    return target


@contextmanager
def _writing(published: Path) -> Iterator[None]:
    """What the system refuses in this folder becomes a StrataError that names it; a file that lies elsewhere is told by its own name."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        refusal = error if isinstance(error, OSError) else quoted(error)
        if refusal is None or (refusal.filename and not Path(refusal.filename).is_relative_to(published)):
            raise
        raise _not_written(published, words_of(refusal)) from error


def _not_written(published: Path, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=(
            "La publication ne peut pas être écrite ; la précédente reste montrée",
            "The publication cannot be written; the one before stays shown",
        ),
        where=str(published),
        why=why,
        fix=(
            "Libérer de la place sur ce disque ou donner le droit d'écrire dans ce dossier, puis relancer `strata run`",
            "Make room on this disk or give the right to write in this folder, then run `strata run` again",
        ),
        is_usage=True,
    )


def _before(published: Path) -> Path | None:
    """The publication that `latest` names, when it is whole."""
    run_id = pointed(published)
    folder = published / run_id
    return folder if run_id and all((folder / name).is_file() for name in (NAME, "indicators.parquet")) else None


def publications(published: Path) -> list[str]:
    """The runs whose publication is still there, the latest first."""
    return sorted((path.parent.name for path in published.glob(f"*/{NAME}") if not path.parent.name.startswith(".")), reverse=True)


def use(published: Path, run_id: str) -> None:
    """Make `latest` name an earlier publication. StrataError when it is not there, or no longer what its receipt says."""
    folder = published / run_id
    if not RUN_ID.fullmatch(run_id) or not (folder / NAME).is_file():
        names = ", ".join(publications(published)) or "—"
        raise StrataError(
            what=("Cette publication n'est plus là", "This publication is not there any more"),
            where=str(folder),
            why=(f"publications gardées : {names}", f"publications kept: {names}"),
            fix=("En choisir une de cette liste", "Choose one of this list"),
            is_usage=True,
        )
    for problem in verify(folder):
        raise problem
    _point(published, run_id)


def prune(published: Path, keep: int, *, spare: Sequence[str] = ()) -> list[str]:
    """Remove all but `keep` publications (0: none), the one shown and those to spare; gives the runs removed.

    The last ones stay; those with the same numbers as a later one go first. A folder loses its name first: nobody finds half a publication.
    """
    if keep == 0:
        return []
    shown = pointed(published)
    removed = [run_id for run_id in ranked(published, publications(published))[keep:] if run_id != shown and run_id not in spare]
    for run_id in removed:
        gone = published / f"{_BUILDING}{run_id}.old"
        with suppress(OSError):  # Windows: a reader has a file of it open; the next run tries again
            (published / run_id).rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
    return removed


def read_indicators(path: Path) -> pl.DataFrame:
    """The published indicators of a run folder, a `published` folder or a project folder, in the columns of the contract."""
    return pl.read_parquet(published_folder(path) / "indicators.parquet")


def _checked(run_id: str, published: Path) -> str:
    if not RUN_ID.fullmatch(run_id):
        raise _refused(run_id, ("ce nom ne peut pas être celui d'un dossier", "this cannot name a folder"))
    if (published / run_id).exists():
        raise _refused(str(published / run_id), ("cette exécution est déjà publiée", "this run is already published"))
    return run_id


def _clear(published: Path) -> None:
    """Remove what a crash left half built: there is one writer, so nobody is at work there."""
    for leftover in published.glob(f"{_BUILDING}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _write_data(connection: duckdb.DuckDBPyConnection, config: Config, folder: Path) -> dict[str, Any]:
    """Write the indicators and their catalogue; gives what disclosure control did."""
    frame, report = tell(connection, config)
    frame.write_parquet(folder / "indicators.parquet", compression="zstd")
    frame.write_csv(folder / "indicators.csv", line_terminator="\n")
    _write_json(catalogue_of(connection).published(), folder / "indicators.json")
    write_spread(connection, frame, folder)
    write_calibration(frame, folder)
    places.write_places(connection, folder)
    return report


def tell(connection: duckdb.DuckDBPyConnection, config: Config) -> tuple[pl.DataFrame, dict[str, Any]]:
    """The indicators that may be told, in the columns of the contract, and what disclosure control did.

    StrataError when the audit could not clear a count: nothing is published then.
    """
    earlier = [read_indicators(config.folder / name) for name in config.disclosure.earlier_masks]
    relations = relations_of(connection, config)
    frame, report = protect(measure(connection, config, catalogue_of(connection)), config.disclosure, relations=relations, earlier=earlier)
    if report["not_proved"]:
        raise _not_proved(report["not_proved"])
    return smoothed(frame), report  # made of what may be told, once it is known what may


def _not_proved(count: int) -> StrataError:
    return StrataError(
        what=("La publication est refusée", "The publication is refused"),
        where="strata.toml [disclosure]",
        why=(
            f"{count} petits effectifs pourraient être retrouvés par calcul à partir des autres chiffres",
            f"{count} small counts could be found by calculation from the other figures",
        ),
        fix=("Publier moins de territoires ou d'années, puis le signaler", "Publish fewer territories or years, and report it"),
    )


def _data_package(folder: Path, catalogue: Catalogue) -> dict[str, Any]:
    """A Frictionless data package: every file with its hash, but those that are of the run and not of its content."""
    hashes = {name: value for name, value in file_hashes(folder).items() if name not in revision.NAMES}
    resources = [_resource(folder / name, name, f"sha256:{value}", catalogue) for name, value in hashes.items()]
    of_run = [_of_run(name) for name in sorted((NAME, *revision.NAMES))]
    return {
        "profile": "data-package",
        "name": "strata-indicators",
        "title": "Population stratification indicators",
        "resources": [*resources, *of_run],
    }


def _of_run(name: str) -> dict[str, Any]:
    """A file that two runs of the same inputs do not share: the receipt, written last, and what changed since the run before."""
    kind = {"type": "file", "format": name.rpartition(".")[2], "mediatype": _MEDIA[Path(name).suffix]}
    return {"name": name, "path": name, **kind, "encoding": "utf-8"}


_MEDIA = {
    ".md": "text/markdown",
    ".csv": "text/csv",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def _resource(path: Path, name: str, digest: str, catalogue: Catalogue) -> dict[str, Any]:
    """One file. type: without it the frictionless tool takes a workbook for a table, and a receipt for a list of its checks."""
    resource = {
        "name": re.sub(r"[^a-z0-9._/-]", "-", name.lower()),
        "path": name,
        "format": path.suffix.lstrip("."),
        "mediatype": _MEDIA.get(path.suffix, "application/octet-stream"),
        "bytes": path.stat().st_size,
        "hash": digest,
    }
    schemas = {"indicators.csv": lambda: _schema(catalogue), places.NAME: _places_schema, CALIBRATION: _calibration_schema}
    if name in schemas:
        return resource | {"type": "table", "profile": "tabular-data-resource", "encoding": "utf-8", "schema": schemas[name]()}
    return resource | {"type": "file"}


def _schema(catalogue: Catalogue) -> dict[str, Any]:
    """The table schema of the indicators: the columns of the contract, their values where they are a list, and what names a row."""
    choices: dict[str, list[str]] = {
        "indicator_id": list(catalogue.indicators),
        "stratum": ["1", "2", "3", "4", "all", "at_risk_strict", "at_risk_extended"],
        "sex": ["F", "M", "all"],
        "unit": list(catalogue.units),
        "method": list(catalogue.methods),
        "status": ["ok", "suppressed_primary", "suppressed_secondary", "not_computable"],
        "cohort": ["stock", "flow"],
        "cost_basis": ["none", *COST_BASES],
        "coverage": ["own", "regional", "national"],
        "period_status": ["partial", "complete", "corrected"],
    }
    key = ["indicator_id", "cost_basis", *CELL]
    optional = {*VALUES, "reason", "reference_id"}
    fields = []
    for column, kind in PUBLISHED.items():
        limits = ({} if column in optional else {"required": True}) | ({"enum": choices[column]} if column in choices else {})
        fields.append({"name": column, "type": _TYPES[kind]} | ({"constraints": limits} if limits else {}))
    return {"fields": fields, "missingValues": [""], "primaryKey": key}


def _places_schema() -> dict[str, Any]:
    return _plain_schema(places.SCHEMA, ["territory_id"], {"kind": list(places.KINDS)})


def _calibration_schema() -> dict[str, Any]:
    return _plain_schema(CALIBRATED, ["condition", "territory_id", "year", "stratum"], {"stratum": ["1", "2", "3", "4"]})


def _plain_schema(columns: Mapping[str, Any], key: list[str], choices: Mapping[str, list[str]]) -> dict[str, Any]:
    """The schema of a table that has no empty cell."""
    fields = [
        {"name": name, "type": _TYPES[kind], "constraints": {"required": True} | ({"enum": choices[name]} if name in choices else {})}
        for name, kind in columns.items()
    ]
    return {"fields": fields, "missingValues": [""], "primaryKey": key}


def _write_json(content: Any, path: Path) -> None:
    path.write_bytes((json.dumps(content, ensure_ascii=False, indent=2) + "\n").encode())


def _sync(folder: Path) -> None:
    """Every file on the disk before the folder gets its name: a power cut must not leave an empty publication."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb+") as file:
                os.fsync(file.fileno())


def _point(published: Path, run_id: str) -> None:
    new = published / f"{POINTER}.new"
    with new.open("wb") as file:
        file.write(f"{run_id}\n".encode())
        file.flush()
        os.fsync(file.fileno())
    _replace(new, published / POINTER)
    _sync_folder(published)


def _replace(new: Path, path: Path) -> None:
    """One step for readers. On Windows a reader who has the pointer open refuses it for a moment: it is tried again."""
    for _ in range(_TRIES):
        with suppress(PermissionError):
            new.replace(path)
            return
        time.sleep(_TRY_SECONDS)
    new.replace(path)


def _sync_folder(folder: Path) -> None:
    with suppress(OSError):  # Windows has no handle on a folder, and needs none
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _refused(where: str, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("La publication est refusée", "The publication is refused"),
        where=where,
        why=why,
        fix=("Donner un autre identifiant d'exécution", "Give another run identifier"),
        is_usage=True,
    )
