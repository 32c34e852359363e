"""The definitions of a folder: which there are, compiled together and written as the definition_* tables.

Belongs here: finding definitions and their lists, and what must hold between several of them. Not here: one definition (compiler.py), the
tables themselves (schema.sql).
"""

import hashlib
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from strata.config import Config
from strata.definitions.code_lists import CodeList, check_against, read_code_lists
from strata.definitions.compiler import Compiled, Compiler
from strata.definitions.crosswalk import NAME as CROSSWALK
from strata.definitions.crosswalk import read_crosswalk
from strata.definitions.follow_up import NAME as FOLLOW_UP
from strata.definitions.follow_up import FollowUp, read_follow_up, refuse_two_meanings
from strata.definitions.text import DefinitionText, read_definition, wrong
from strata.engine.tables import columns
from strata.ingest.user.nomenclature import read_nomenclatures

CONDITIONS = Path(__file__).parents[1] / "conditions"
SCHEMA = Path(__file__).with_name("schema.sql")
SHARED = "shared"


def write_definitions(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    """(Re)write the definition_* tables (docs/design.md) for the conditions of the configuration, or the default ones of the folder.

    StrataError (usage): a definition or list that is not whole, or a code that the nomenclature brought does not hold.
    """
    folder = config.path("conditions") if config.paths.conditions else CONDITIONS
    nomenclature = read_nomenclatures(config.path("nomenclatures")) if config.paths.nomenclatures else None
    fill(connection, compile_definitions(folder, config.method.conditions or default_conditions(folder), nomenclature))


def fill(connection: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """(Re)make the definition_* tables with what is compiled."""
    connection.execute(SCHEMA.read_text(encoding="utf-8"))
    for table, rows in compiled.rows.items():
        if not rows:
            continue
        values = (pa.array(list(column)) for column in zip(*rows, strict=True))
        connection.register("compiled_rows", pa.table(dict(zip(columns(connection, table), values, strict=True))))
        connection.execute(f"INSERT INTO {table} SELECT * FROM compiled_rows")
        connection.unregister("compiled_rows")


def default_conditions(folder: Path) -> list[str]:
    """The conditions of a folder that are run when none is named: all but those that say `is_default = false`, in name order."""
    texts = (read_definition(path) for path in sorted(folder.glob("*/definition.toml")))
    return [text.path.parent.name for text in texts if text.source.get("is_default", True)]


def compile_definitions(folder: Path, conditions: list[str], nomenclature: pl.DataFrame | None = None) -> Compiled:
    """Compile the definitions of `conditions` found in `folder`; check their codes against `nomenclature` where it has their system.

    nomenclature: as nomenclature.read_nomenclatures gives it. Raises StrataError (usage) naming file, line, entry and reason.
    """
    compiled = Compiled()
    places: dict[str, Path] = {}
    used: dict[str, CodeList] = {}
    calendars: list[FollowUp] = []
    for condition in conditions:
        text = _definition(folder, condition)
        lists, files = read_code_lists(folder, condition)
        compiler = Compiler(text, compiled, lists)
        compiler.compile()
        _refuse_namesakes(places, compiler.used)
        calendar = _follow_up(folder, text, lists, compiled, calendars)
        _refuse_namesakes(places, list(calendar.lists))
        used |= {code_list.list_id: code_list for code_list in (*compiler.used, *calendar.lists)}
        compiled.rows["definition_cartography"] += read_crosswalk(folder, condition, set(compiler.criteria))
        beside = [path for path in (folder / condition / name for name in (CROSSWALK, FOLLOW_UP)) if path.exists()]
        for path in (text.path, *files, *beside):
            compiled.sha256[f"{path.parent.name}/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
    used |= _shared_events(folder, compiled)
    if nomenclature is not None:
        check_against(nomenclature, list(used.values()))
    compiled.rows["definition_code"] = sorted(set(compiled.rows["definition_code"]), key=str)
    return compiled


def _definition(folder: Path, condition: str) -> DefinitionText:
    """The text of a condition. StrataError naming those that the folder has, when it is none of them."""
    path = folder / condition / "definition.toml"
    if not path.exists():
        known = ", ".join(sorted(one.parent.name for one in folder.glob("*/definition.toml"))) or "–"
        raise wrong(path, "", f"ce fichier n'existe pas ; le dossier a : {known}", f"there is no such file; the folder has: {known}")
    return read_definition(path)


def _follow_up(folder: Path, text: DefinitionText, lists: dict[str, CodeList], compiled: Compiled, before: list[FollowUp]) -> FollowUp:
    """Compile the calendar of follow-up of one condition, where it has one; before: those of the conditions read so far, it is added."""
    condition = text.path.parent.name
    calendar = read_follow_up(folder, condition, lists, strata_of(text))
    for other in before if calendar.acts else ():
        refuse_two_meanings(other, calendar, read_definition(folder / condition / FOLLOW_UP))
    before.append(calendar)
    for table, rows in calendar.rows.items():
        compiled.rows[table] += rows
    return calendar


def strata_of(text: DefinitionText) -> set[str]:
    """The strata that some rule of a definition gives."""
    return {str(rule["stratum"]) for rule in text.source["rules"] if "stratum" in rule}


def _shared_events(folder: Path, compiled: Compiled) -> dict[str, CodeList]:
    """Compile shared/events.toml, where the folder has one, as events of no condition ('shared'); gives the lists they use."""
    path = folder / SHARED / "events.toml"
    if not path.exists():
        return {}
    text = read_definition(path)
    lists, files = read_code_lists(folder, SHARED)
    compiler = Compiler(text, compiled, lists)
    compiler.compile_events(SHARED)
    for read in (path, *files):
        compiled.sha256[f"{read.parent.name}/{read.name}"] = hashlib.sha256(read.read_bytes()).hexdigest()
    return {code_list.list_id: code_list for code_list in compiler.used}


def compile_one(text: DefinitionText, lists: dict[str, CodeList]) -> tuple[Compiled, list[CodeList]]:
    """The rows of one definition, and the lists it uses in the order of their names. StrataError: as compile_definitions."""
    compiled = Compiled()
    compiler = Compiler(text, compiled, lists)
    compiler.compile()
    compiled.rows["definition_code"] = sorted(set(compiled.rows["definition_code"]), key=str)
    used = {code_list.list_id: code_list for code_list in compiler.used}
    return compiled, [used[name] for name in sorted(used)]


def _refuse_namesakes(places: dict[str, Path], used: list[CodeList]) -> None:
    """A name means one list over all conditions: rows of lists that two folders name alike would mix."""
    for code_list in used:
        if places.setdefault(code_list.list_id, code_list.path) != code_list.path:
            raise wrong(
                code_list.path.parents[1] / "lists.csv",
                code_list.list_id,
                "une autre pathologie a une liste de ce nom : la partager (shared) ou la renommer",
                "another condition has a list of this name: share it (shared) or rename it",
            )
