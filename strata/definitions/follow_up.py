"""The calendar of follow-up of a condition: follow_up.toml of its folder, where there is one, checked and turned into rows.

Belongs here: what an act of follow-up must say, and the refusal of what cannot be meant. Not here: code lists (code_lists.py), counting
(sql/reference/person_act.sql). No part of the content of a definition: it changes no stratum.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from strata.definitions.code_lists import CodeList
from strata.definitions.text import DefinitionText, read_definition
from strata.errors import StrataError

NAME = "follow_up.toml"
COUNTED = ("day", "month")
BASES = ("source", "proposal")
SYSTEMS = {"codes": ("prs", "nabm", "ccam", "cip13", "atc"), "by": ("speciality",)}
MOST_YEARS = 5
_ID = re.compile(r"[a-z][a-z0-9_]*")
_YEAR = tuple(range(1, 13))


@dataclass(frozen=True)
class FollowUp:
    """The acts of one condition, as written (`acts`), the lists they use, and rows of the definition_act* tables (schema.sql)."""

    acts: tuple[dict[str, Any], ...] = ()
    lists: tuple[CodeList, ...] = ()
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)


def read_follow_up(folder: Path, condition: str, lists: dict[str, CodeList], strata: set[str]) -> FollowUp:
    """The calendar of one condition, empty without the file. lists: those it may name. strata: those of its definition.

    StrataError (usage) naming file, line, entry and reason.
    """
    path = folder / condition / NAME
    return compile_follow_up(read_definition(path), condition, lists, strata) if path.exists() else FollowUp()


def compile_follow_up(text: DefinitionText, condition: str, lists: dict[str, CodeList], strata: set[str]) -> FollowUp:
    """The same of a text that was read."""
    acts = text.check(text.source, "follow_up", "").get("acts", [])
    if not acts:
        raise text.wrong("acts", "aucun acte", "no act")
    reader = _Reader(text, condition, lists, strata)
    for act in acts:
        reader.read(act)
    used = {one.list_id: one for one in reader.used}
    return FollowUp(tuple(acts), tuple(used[name] for name in sorted(used)), reader.rows)


@dataclass
class _Reader:
    text: DefinitionText
    condition: str
    lists: dict[str, CodeList]
    strata: set[str]
    seen: set[str] = field(default_factory=set)
    used: list[CodeList] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(
        default_factory=lambda: {f"definition_act{part}": [] for part in ("", "_way", "_code", "_expected", "_quarter")}
    )

    def read(self, act: dict[str, Any]) -> None:
        where = f"acts {act.get('id', '')}".strip()
        act_id = self.text.need(self.text.check(act, "act", where), "id", "acts")
        if not _ID.fullmatch(act_id) or act_id in self.seen:
            raise self._wrong(where, "nom déjà pris, ou impossible pour un indicateur", "name taken, or impossible for an indicator")
        self.seen.add(act_id)
        labels = self.text.labels(act, where)
        caveats = tuple(self.text.need(act, name, where) for name in ("caveat_fr", "caveat_en"))
        counted = act.get("counted", COUNTED[0])
        if counted not in COUNTED:
            raise self._wrong(f"{where} counted", "valeur inconnue (day ou month)", "unknown value (day or month)")
        for way_no, way in enumerate(self.text.need(act, "shown_by", where), start=1):
            self._way(act_id, way_no, way, where)
        years = [self._expected(act_id, stratum, entry, act, where) for stratum, entry in self._given(act, where)]
        is_for_all = set(act["expected"]) == self.strata
        row = (self.condition, act_id, *labels, *caveats, counted, max(years), bool(act["shown_by"]), is_for_all)
        self.rows["definition_act"].append(row)

    def _way(self, act_id: str, way_no: int, way: Any, where: str) -> None:
        """A line of care of one of these codes, made by one of these specialities; one of the two may be left out."""
        named = {part: names for part, names in self.text.check(way, "way", where).items() if names}
        if not named:
            raise self._wrong(where, "ni code ni spécialité", "neither a code nor a speciality")
        self.rows["definition_act_way"].append((self.condition, act_id, way_no, "codes" in named, "by" in named))
        for part, names in named.items():
            for name in names:
                code_list = self._list(name, part, where)
                self.used.append(code_list)
                codes = [row[1:] for row in code_list.rows if row[1] != "atc"]  # a class is met through its CIP13 codes
                self.rows["definition_act_code"] += [
                    (self.condition, act_id, way_no, part, system, code, first, last) for system, code, _, first, last in codes
                ]

    def _list(self, name: str, part: str, where: str) -> CodeList:
        code_list = self.lists.get(name)
        if code_list is None:
            raise self._wrong(where, f"liste de codes inconnue : {name}", f"unknown code list: {name}")
        if code_list.system not in SYSTEMS[part] or (code_list.match != "exact" and code_list.system != "atc"):
            why = (
                f"la liste {name} n'est pas faite pour « {part} », ou compare par préfixe",
                f"list {name} does not fit '{part}', or matches by prefix",
            )
            raise self._wrong(where, *why)
        return code_list

    def _given(self, act: dict[str, Any], where: str) -> list[tuple[str, dict[str, Any]]]:
        expected = self.text.need(act, "expected", where)
        if not expected or set(expected) - self.strata:
            names = ", ".join(sorted(self.strata))
            raise self._wrong(f"{where} expected", f"nombres attendus par strate : {names}", f"numbers expected by stratum: {names}")
        return sorted(expected.items())

    def _expected(self, act_id: str, stratum: str, entry: Any, act: dict[str, Any], where: str) -> int:
        """Rows of one stratum; gives over how many years the number is expected."""
        entry_name = f"{where} expected.{stratum}"
        self.text.check(entry, "expected", entry_name)
        times, years = self.text.need(entry, "times", entry_name), entry.get("years", 1)
        self.text.need(entry, "source", entry_name)
        if self.text.need(entry, "basis", entry_name) not in BASES:
            raise self._wrong(entry_name, "basis : source ou proposal", "basis: source or proposal")
        most = (12 if act.get("counted") == "month" else 365) * years
        if not (1 <= years <= MOST_YEARS and 1 <= times <= most):
            raise self._wrong(entry_name, "ce nombre ne peut pas être atteint", "this number cannot be reached")
        self.rows["definition_act_expected"].append((self.condition, act_id, stratum, times, years, entry["basis"], entry["source"]))
        months = self._months(act, where)
        for quarter in range(1, 5):
            share = sum((month + 2) // 3 == quarter for month in months) / len(months)
            self.rows["definition_act_quarter"].append((self.condition, act_id, stratum, quarter, times / years * share))
        return years

    def _months(self, act: dict[str, Any], where: str) -> list[int]:
        months: list[int] = act.get("months", list(_YEAR))
        if not months or len(set(months)) != len(months) or set(months) - set(_YEAR):
            raise self._wrong(f"{where} months", "des mois de 1 à 12, chacun une fois", "months from 1 to 12, each once")
        return months

    def _wrong(self, entry: str, why_fr: str, why_en: str) -> StrataError:
        return self.text.wrong(entry, why_fr, why_en)


def refuse_two_meanings(one: FollowUp, other: FollowUp, text: DefinitionText) -> None:
    """An act that two conditions name is one act: the same words, shown by the same things, counted alike. Expected numbers may differ."""
    known = {act["id"]: act for act in one.acts}
    for act in other.acts:
        if any(known.get(act["id"], act).get(key) != act.get(key) for key in ("label_fr", "label_en", "shown_by", "counted")):
            raise text.wrong(
                f"acts {act['id']}",
                "une autre pathologie nomme ainsi un autre acte : même nom, mêmes mots, mêmes codes",
                "another condition gives this name to another act: same name, same words, same codes",
            )
