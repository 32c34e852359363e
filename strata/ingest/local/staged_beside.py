"""A hospital's own files beside a large `.rsa`, of any size: what they say of its stays, found in a private database that may spill.

Belongs here: the rules of reading.py and identity.py in SQL (a test holds the two to the same rows, quarantine and accounts).
Not here: which files are opened (reading.py), their lines (tra.py, vid_hosp.py), the .rsa and its .ano (atih/staged_pair.py).
Identities are hashed as they are read; the private database holds administrative numbers and keys, and is deleted with its folder.
"""

import duckdb

from strata.ingest.atih.staged_file import StagedFile, create_tables, new_file
from strata.ingest.extract import FileSeen
from strata.ingest.local import person_key
from strata.ingest.local.files import LocalFile
from strata.ingest.local.reading import GOOD_CODES, NO_CODES, PLACEHOLDER, Opened, to_open
from strata.ingest.local.tra import TRA, tra_pieces
from strata.ingest.local.vid_hosp import VID_HOSP, vid_hosp_pieces


def stage_beside(rsa: StagedFile, tra: LocalFile | None, vid_hosp: LocalFile | None) -> tuple[str, list[FileSeen]]:
    """Make person_line, a row per stay that the .ano knows (sound_ano) or a local file. Gives the key of the year, and the accounts.

    Refused when one of the two breaks while it is read; StrataError (usage) when VID-HOSP is needed and there is no secret.
    """
    connection = rsa.connection
    ((is_named,),) = connection.execute(_IS_NAMED, [PLACEHOLDER]).fetchall()
    opened = to_open(tra, vid_hosp, is_named=bool(is_named))
    links, persons = _links(connection, opened), stage_persons(connection, opened.vid_hosp)
    if links:
        links.set_aside(_WITHOUT_RSA, "tra_without_rsa")
        links.set_aside(_DISAGREES, "tra_disagrees")
    if persons:
        settle(persons, "sound_tra")
    connection.execute(_PERSON_LINE)
    finess, year = rsa.usual("finess"), rsa.usual("year")
    files = opened.left + [account(one, finess, year) for one in (links, persons) if one]
    connection.execute("DROP VIEW sound_tra; DROP VIEW sound_vid_hosp; DROP TABLE tra; DROP TABLE vid_hosp")
    return opened.key, files


_IS_NAMED = "SELECT coalesce(bool_or(NOT regexp_matches(pseudonym, ?)), false) FROM sound_ano"
_WITHOUT_RSA = "SELECT t.line FROM sound_tra AS t ANTI JOIN sound_stay AS r ON r.stay_number = t.stay_number"
_DISAGREES = """
    SELECT t.line
    FROM sound_tra AS t
    JOIN sound_ano AS a ON a.stay_number = t.stay_number
    WHERE t.entry_date <> a.entry_date OR t.exit_date <> a.exit_date
"""
# Grain: a stay that has a line in the .ano, a TRA line, or both. The .ano wins where it says something.
_PERSON_LINE = f"""
    CREATE TEMP TABLE person_line AS
    WITH key AS (
        SELECT t.stay_number, v.pseudonym, t.entry_date, t.exit_date
        FROM sound_tra AS t
        LEFT JOIN sound_vid_hosp AS v ON v.nas = t.nas
    )
    SELECT coalesce(a.stay_number, k.stay_number) AS stay_number, coalesce(a.pseudonym, k.pseudonym) AS pseudonym,
           coalesce(nullif(a.chaining_codes, '{NO_CODES}'), CASE WHEN k.pseudonym IS NULL THEN '{NO_CODES}' ELSE '{GOOD_CODES}' END)
               AS chaining_codes,
           coalesce(a.entry_date, k.entry_date) AS entry_date, coalesce(a.exit_date, k.exit_date) AS exit_date, a.billable
    FROM sound_ano AS a
    FULL JOIN key AS k ON k.stay_number = a.stay_number
"""


def _links(connection: duckdb.DuckDBPyConnection, opened: Opened) -> StagedFile | None:
    tra = opened.tra
    if tra is None:
        create_tables(connection, {"tra": TRA})
        return None
    version = tra.recognised.version or ""
    staged = new_file(connection, tra.source, tra.family, version, {"tra": TRA})
    return staged.take(tra_pieces(tra.source.blocks(), version)).check_whole()


def stage_persons(connection: duckdb.DuckDBPyConnection, vid_hosp: LocalFile | None) -> StagedFile | None:
    """The table vid_hosp, judged as a whole: one hospital, no twin under the number of another. Empty without a file."""
    if vid_hosp is None or vid_hosp.layout is None:
        create_tables(connection, {"vid_hosp": VID_HOSP})
        return None
    staged = new_file(connection, vid_hosp.source, vid_hosp.family, vid_hosp.layout.version, {"vid_hosp": VID_HOSP})
    staged.take(vid_hosp_pieces(vid_hosp.source.blocks(), vid_hosp.layout, person_key.secret()))
    staged.keep_usual("finess", "other_finess")
    staged.set_aside(_TWINS, "twin_identity")
    return staged


_TWINS = """
    WITH shared AS (SELECT DISTINCT pseudonym FROM sound_vid_hosp WHERE birth_rank > '1')
    SELECT v.line
    FROM sound_vid_hosp AS v
    JOIN shared AS s ON s.pseudonym = v.pseudonym
    WHERE v.birth_rank IS NOT NULL
"""


def settle(persons: StagedFile, stays: str) -> None:
    """Leave one line of VID-HOSP per administrative stay (`nas` of the relation `stays`): none where they disagree, else the first."""
    persons.set_aside(f"SELECT v.line FROM sound_vid_hosp AS v ANTI JOIN {stays} AS s ON s.nas = v.nas", "nas_without_stay")
    persons.set_aside(_OF_SEVERAL.format(which="max(pseudonym) <> min(pseudonym)"), "identities_disagree")
    persons.set_aside(_OF_SEVERAL.format(which="count(*) > 1") + " WHERE v.line > s.first_line", "repeated_nas")


_OF_SEVERAL = """
    WITH several AS (SELECT nas, min(line) AS first_line FROM sound_vid_hosp GROUP BY nas HAVING {which})
    SELECT v.line
    FROM sound_vid_hosp AS v
    JOIN several AS s ON s.nas = v.nas
"""


def account(file: StagedFile, finess: str | None, year: int | None) -> FileSeen:
    """A TRA does not say its hospital, nor VID-HOSP always its year: both are those of the stays."""
    seen = file.seen()
    seen.finess, seen.year = seen.finess or finess, seen.year or year
    return seen
