"""What became of a class of the corpus: one ingest, every expectation compared, figures and faults.

Belongs here: the laws held for every parcel (nothing lost, every reason declared, no cell in a message) and its own expectations.
Not here: making parcels.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.ingest.extract import FileSeen
from strata.ingest.load import ingest
from strata.ingest.reasons import reasons, refusal
from strata.ingest.warehouse import tables as warehouse
from tests.support.corpus.mutation import Mutation
from tests.support.corpus.parcel import PERSON, SECRET_CODE, STAY_KEY, Parcel

CELL = re.compile(rf"{PERSON}99\d{{7}}|{STAY_KEY}\d{{7}}|{SECRET_CODE}")
NO_FAULT = {"already_in", "superseded"}


@dataclass
class Figures:
    """Cases and lines of a class, as read; lost: lines or good stays that nobody accounts for. faults: what went wrong, case by case."""

    tried: int = 0
    lines: int = 0
    accepted: int = 0
    quarantined: int = 0
    refused: int = 0
    lost: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Read:
    """What the warehouse and the report hold after an ingest, by hospital folder. said: every text a person may be shown."""

    files: dict[str, dict[str, FileSeen]]
    aside: dict[str, dict[tuple[str, int], list[str]]]
    stays: dict[str, dict[str, bool]]
    said: list[str]


def judge(mutation: Mutation, landing: Path) -> Figures:
    """Write the parcels of a class under `landing` (new), ingest them together, compare. A traceback is traced to its parcel."""
    figures = Figures(tried=mutation.cases)
    parcels = mutation.parcels()
    try:
        found = _read(parcels, landing)
    except Exception:
        for rank, parcel in enumerate(parcels):
            try:
                _read((parcel,), landing.with_name(f"{landing.name}-{rank}"))
            except StrataError as error:
                figures.faults.append(f"{mutation.name} / {parcel.name}: the whole run is refused: {error.text('en')}")
            except Exception as error:
                figures.faults.append(f"{mutation.name} / {parcel.name}: traceback {type(error).__name__}: {error}")
        figures.faults = figures.faults or [f"{mutation.name}: the run breaks, though no parcel does alone"]
        return figures
    for text in found.said:
        if CELL.search(text):
            figures.faults.append(f"{mutation.name}: a cell shows in a message: {text}")
    for parcel in parcels:
        for fault in _faults(parcel, found, figures):
            figures.faults.append(f"{mutation.name} / {parcel.name}: {fault}")
    return figures


def _read(parcels: tuple[Parcel, ...], landing: Path) -> Read:
    _write(parcels, landing)
    said: list[str] = []
    connection = connect(None, threads=1)
    try:
        connection.execute(warehouse._DDL.read_text(encoding="utf-8"))
        report = ingest(landing, connection, progress=said.append)
        files: dict[str, dict[str, FileSeen]] = defaultdict(dict)
        for file in report.files:
            files[file.source_file.partition("/")[0]][file.source_file.partition("/")[2]] = file
            said += [file.source_file, *_texts(file)]
            assert file.source_file.isprintable(), "a name that cannot be printed on one line"
        return Read(files, _aside(connection), _stays(connection), said)
    finally:
        connection.close()


def _write(parcels: tuple[Parcel, ...], landing: Path) -> None:
    for parcel in parcels:
        for name, content in parcel.files.items():
            path = landing / parcel.finess / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def _texts(file: FileSeen) -> tuple[str, ...]:
    return (refusal(file.reason, file.source_file).text("fr"), refusal(file.reason, file.source_file).text("en")) if file.reason else ()


def _aside(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[tuple[str, int], list[str]]]:
    found: dict[str, dict[tuple[str, int], list[str]]] = defaultdict(lambda: defaultdict(list))
    for source_file, line, reason in connection.execute("SELECT source_file, source_line, reason FROM quarantine").fetchall():
        folder, _, name = source_file.partition("/")
        found[folder][name, line].append(reason)
    return found


def _stays(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, bool]]:
    query = "SELECT split_part(source_file, '/', 1), stay_number, person_id IS NOT NULL FROM read_stay ORDER BY ALL"
    found: dict[str, dict[str, bool]] = defaultdict(dict)
    for folder, number, has_person in connection.execute(query).fetchall():
        found[folder][number] = has_person
    return found


def _faults(parcel: Parcel, found: Read, figures: Figures) -> Iterator[str]:
    files, aside, stays = found.files[parcel.finess], found.aside.get(parcel.finess, {}), found.stays.get(parcel.finess, {})
    yield from _unaccounted(parcel, files, aside, figures)
    yield from _reasons(parcel, files, aside)
    if missing := sorted(set(parcel.stays) - set(stays)):
        figures.lost += len(missing)
        yield f"{len(missing)} good stays of {len(parcel.stays)} are not in: {missing[:3]}"
    wrong = [one for one, has_person in parcel.stays.items() if has_person is not None and stays.get(one, has_person) != has_person]
    if wrong:
        yield f"{len(wrong)} stays with or without their person against the plan: {wrong[:3]}"
    if parcel.is_exact and (more := sorted(set(stays) - set(parcel.stays))):
        yield f"{len(more)} stays are in and should not be: {more[:3]}"


def _unaccounted(parcel: Parcel, files: dict[str, FileSeen], aside: dict[tuple[str, int], list[str]], figures: Figures) -> Iterator[str]:
    """Every file seen and every line of it accepted, set aside or refused, once."""
    by_file = Counter(name for name, _ in aside)
    for name in parcel.files:
        if name not in files and not any(seen.startswith(f"{name}!") for seen in files):
            yield f"{name} is in no account"
    for name, file in files.items():
        figures.lines, figures.accepted = figures.lines + file.lines, figures.accepted + file.accepted
        figures.quarantined, figures.refused = figures.quarantined + file.quarantined, figures.refused + file.refused
        sum_ = file.accepted + file.quarantined + file.refused
        expected = parcel.lines.get(name, file.lines)
        if not file.lines == sum_ == expected:
            figures.lost += max(abs(expected - sum_), 1)
            parts = f"{file.accepted} + {file.quarantined} + {file.refused}"
            yield f"{name}: {expected} lines brought, {file.lines} seen, {parts} accounted for"
        if by_file[name] != file.quarantined:
            yield f"{name}: {file.quarantined} lines set aside, {by_file[name]} in quarantine"
    yield from (f"{name} was not seen" for name in parcel.lines if name not in files)


def _reasons(parcel: Parcel, files: dict[str, FileSeen], aside: dict[tuple[str, int], list[str]]) -> Iterator[str]:
    """Every reason declared once, and those the parcel wants where it wants them."""
    declared = reasons()
    for place, names in aside.items():
        if len(names) != 1 or names[0] not in declared or declared[names[0]].scope != "line":
            yield f"{place}: set aside for {names}"
        if parcel.is_exact and place not in parcel.aside:
            yield f"{place}: a good line is set aside for {names}"
    for place, wanted in parcel.aside.items():
        if not wanted.intersection(aside.get(place, ())):
            yield f"{place}: set aside for {aside.get(place)}, not for one of {sorted(wanted)}"
    for name, file in files.items():
        reason = (file.reason or "").partition(": ")[0]
        if reason and (reason not in declared or declared[reason].scope == "line"):
            yield f"{name}: refused for {file.reason}"
        if reason not in parcel.refused.get(name, {""} if parcel.is_exact else {reason}):
            yield f"{name}: refused for {file.reason or 'nothing'}, not for one of {sorted(parcel.refused.get(name, {'nothing'}))}"
        if file.refused and not reason:
            yield f"{name}: {file.refused} lines refused without a reason"
    yield from (f"{name} was not seen" for name in parcel.refused if name not in files)
