"""A landing folder as hospitals fill it: ATIH archives made of a few stays, and a look into the warehouse that came of them."""

import zipfile
from pathlib import Path
from typing import Any

from strata.engine.duckdb import connect
from tests.support.rsa_lines import ANO_OF_YEAR, FINESS, RETURNS, RSA_OF_YEAR, ano_line, rsa_line

PLACEHOLDER = "xxxxxxxxxxxxxxxxD"


def write_archive(
    path: Path, months: dict[int, int], pseudonyms: dict[int, str] | None = None, finess: str = FINESS, year: int = 2022
) -> None:
    """An e-PMSI archive: stay number -> month of exit; pseudonyms by stay number (their own by default, '' for blank)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    given = pseudonyms or {}
    with zipfile.ZipFile(path, "w") as archive:
        rsa = "".join(_rsa(number, month, finess, year) + "\r\n" for number, month in months.items())
        ano = "".join(_ano(number, month, given.get(number, f"P{number:016d}"), finess, year) + "\r\n" for number, month in months.items())
        archive.writestr("x.rsa", rsa)
        archive.writestr("x.ano", ano)


def _rsa(number: int, month: int, finess: str, year: int) -> str:
    fixed = {"NOFINESS": finess, "CLE_RSA": f"{number:010d}", "ANSOR": year, "MOISSOR": f"{month:02d}", "NOGHS": "1709", "CDGEO": "59350"}
    fixed |= {"RSACMD": "05", "RSATYPE": "M", "RSANUM": "09", "RSACOMPX": "2", "SEXE": "1", "DP": "I500", "NBSEANCE": 0}
    unit = {"um": {"NSEQRUM": "01", "DPUM": "I500", "DUREESEJPART": 4}, "da": ["E1190"], "actes": []}
    return rsa_line(RSA_OF_YEAR[year], {"fixed": fixed, "units": [unit], "autpgv": [], "rdth": []}, filling=" ")


def _ano(number: int, month: int, pseudonym: str, finess: str, year: int) -> str:
    values: dict[str, object] = {"NOFINESS": finess, "CLE_RSA": f"{number:010d}", "ANNEESORT": year, "MOISSORT": f"{month:02d}"}
    values |= {
        "NOANON": pseudonym or None,
        "DTENT": f"01{month:02d}{year}",
        "DTSORT": f"05{month:02d}{year}",
        **dict.fromkeys(RETURNS, "0"),
    }
    return ano_line(ANO_OF_YEAR[year], values)


def rows(warehouse: Path, query: str) -> list[tuple[Any, ...]]:
    """Rows of the warehouse, which is opened for reading only and closed again."""
    connection = connect(warehouse, read_only=True)
    try:
        return connection.sql(query).fetchall()
    finally:
        connection.close()


def unaccounted(warehouse: Path) -> list[tuple[Any, ...]]:
    """Files whose lines are not accepted + quarantined + refused, or not those held, or whose quarantined lines are not in quarantine."""
    return rows(
        warehouse,
        """
        WITH aside AS (SELECT source_file, count(*) AS lines FROM quarantine GROUP BY source_file),
        file AS (SELECT source_file, sum(quarantined) AS quarantined FROM read_file GROUP BY source_file),
        held AS (FROM read_slice_file UNION ALL BY NAME FROM read_person_file)
        SELECT f.source_file, f.lines, f.accepted, f.quarantined, f.refused
        FROM read_file AS f
        WHERE f.lines <> f.accepted + f.quarantined + f.refused
           OR f.accepted <> (SELECT coalesce(sum(h.accepted), 0) FROM held AS h WHERE h.source_file = f.source_file AND h.sha256 = f.sha256)
        UNION ALL
        SELECT f.source_file, a.lines, 0, f.quarantined, 0
        FROM file AS f LEFT JOIN aside AS a ON a.source_file = f.source_file
        WHERE f.quarantined <> coalesce(a.lines, 0)
        """,
    )
