"""What a person must know of what the warehouse still shows, or no longer shows, beside what the landing folder holds (French, English).

Belongs here: the words, and counting what they speak of. Not here: deciding what stays (store.py), why a file is refused (the readers).
No cell: FINESS numbers, fields of care, years, file names, reasons and counts only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from strata.ingest.atih.transmission import announced
from strata.ingest.extract import FileSeen
from strata.ingest.raw.raw_tables import family, fields, main_families
from strata.ingest.snds.stay_family import named

Notice = tuple[str, str]
_SHOWN = 5  # FINESS numbers named in a notice


@dataclass(frozen=True)
class Absent:
    """A hospital-year of an extract no longer in the landing folder, that later tables of its year do not have.

    is_kept: it stays, since these tables replace too little of that extract to be the same hospitals corrected; else it is taken out.
    """

    finess: str
    field: str
    year: int
    stays: int
    is_kept: bool


def nothing_there(landing: Path) -> Notice:
    """The landing folder holds no file though the warehouse has stays: a share that is not mounted looks the same."""
    return (
        f"Le dossier des extractions ne contient aucun fichier ({landing}) : ce qui est montré est ce qui était déjà dans l'entrepôt. "
        f"Partage réseau non monté ?",
        f"The landing folder holds no file ({landing}): what is shown is what was already in the warehouse. A share that is not mounted?",
    )


def beyond(connection: duckdb.DuckDBPyConnection, last: int) -> list[Notice]:
    """Which years were read that no page shows, since publication ends with year `last`; none as a rule."""
    rows = connection.execute("SELECT DISTINCT year FROM read_slice WHERE year > ? ORDER BY year", [last]).fetchall()
    if not rows:
        return []
    years = ", ".join(str(row[0]) for row in rows)
    return [
        (
            f"Des séjours de {years} ont été lus et ne sont pas montrés : la publication s'arrête à {last} ([years] last, ou --year).",
            f"Stays of {years} were read and are not shown: publication ends with {last} ([years] last, or --year).",
        )
    ]


def absent_notices(absent: Iterable[Absent]) -> list[Notice]:
    """Which hospitals a corrected year has lost, and which it leaves: one notice per field, year and fate."""
    groups: dict[tuple[str, int, bool], list[Absent]] = {}
    for one in absent:
        groups.setdefault((one.field, one.year, one.is_kept), []).append(one)
    return [_absent(*key, group) for key, group in sorted(groups.items())]


def _absent(field: str, year: int, is_kept: bool, group: list[Absent]) -> Notice:
    names = ", ".join(sorted(one.finess for one in group)[:_SHOWN]) + (", …" if len(group) > _SHOWN else "")
    stays = sum(one.stays for one in group)
    if is_kept:
        return (
            f"{field} {year} : {len(group)} établissement(s) ({names}) d'une extraction qui n'est plus dans le dossier restent dans "
            f"l'entrepôt, avec leurs {stays} séjour(s) : les nouvelles tables SNDS ne remplacent pas la plupart des séjours de cette "
            f"extraction, elles semblent d'un autre périmètre. S'ils doivent partir, recréez l'entrepôt.",
            f"{field} {year}: {len(group)} hospital(s) ({names}) of an extract that is no longer in the folder stay in the warehouse, with "
            f"their {stays} stays: the new SNDS tables do not replace most of the stays of that extract, they seem to be of another "
            f"perimeter. If they must go, make the warehouse again.",
        )
    return (
        f"{field} {year} : {len(group)} établissement(s) ({names}) ne figurent plus dans les tables SNDS qui remplacent celles de cette "
        f"année ; leurs {stays} séjour(s) sont retirés. S'ils manquent par erreur, remettez l'ancienne extraction à côté de la nouvelle.",
        f"{field} {year}: {len(group)} hospital(s) ({names}) are no longer in the SNDS tables that replace those of that year; "
        f"their {stays} stays are taken out. If they are missing by mistake, put the former extract back beside the new one.",
    )


def still_shown(connection: duckdb.DuckDBPyConnection, refused: Iterable[FileSeen]) -> list[Notice]:
    """Where files are refused while something of theirs is held: what is still shown.

    Theirs: stays of the same field and year (and hospital, for ATIH files); lines of the same tables about persons.
    """
    groups: dict[tuple[str, int, str | None], list[FileSeen]] = {}
    for file in refused:
        if key := _about(file):
            groups.setdefault(key, []).append(file)
    made = []
    for (field, year, finess), files in sorted(groups.items(), key=lambda group: (*group[0][:2], group[0][2] or "")):
        values = {"field": field, "year": year, "finess": finess} if year else {"field": field}
        hospitals, held = connection.execute(_COUNT if year else _COUNT_LINES, values).fetchall()[0]
        what = (f"{held} séjour(s) de {hospitals} établissement(s)", f"{held} stay(s) of {hospitals} hospital(s)")
        if held:
            about = " ".join([field, *([str(year)] if year else []), *([f"finess {finess}"] if finess else [])])
            made.append(_still(about, files, what if year else (f"{held} ligne(s)", f"{held} line(s)")))
    return made


_COUNT_LINES = """
    SELECT 0, coalesce(sum(f.accepted), 0)
    FROM read_person_slice AS s
    JOIN read_person_file AS f ON f.slice_id = s.slice_id
    WHERE s.field = $field
"""
_COUNT = """
    SELECT count(DISTINCT s.finess), count(*)
    FROM read_slice AS s
    JOIN read_stay AS x ON x.slice_id = s.slice_id
    WHERE s.field = $field AND s.year = $year AND CASE WHEN $finess IS NULL THEN s.form = 'snds' ELSE s.finess = $finess END
"""


def _about(file: FileSeen) -> tuple[str, int, str | None] | None:
    """(field, year, finess) a refused file would have filled; None when it does not say. SNDS tables have no finess, persons year 0."""
    if (table := family(file.family)) is not None:
        if table.field not in fields():
            return table.field, 0, None
        said = named(file.source_file)
        year = file.year or (2000 + int(said.label) if said else None)
        return (table.field, year, None) if year else None
    field, by_name = file.family.partition("_")[0], announced(file.source_file)
    finess = file.finess or (by_name.finess if by_name else None)
    year = file.year or (by_name.year if by_name else None)
    return (field, year, finess) if field in fields() and finess and year else None


def _still(about: str, files: list[FileSeen], what: Notice) -> Notice:
    beside = ("transmission_refused", "pair_refused")
    own = min(files, key=lambda file: (file.reason in beside, file.family not in main_families(), file.source_file))
    return (
        f"{about} : {len(files)} fichier(s) refusé(s), par exemple {own.source_file} ({own.reason}). Ce qui est montré reste ce qui était "
        f"déjà dans l'entrepôt : {what[0]}.",
        f"{about}: {len(files)} file(s) refused, for instance {own.source_file} ({own.reason}). What is shown is still what was already "
        f"in the warehouse: {what[1]}.",
    )
