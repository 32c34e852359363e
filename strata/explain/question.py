"""Who is asked about, and which conditions and year: checked against the warehouse before anything is told.

Belongs here: finding the person's integer and what the warehouse can answer. Not here: the answer.
A pseudonym enters here, is compared, and goes no further: no message and no log holds it.
"""

import duckdb

from strata.config import Config
from strata.engine.duckdb import connect
from strata.errors import StrataError


def find_person(config: Config, pseudonym: str) -> int | None:
    """Our number of the person under this pseudonym; None when the warehouse does not know it."""
    connection = connect(config.database, read_only=True)
    try:
        found = connection.execute("SELECT person_id FROM pseudonym WHERE pseudonym = ?", [pseudonym]).fetchall()
        return int(found[0][0]) if found else None
    finally:
        connection.close()


def scope(config: Config, condition: str | None, year: int | None) -> tuple[list[str], int]:
    """The conditions and the year: every condition and the last stock year unless named. StrataError (usage): not in the warehouse."""
    connection = connect(config.database, read_only=True)
    try:
        tables = {name for (name,) in connection.execute("SELECT DISTINCT table_name FROM duckdb_columns()").fetchall()}
        if not {"person_stratum", "definition", "reporting_year", "person_identity"} <= tables:
            raise _wrong(
                "warehouse", "aucune exécution n'a fait de strates", "no run has made strata", "Lancer strata run", "Run strata run"
            )
        conditions = [name for (name,) in connection.execute("SELECT condition FROM definition ORDER BY condition").fetchall()]
        years = connection.execute("SELECT year FROM reporting_year ORDER BY is_stock, year").fetchall()
        return _conditions(conditions, condition), _year([row[0] for row in years], year)
    finally:
        connection.close()


def person(config: Config, person_id: int) -> int:
    """The person behind a number, which may be that of another pseudonym of theirs. StrataError (usage): nobody, or twins."""
    connection = connect(config.database, read_only=True)
    try:
        return _person(connection, person_id)
    finally:
        connection.close()


def _person(connection: duckdb.DuckDBPyConnection, person_id: int) -> int:
    known = connection.execute(
        """SELECT coalesce(person_identity.person_id, pseudonym.person_id), coalesce(is_ambiguous, false)
           FROM pseudonym LEFT JOIN person_identity ON pseudonym.person_id = person_identity.read_person_id
           WHERE pseudonym.person_id = ?""",
        [person_id],
    ).fetchall()
    if not known:
        raise unknown_person()
    found, is_ambiguous = known[0]
    if is_ambiguous:
        raise _wrong(
            _PERSON,
            "des jumeaux de même sexe partagent ce pseudonyme : aucun des deux n'a de strate",
            "twins of one sex share this pseudonym: neither of them has a stratum",
            "Rien à faire : le filtre twin_pseudonym les laisse hors du travail par personne",
            "Nothing to do: the filter twin_pseudonym leaves them out of work by person",
        )
    return int(found)


def _conditions(known: list[str], asked: str | None) -> list[str]:
    if asked is not None and asked not in known:
        named = ", ".join(known)
        raise _wrong(
            "--condition",
            f"l'entrepôt connaît : {named}",
            f"the warehouse knows: {named}",
            "Choisir l'une d'elles, ou changer [method] conditions et relancer strata run",
            "Choose one of them, or change [method] conditions and run strata run again",
        )
    return known if asked is None else [asked]


def _year(known: list[int], asked: int | None) -> int:
    """The year asked for; else the last of the stock years, which come last."""
    if not known or (asked is not None and asked not in known):
        named = ", ".join(map(str, sorted(known))) or "-"
        raise _wrong(
            "--year",
            f"l'entrepôt a des strates pour : {named}",
            f"the warehouse has strata for: {named}",
            "Choisir une de ces années ; une année demande un regard en arrière entier",
            "Choose one of these years; a year needs a whole look-back",
        )
    return known[-1] if asked is None else asked


def unknown_person() -> StrataError:
    """Nobody of the warehouse has this number or this pseudonym, which is not repeated here."""
    return _wrong(
        _PERSON,
        "aucune personne de l'entrepôt n'a ce numéro ou ce pseudonyme",
        "nobody in the warehouse has this number or this pseudonym",
        "Donner un person_id de l'entrepôt, ou « - » puis le pseudonyme tel que dans les fichiers",
        "Give a person_id of the warehouse, or '-' and then the pseudonym as it is in the files",
    )


_PERSON = ("PERSONNE", "PERSON")  # the argument of the command


def _wrong(where: str | tuple[str, str], why_fr: str, why_en: str, fix_fr: str, fix_en: str) -> StrataError:
    what = ("Question sans réponse possible", "This question has no answer")
    french, english = (where, where) if isinstance(where, str) else where
    return StrataError(what=what, where=french, where_en=english, why=(why_fr, why_en), fix=(fix_fr, fix_en), is_usage=True)
