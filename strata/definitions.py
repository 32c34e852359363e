"""Definitions of conditions: read from their folders, checked, turned into rows that generic SQL evaluates.

Belongs here: the grammar of definition.toml (explained in conditions/README.md) and its refusals.
Not here: any code, list or condition (strata/conditions) and any evaluation (sql/strata).
"""

import csv
import hashlib
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from strata.config import Config
from strata.errors import StrataError

CONDITIONS = Path(__file__).parent / "conditions"
TABLES = Path(__file__).with_suffix(".sql")
TRAITS = Path(__file__).parent / "tables" / "trait.csv"

POSITIONS = {
    "dp": ("stay_dp", "unit_dp"),
    "secondary": ("stay_dr", "unit_dr", "das"),
    "diagnosis": ("stay_dp", "stay_dr", "unit_dp", "unit_dr", "das"),
    "act": ("act",),
    "ghm": ("ghm",),
    "unit": ("unit",),
    "supplement": ("supplement",),
}
SYSTEM_OF = {"dp": "icd10", "secondary": "icd10", "diagnosis": "icd10", "act": "ccam"}
CODE_SHAPE = {
    "icd10": re.compile(r"[A-Z][0-9]{2}[0-9+]{0,3}"),
    "ccam": re.compile(r"[A-Z]{4}[0-9]{3}"),
    "ghm": re.compile(r"[0-9]{2}[A-Z][0-9]{2}[0-9A-Z]?"),
    "unit": re.compile(r"[0-9]{2}[A-Z]?"),
    "supplement": re.compile(r"[a-z0-9]{2,4}"),
}
COUNTED = ("stay", "day", "episode")
_KEYS = {
    "definition": "id condition label_fr label_en short_fr age_min population_type source strata events criteria type rules",
    "event": "any stay_all stay_any stay_none",
    "clause": "codes in together",
    "criterion": "event at_least count months in_episode_with",
    "type": "groups rules",
    "rule": "id purpose stratum at_risk age_min any all at_least of weight weight_alone",
}
_COMPARISON = re.compile(r"(\S+)\s*(<=|>=|=|<|>)\s*([0-9.]+)")


@dataclass
class Compiled:
    """The rows of every definition_* table, by table name, in the column order of definitions.sql. sha256: of every file read."""

    rows: defaultdict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    sha256: dict[str, str] = field(default_factory=dict)


def write_definitions(connection: duckdb.DuckDBPyConnection, config: Config) -> None:
    """(Re)write the definition_* tables (docs/design.md) for the conditions of the configuration, or all that are defined."""
    folder = config.path("conditions") if config.paths.conditions else CONDITIONS
    defined = sorted(path.parent.name for path in folder.glob("*/definition.toml"))
    compiled = compile_definitions(folder, config.method.conditions or defined)
    connection.execute(TABLES.read_text(encoding="utf-8"))
    for table, rows in compiled.rows.items():
        names = [column[0] for column in connection.execute(f"SELECT * FROM {table} LIMIT 0").description]
        columns = (pa.array(list(values)) for values in zip(*rows, strict=True))
        connection.register("compiled_rows", pa.table(dict(zip(names, columns, strict=True))))
        connection.execute(f"INSERT INTO {table} SELECT * FROM compiled_rows")
        connection.unregister("compiled_rows")


def compile_definitions(folder: Path, conditions: list[str]) -> Compiled:
    """Compile the definitions of `conditions` found in `folder`. Raises StrataError (usage) naming file and entry."""
    compiled = Compiled()
    for condition in conditions:
        path = folder / condition / "definition.toml"
        definition = _read_toml(path, compiled)
        _Compiler(path, definition, compiled, _code_lists(folder, condition, compiled)).compile()
    compiled.rows["definition_code"] = sorted(set(compiled.rows["definition_code"]), key=str)
    return compiled


@dataclass
class _Compiler:
    """One definition on its way to rows. Numbers run on over all conditions, so that a number names one event or criterion."""

    path: Path
    source: dict[str, Any]
    out: Compiled
    lists: dict[str, "CodeList"]
    events: dict[str, int] = field(default_factory=dict)
    criteria: dict[str, int] = field(default_factory=dict)

    def compile(self) -> None:
        self._refuse_unknown(self.source, "definition", "")
        self.condition = self._need(self.source, "condition", "")
        if self.condition != self.path.parent.name:
            raise self._wrong("condition", "le nom n'est pas celui du dossier", "the name is not that of the folder")
        self._need(self.source, "source", "")
        names = ("id", "label_fr", "label_en", "short_fr", "age_min")
        labels = [self._need(self.source, name, "") if name != "short_fr" else self.source.get(name, "") for name in names]
        self.out.rows["definition"].append((self.condition, *labels, self.source.get("population_type")))
        for event_id, event in self.source.get("events", {}).items():
            self._event(event_id, event)
        for criterion_id, criterion in self.source.get("criteria", {}).items():
            self._criterion(criterion_id, criterion)
        self._types(self.source.get("type", {}))
        self._rules(self.source.get("rules", []))

    def _event(self, event_id: str, event: dict[str, Any]) -> None:
        where = f"events.{event_id}"
        self._refuse_unknown(event, "event", where)
        number = len(self.out.rows["definition_event"]) + 1
        self.events[event_id] = number
        masks = [self._mask(event.get(f"stay_{kind}", []), where) for kind in ("all", "any", "none")]
        self.out.rows["definition_event"].append((number, self.condition, event_id, *masks))
        for clause_no, clause in enumerate(self._need(event, "any", where), start=1):
            self._refuse_unknown(clause, "clause", where)
            terms = clause.get("together", [clause])
            self.out.rows["definition_clause"].append((number, clause_no, len(terms)))
            for term_no, term in enumerate(terms, start=1):
                self._term((number, clause_no, term_no), term, where)

    def _term(self, key: tuple[int, int, int], term: dict[str, Any], where: str) -> None:
        kind = self._need(term, "in", where)
        if kind not in POSITIONS:
            raise self._wrong(where, f"position inconnue : {kind}", f"unknown position: {kind}")
        for list_id in self._need(term, "codes", where):
            code_list = self.lists.get(list_id)
            if code_list is None:
                raise self._wrong(where, f"liste de codes inconnue : {list_id}", f"unknown code list: {list_id}")
            if code_list.system != SYSTEM_OF.get(kind, kind):
                raise self._wrong(
                    where, f"la liste {list_id} n'est pas faite pour cette position", f"list {list_id} does not fit this position"
                )
            self.out.rows["definition_code"].extend(code_list.rows)
            self.out.rows["definition_term"].extend((*key, list_id, position) for position in POSITIONS[kind])

    def _mask(self, names: list[str], where: str) -> int:
        bits = {row["trait"]: int(row["bit"]) for row in _read_csv(TRAITS)}
        for name in names:
            if name not in bits:
                raise self._wrong(where, f"trait de séjour inconnu : {name}", f"unknown stay trait: {name}")
        return sum(bits[name] for name in set(names))

    def _asks_for(self, event_no: int, trait: str, where: str) -> bool:
        traits_all: int = self.out.rows["definition_event"][event_no - 1][3]
        return bool(traits_all & self._mask([trait], where))

    def _criterion(self, criterion_id: str, criterion: dict[str, Any]) -> None:
        where = f"criteria.{criterion_id}"
        self._refuse_unknown(criterion, "criterion", where)
        counted, at_least = criterion.get("count", "stay"), criterion.get("at_least", 1)
        if counted not in COUNTED or at_least < 1 or criterion.get("months", 1) < 1:
            raise self._wrong(where, "le décompte est impossible", "the count is impossible")
        beside = criterion.get("in_episode_with")
        number = len(self.out.rows["definition_criterion"]) + 1
        self.criteria[criterion_id] = number
        event_no = self._event_number(self._need(criterion, "event", where), where)
        if counted == "episode" and not self._asks_for(event_no, "mco", where):
            raise self._wrong(
                where,
                "un épisode est fait de séjours de MCO : stay_all de l'événement",
                "an episode is made of MCO stays: stay_all of the event",
            )
        episode_event_no = self._event_number(beside, where) if beside else None
        row = (number, self.condition, criterion_id, event_no, criterion.get("months"), at_least, counted, episode_event_no)
        self.out.rows["definition_criterion"].append(row)

    def _types(self, types: dict[str, Any]) -> None:
        self._refuse_unknown(types, "type", "type")
        groups = [group["id"] for group in types.get("groups", [])]
        for group in types.get("groups", []):
            event_no = self._event_number(group["event"], f"type.{group['id']}")
            self.out.rows["definition_type_group"].append((self.condition, group["id"], event_no, group["specificity"]))
        for rank, rule in enumerate(types.get("rules", []), start=1):
            self.out.rows["definition_type_rule"].append((self.condition, rank, rule["type"], len(rule["all"])))
            for text in rule["all"]:
                metric, operator, threshold = self._comparison(text, groups, f"type.rules {rank}")
                self.out.rows["definition_type_term"].append((self.condition, rank, metric, operator, threshold))
        known_types = {rule["type"] for rule in types.get("rules", [])}
        if self.source.get("population_type") not in (None, *known_types):
            raise self._wrong("population_type", "aucune règle ne donne ce type", "no rule gives this type")

    def _comparison(self, text: str, groups: list[str], where: str) -> tuple[str, str, float]:
        found = _COMPARISON.fullmatch(text)
        if not found:
            raise self._wrong(where, f"comparaison illisible : {text}", f"unreadable comparison: {text}")
        metric, operator, threshold = found.groups()
        name, _, group = metric.partition(":")
        if not (metric in ("age", "age_first") or (name in ("stays", "share") and group in groups)):
            raise self._wrong(where, f"mesure inconnue : {metric}", f"unknown metric: {metric}")
        return metric, operator, float(threshold)

    def _rules(self, rules: list[dict[str, Any]]) -> None:
        seen: set[str] = set()
        ordered = sorted(rules, key=lambda rule: (-rule.get("stratum", 0), rule.get("at_risk") == "extended"))
        for priority, rule in enumerate(ordered, start=1):
            rule_id = self._need(rule, "id", "rules")
            where = f"rules {rule_id}"
            self._refuse_unknown(rule, "rule", where)
            if rule_id in seen:
                raise self._wrong(where, "deux règles ont le même nom", "two rules have the same name")
            seen.add(rule_id)
            purpose, outcome = self._purpose(rule, where)
            members, min_score = self._members(rule, where)
            self.out.rows["definition_rule"].append(
                (self.condition, rule_id, purpose, outcome, priority, min_score, rule.get("age_min", 0))
            )
            self._weigh(rule, rule_id, members, where)
        if "population" not in seen:
            raise self._wrong("rules", "il manque la règle « population »", "the rule 'population' is missing")

    def _purpose(self, rule: dict[str, Any], where: str) -> tuple[str, str]:
        """(purpose, outcome): what the rule is for, and the stratum or risk level it gives."""
        given = [name for name in ("purpose", "stratum", "at_risk") if name in rule]
        if len(given) != 1:
            raise self._wrong(where, "il faut une de : purpose, stratum, at_risk", "one is needed of: purpose, stratum, at_risk")
        value = str(rule[given[0]])
        allowed = {"purpose": ("population", "known"), "stratum": ("1", "2", "3", "4"), "at_risk": ("strict", "extended")}
        if value not in allowed[given[0]]:
            raise self._wrong(where, f"valeur inconnue : {value}", f"unknown value: {value}")
        return (value, value) if given[0] == "purpose" else (given[0], value)

    def _members(self, rule: dict[str, Any], where: str) -> tuple[list[str], int]:
        """(criteria, score to reach): `any` asks one, `all` asks each, `of` asks `at_least`."""
        given = [name for name in ("any", "all", "of") if name in rule]
        if len(given) != 1 or (given[0] == "of") != ("at_least" in rule):
            raise self._wrong(where, "il faut any, all, ou at_least avec of", "any, all, or at_least with of is needed")
        members = rule[given[0]]
        score = {"any": 1, "all": len(members), "of": rule.get("at_least", 1)}[given[0]]
        reachable = sum(rule.get("weight", {}).get(name, 1) for name in members)
        if not members or len(set(members)) != len(members) or score > reachable:
            raise self._wrong(
                where, "la règle ne peut jamais être remplie ou répète un critère", "the rule can never hold or repeats a criterion"
            )
        return members, score

    def _weigh(self, rule: dict[str, Any], rule_id: str, members: list[str], where: str) -> None:
        for name in (*members, *rule.get("weight", {}), *rule.get("weight_alone", {})):
            if name not in self.criteria or name not in members:
                raise self._wrong(where, f"critère inconnu : {name}", f"unknown criterion: {name}")
        for name in members:
            weight = rule.get("weight", {}).get(name, 1)
            alone = rule.get("weight_alone", {}).get(name, weight)
            self.out.rows["definition_member"].append((self.condition, rule_id, self.criteria[name], weight, alone))

    def _event_number(self, event_id: str, where: str) -> int:
        if event_id not in self.events:
            raise self._wrong(where, f"événement inconnu : {event_id}", f"unknown event: {event_id}")
        return self.events[event_id]

    def _need(self, table: dict[str, Any], key: str, where: str) -> Any:
        if key not in table:
            raise self._wrong(f"{where} {key}".strip(), "cette entrée manque", "this entry is missing")
        return table[key]

    def _refuse_unknown(self, table: dict[str, Any], kind: str, where: str) -> None:
        for key in table:
            if key not in _KEYS[kind].split():
                raise self._wrong(f"{where} {key}".strip(), "cette entrée n'existe pas", "there is no such entry")

    def _wrong(self, entry: str, why_fr: str, why_en: str) -> StrataError:
        return _wrong(self.path, entry, why_fr, why_en)


@dataclass(frozen=True)
class CodeList:
    """One code list: its code system and its rows of `definition_code`."""

    system: str
    rows: tuple[tuple[Any, ...], ...]


def _code_lists(folder: Path, condition: str, compiled: Compiled) -> dict[str, CodeList]:
    """The shared lists and those of the condition's own folder; a name may be used once."""
    found: dict[str, CodeList] = {}
    for place in (folder / "shared", folder / condition):
        index = place / "lists.csv"
        if not index.exists():
            continue
        _note(index, compiled)
        for line, row in enumerate(_read_csv(index), start=2):
            if row["list_id"] in found:
                raise _wrong(index, f"ligne {line}", "cette liste existe déjà", "this list exists already")
            _check_list(index, line, row)
            found[row["list_id"]] = CodeList(row["system"], tuple(_codes(place, row, compiled)))
    return found


def _check_list(index: Path, line: int, row: dict[str, str]) -> None:
    for name in ("source", "author", "nomenclature_year", "label_fr", "label_en"):
        if not (row.get(name) or "").strip():
            raise _wrong(index, f"ligne {line}, {name}", "cette case est vide", "this cell is empty")
    if row["system"] not in CODE_SHAPE or row["match"] not in ("prefix", "exact"):
        raise _wrong(index, f"ligne {line}", "nomenclature ou mode de comparaison inconnu", "unknown code system or match")


def _codes(place: Path, row: dict[str, str], compiled: Compiled) -> Iterator[tuple[Any, ...]]:
    path = place / "codes" / f"{row['list_id']}.csv"
    _note(path, compiled)
    seen: set[str] = set()
    for line, code in enumerate(_read_csv(path), start=2):
        if not CODE_SHAPE[row["system"]].fullmatch(code["code"]):
            raise _wrong(path, f"ligne {line}", "ce code n'a pas la forme de sa nomenclature", "this code has not the shape of its system")
        if code["code"] in seen:
            raise _wrong(path, f"ligne {line}", "ce code est déjà dans la liste", "this code is in the list already")
        seen.add(code["code"])
        yield row["list_id"], row["system"], code["code"], row["match"], code["valid_from"] or None, code["valid_to"] or None
    if not seen:
        raise _wrong(path, "", "la liste est vide", "the list is empty")


def _read_toml(path: Path, compiled: Compiled) -> dict[str, Any]:
    try:
        _note(path, compiled)
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(path, "", "ce fichier ne peut pas être lu", "this file cannot be read") from error
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, str(error), "ce n'est pas du TOML valide", "this is not valid TOML") from error


def _read_csv(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            return list(csv.DictReader(handle))
    except OSError as error:
        raise _wrong(path, "", "ce fichier ne peut pas être lu", "this file cannot be read") from error


def _note(path: Path, compiled: Compiled) -> None:
    compiled.sha256[f"{path.parent.name}/{path.name}"] = hashlib.sha256(path.read_bytes()).hexdigest()


def _wrong(path: Path, entry: str, why_fr: str, why_en: str) -> StrataError:
    return StrataError(
        what=("Définition refusée", "Definition refused"),
        where=f"{path.parent.name}/{path.name} {entry}".strip(),
        why=(why_fr, why_en),
        fix=(
            "Corriger cette entrée ; la grammaire est dans conditions/README.md",
            "Mend this entry; the grammar is in conditions/README.md",
        ),
        is_usage=True,
    )
