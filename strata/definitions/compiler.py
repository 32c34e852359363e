"""One definition, checked and turned into rows that generic SQL evaluates.

Belongs here: what the entries of a definition.toml mean together, and the refusal of what cannot be meant.
Not here: which definitions are read (folder.py), the grammar and its lines (text.py), code lists (code_lists.py), any code or condition
(strata/conditions), any evaluation (sql/strata).
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import polars as pl

from strata.definitions.code_lists import CodeList
from strata.definitions.content import content_sha256
from strata.definitions.impossible import OLDEST, Comparison, is_no_age, never_holds, why_no_stay
from strata.definitions.text import DefinitionText
from strata.definitions.versions import check_caveats, check_versions
from strata.errors import StrataError
from strata.settings import TABLES

TRAITS = TABLES / "trait.csv"

POSITIONS = {
    "dp": ("stay_dp", "unit_dp"),
    "stay_dp": ("stay_dp",),
    "secondary": ("stay_dr", "unit_dr", "das"),
    "diagnosis": ("stay_dp", "stay_dr", "unit_dp", "unit_dr", "das"),
    "act": ("act",),
    "ghm": ("ghm",),
    "unit": ("unit",),
    "supplement": ("supplement",),
    "care": ("care",),
    "ald": ("ald",),
}
SYSTEMS_OF = {
    "dp": ("icd10",), "stay_dp": ("icd10",), "secondary": ("icd10",), "diagnosis": ("icd10",), "act": ("ccam",), "ghm": ("ghm",),
    "unit": ("unit",), "supplement": ("supplement",), "care": ("prs", "nabm", "ccam", "cip13", "atc"), "ald": ("icd10",),
}  # fmt: skip
OUTSIDE_STAYS = ("care", "ald")
COUNTED = ("stay", "day", "episode")
STRATA = ("1", "2", "3", "4")
FALLS = ("recency", "expiry")  # what a fall between strata may be: the first when a definition says nothing
# rule entry -> its values, each with (purpose, outcome) of definition_rule
OUTCOMES = {
    "purpose": {name: (name, name) for name in ("population", "known")},
    "stratum": {name: ("stratum", name) for name in STRATA},
    "at_risk": {"strict": ("at_risk", "strict"), "strict_dcir": ("at_risk_dcir", "strict"), "extended": ("at_risk", "extended")},
}
LOOKBACK_YEARS = 5
MOST_CRITERIA = 63  # of one definition: those a person meets are the bits of one number (sql/strata/criterion_bit.sql)
_COMPARISON = re.compile(r"(\S+)\s*(<=|>=|=|<|>)\s*([0-9]+(?:\.[0-9]+)?)")


@dataclass
class Compiled:
    """The rows of every definition_* table, by table name, in the column order of schema.sql. sha256: of every file read."""

    rows: defaultdict[str, list[tuple[Any, ...]]] = field(default_factory=lambda: defaultdict(list))
    sha256: dict[str, str] = field(default_factory=dict)


@dataclass
class Compiler:
    """One definition on its way to rows. Numbers run on over all conditions, so that a number names one event or criterion."""

    text: DefinitionText
    out: Compiled
    lists: dict[str, CodeList]
    used: list[CodeList] = field(default_factory=list)
    events: dict[str, int] = field(default_factory=dict)
    outside: set[int] = field(default_factory=set)  # events of care or ALD
    criteria: dict[str, int] = field(default_factory=dict)

    def compile(self) -> None:
        source = self.text.check(self.text.source, "definition", "")
        self.condition = self._need(source, "condition", "")
        if self.condition != self.text.path.parent.name:
            raise self._wrong("condition", "le nom n'est pas celui du dossier", "the name is not that of the folder")
        self._need(source, "source", "")
        names = ("id", "label_fr", "label_en", "short_fr", "age_min")
        facts = [self._need(source, name, "") if name != "short_fr" else source.get(name, "") for name in names]
        self._refuse_age(source, "age_min")
        check_versions(self.text)
        check_caveats(self.text)
        for event_id, event in source.get("events", {}).items():
            self._event(event_id, event)
        for criterion_id, criterion in source.get("criteria", {}).items():
            self._criterion(criterion_id, criterion)
        self._types(self.text.check(source.get("type", {}), "type", "type"))
        self._rules(source.get("rules", []))
        decided = (source.get("population_type"), self._falls(source))
        row = (self.condition, *facts, *decided, source.get("is_default", True), *self._shares(source), content_sha256(source, self.used))
        self.out.rows["definition"].append(row)

    def _shares(self, source: dict[str, Any]) -> tuple[float | None, float | None]:
        """The shares of the persons that a stratum may have, as the release gate asks; None: as it asks of all definitions."""
        if "gate" not in source:
            return None, None
        gate = self.text.check(source["gate"], "gate", "gate")
        for name in ("reason_fr", "reason_en", "source"):
            self._need(gate, name, "gate")
        smallest, largest = gate.get("smallest_share"), gate.get("largest_share")
        if not 0 <= (0 if smallest is None else smallest) < (1 if largest is None else largest) <= 1:
            raise self._wrong(
                "gate", "des parts de 0 à 1, la plus petite d'abord, sont attendues", "shares of 0 to 1, smallest first, are expected"
            )
        return smallest, largest

    def _falls(self, source: dict[str, Any]) -> str:
        falls: str = source.get("falls", FALLS[0])
        if falls not in FALLS:
            raise self._wrong("falls", f"valeur inconnue : {falls} (recency ou expiry)", f"unknown value: {falls} (recency or expiry)")
        return falls

    def compile_events(self, condition: str) -> None:
        """The events alone: of a text that defines no condition."""
        source = self.text.check(self.text.source, "definition", "")
        self.condition = condition
        self._need(source, "source", "")
        for event_id, event in source.get("events", {}).items():
            self._event(event_id, event)

    def _event(self, event_id: str, event: dict[str, Any]) -> None:
        where = f"events.{event_id}"
        self.text.check(event, "event", where)
        number = len(self.out.rows["definition_event"]) + 1
        self.events[event_id] = number
        traits = [event.get(f"stay_{kind}", []) for kind in ("all", "any", "none")]
        masks = [self._mask(names, where) for names in traits]
        if why := why_no_stay(*traits):
            raise self._wrong(where, *why)
        self.out.rows["definition_event"].append((number, self.condition, event_id, *masks))
        places: set[str] = set()
        for clause_no, clause in enumerate(self._need(event, "any", where), start=1):
            terms = self.text.check(clause, "clause", where).get("together", [clause])
            self.out.rows["definition_clause"].append((number, clause_no, len(terms)))
            for term_no, term in enumerate(terms, start=1):
                places.add(self._term((number, clause_no, term_no), self.text.check(term, "clause", where), where))
        self._refuse_mixed(number, places, event, where)

    def _refuse_mixed(self, number: int, places: set[str], event: dict[str, Any], where: str) -> None:
        """Care and long-term illness are shown outside stays: an event is of stays or of one of them, without traits."""
        if not places & set(OUTSIDE_STAYS):
            return
        self.outside.add(number)
        if len(places) > 1 or any("together" in clause for clause in event["any"]) or set(event) != {"any"}:
            raise self._wrong(
                where,
                "les soins de ville et les ALD ne vont ni avec un séjour, ni ensemble, ni avec un trait de séjour",
                "ambulatory care and long-term illness go neither with a stay, nor together, nor with a trait of a stay",
            )

    def _term(self, key: tuple[int, int, int], term: dict[str, Any], where: str) -> str:
        kind: str = self._need(term, "in", where)
        if kind not in POSITIONS:
            raise self._wrong(where, f"position inconnue : {kind}", f"unknown position: {kind}")
        for list_id in self._need(term, "codes", where):
            code_list = self.lists.get(list_id)
            if code_list is None:
                raise self._wrong(where, f"liste de codes inconnue : {list_id}", f"unknown code list: {list_id}")
            if code_list.system not in SYSTEMS_OF[kind]:
                raise self._wrong(
                    where, f"la liste {list_id} n'est pas faite pour cette position", f"list {list_id} does not fit this position"
                )
            self.used.append(code_list)
            self.out.rows["definition_code"].extend(code_list.rows)
            self.out.rows["definition_term"].extend((*key, list_id, position) for position in POSITIONS[kind])
        return kind

    def _mask(self, names: list[str], where: str) -> int:
        bits = _trait_bits()
        for name in names:
            if name not in bits:
                raise self._wrong(where, f"trait de séjour inconnu : {name}", f"unknown stay trait: {name}")
        return sum(bits[name] for name in set(names))

    def _asks_for(self, event_no: int, trait: str, where: str) -> bool:
        traits_all: int = self.out.rows["definition_event"][event_no - 1][3]
        return bool(traits_all & self._mask([trait], where))

    def _criterion(self, criterion_id: str, criterion: dict[str, Any]) -> None:
        where = f"criteria.{criterion_id}"
        self.text.check(criterion, "criterion", where)
        counted, at_least = criterion.get("count", "stay"), criterion.get("at_least", 1)
        if counted not in COUNTED or at_least < 1 or criterion.get("months", 1) < 1:
            raise self._wrong(where, "le décompte est impossible", "the count is impossible")
        self._refuse_beyond_look_back(criterion, where)
        beside = criterion.get("in_episode_with")
        number = len(self.out.rows["definition_criterion"]) + 1
        self.criteria[criterion_id] = number
        if len(self.criteria) > MOST_CRITERIA:
            raise self._wrong(where, f"plus de {MOST_CRITERIA} critères", f"more than {MOST_CRITERIA} criteria")
        event_no = self._event_number(self._need(criterion, "event", where), where)
        episode_event_no = self._event_number(beside, where) if beside else None
        self._refuse_impossible_episode(counted, event_no, episode_event_no, where)
        row = (number, self.condition, criterion_id, event_no, criterion.get("months"), at_least, counted, episode_event_no)
        self.out.rows["definition_criterion"].append((*row, *self.text.labels(criterion, where)))

    def _refuse_beyond_look_back(self, criterion: dict[str, Any], where: str) -> None:
        years = self.text.source.get("lookback_years", LOOKBACK_YEARS)
        if criterion.get("months", 1) > 12 * years:
            raise self._wrong(
                where,
                f"plus de mois que les {years} ans d'antécédents de la définition (lookback_years)",
                f"more months than the {years} years of history of the definition (lookback_years)",
            )

    def _refuse_impossible_episode(self, counted: str, event_no: int, episode_event_no: int | None, where: str) -> None:
        if counted == "episode" and not self._asks_for(event_no, "mco", where):
            raise self._wrong(
                where,
                "un épisode est fait de séjours de MCO : stay_all de l'événement",
                "an episode is made of MCO stays: stay_all of the event",
            )
        if episode_event_no is not None and (counted != "episode" or episode_event_no in self.outside):
            raise self._wrong(
                where,
                "in_episode_with demande count = « episode » et un événement de séjour",
                'in_episode_with needs count = "episode" and an event of stays',
            )

    def _types(self, types: dict[str, Any]) -> None:
        groups: list[str] = []
        for group in types.get("groups", []):
            where = f"type.{group.get('id', '')}"
            self.text.check(group, "type group", where)
            event_no = self._event_number(self._need(group, "event", where), where)
            if event_no in self.outside:
                raise self._wrong(where, "seuls des séjours votent sur le type", "only stays vote on the type")
            groups.append(self._need(group, "id", where))
            row = (self.condition, group["id"], event_no, self._need(group, "specificity", where))
            self.out.rows["definition_type_group"].append((*row, *self.text.labels(group, where)))
        for rank, rule in enumerate(types.get("rules", []), start=1):
            self._type_rule(rank, self.text.check(rule, "type rule", f"type.rules {rank}"), groups, types.get("labels", {}))
        known_types = {rule["type"] for rule in types.get("rules", [])}
        if self.text.source.get("population_type") not in (None, *known_types):
            raise self._wrong("population_type", "aucune règle ne donne ce type", "no rule gives this type")

    def _type_rule(self, rank: int, rule: dict[str, Any], groups: list[str], labels: dict[str, Any]) -> None:
        where = f"type.rules {rank}"
        texts = self._need(rule, "all", where)
        if not texts:
            raise self._wrong(where, "la règle ne demande rien", "the rule asks for nothing")
        person_type = self._need(rule, "type", where)
        words = self.text.words(labels.get(person_type, {}), f"type.labels {person_type}")
        self.out.rows["definition_type_rule"].append((self.condition, rank, person_type, len(texts), *words))
        comparisons = [self._comparison(text, groups, where) for text in texts]
        if metric := never_holds(comparisons):
            raise self._wrong(where, f"aucune valeur ne convient : {metric}", f"no value fits: {metric}")
        self.out.rows["definition_type_term"].extend((self.condition, rank, *one) for one in comparisons)

    def _comparison(self, text: str, groups: list[str], where: str) -> Comparison:
        found = _COMPARISON.fullmatch(text)
        if not found:
            raise self._wrong(where, f"comparaison illisible : {text}", f"unreadable comparison: {text}")
        metric, operator, threshold = found.groups()
        name, _, group = metric.partition(":")
        if not (metric in ("age", "age_first") or (name in ("stays", "share") and group in groups)):
            raise self._wrong(where, f"mesure inconnue : {metric}", f"unknown metric: {metric}")
        if name == "share" and (float(threshold) > 1 or (operator == ">" and float(threshold) == 1)):
            raise self._wrong(where, f"une part ne dépasse jamais 1 : {text}", f"a share never passes 1: {text}")
        return metric, operator, float(threshold)

    def _rules(self, rules: list[dict[str, Any]]) -> None:
        seen: set[str] = set()
        for rule in rules:
            rule_id = self._need(self.text.check(rule, "rule", f"rules {rule.get('id', '')}".strip()), "id", "rules")
            if rule_id in seen:
                raise self._wrong(f"rules {rule_id}", "deux règles ont le même nom", "two rules have the same name")
            seen.add(rule_id)
        levels = list(OUTCOMES["at_risk"])
        ordered = sorted(rules, key=lambda rule: (-rule.get("stratum", 0), levels.index(rule["at_risk"]) if _level(rule) in levels else 0))
        for priority, rule in enumerate(ordered, start=1):
            self._rule(rule, priority)
        for purpose in OUTCOMES["purpose"]:
            if not any(rule.get("purpose") == purpose for rule in rules):
                raise self._wrong("rules", f"il manque la règle purpose = « {purpose} »", f"the rule with purpose '{purpose}' is missing")
        self._refuse_gaps(rules)

    def _rule(self, rule: dict[str, Any], priority: int) -> None:
        rule_id = rule["id"]
        where = f"rules {rule_id}"
        purpose, outcome = self._purpose(rule, where)
        members, min_score = self._members(rule, where)
        self._refuse_age(rule, where)
        row = (self.condition, rule_id, purpose, outcome, priority, min_score, rule.get("age_min", 0))
        self.out.rows["definition_rule"].append((*row, *self.text.labels(rule, where)))
        for name in members:
            weight = rule.get("weight", {}).get(name, 1)
            alone = rule.get("weight_alone", {}).get(name, weight)
            self.out.rows["definition_member"].append((self.condition, rule_id, self.criteria[name], weight, alone))

    def _refuse_age(self, table: dict[str, Any], where: str) -> None:
        if is_no_age(table.get("age_min", 0)):
            raise self._wrong(where, f"l'âge va de 0 à {OLDEST} ans", f"an age is from 0 to {OLDEST} years")

    def _purpose(self, rule: dict[str, Any], where: str) -> tuple[str, str]:
        """(purpose, outcome): what the rule is for, and the stratum or risk level it gives."""
        given = [name for name in OUTCOMES if name in rule]
        if len(given) != 1:
            raise self._wrong(where, "il faut une de : purpose, stratum, at_risk", "one is needed of: purpose, stratum, at_risk")
        value = str(rule[given[0]])
        if value not in OUTCOMES[given[0]]:
            raise self._wrong(where, f"valeur inconnue : {value}", f"unknown value: {value}")
        return OUTCOMES[given[0]][value]

    def _members(self, rule: dict[str, Any], where: str) -> tuple[list[str], int]:
        """(criteria, score to reach): `any` asks one, `all` asks each, `of` asks `at_least`."""
        given = [name for name in ("any", "all", "of") if name in rule]
        if len(given) != 1 or (given[0] == "of") != ("at_least" in rule):
            raise self._wrong(where, "il faut any, all, ou at_least avec of", "any, all, or at_least with of is needed")
        members: list[str] = rule[given[0]]
        weights, alone = rule.get("weight", {}), rule.get("weight_alone", {})
        for name in (*members, *weights, *alone):
            if name not in self.criteria or name not in members:
                raise self._wrong(where, f"critère inconnu : {name}", f"unknown criterion: {name}")
        if (weights or alone) and given[0] != "of":
            raise self._wrong(where, "un poids ne va qu'avec at_least et of", "a weight goes with at_least and of only")
        if not all(type(value) is int and value > 0 for value in (*weights.values(), *alone.values())):
            raise self._wrong(where, "un poids est un nombre entier, au moins 1", "a weight is a whole number, at least 1")
        score = {"any": 1, "all": len(members), "of": rule.get("at_least", 1)}[given[0]]
        best = max([sum(weights.get(name, 1) for name in members), *alone.values()])
        if len(set(members)) != len(members):
            raise self._wrong(where, "un critère y est deux fois", "a criterion is in it twice")
        if not members or score > best:
            raise self._wrong(where, "la règle ne peut jamais être remplie", "the rule can never hold")
        if score < 1:
            raise self._wrong(where, "la règle est toujours remplie", "the rule always holds")
        return members, score

    def _refuse_gaps(self, rules: list[dict[str, Any]]) -> None:
        """Strata run from 1 without a hole, each has its words, and nobody of the population is left without a stratum."""
        used = {str(rule["stratum"]) for rule in rules if "stratum" in rule}
        words = self.text.source.get("strata", {})
        for name in STRATA:
            if name in used:
                self.text.words(words.get(name, {}), f"strata.{name}")
            if name not in used and (name == "1" or name in words or any(higher in used for higher in STRATA if higher > name)):
                raise self._wrong(f"strata.{name}", "aucune règle ne donne cette strate", "no rule gives this stratum")
        for population in (rule for rule in rules if rule.get("purpose") == "population"):
            if not self._is_covered(population, [rule for rule in rules if "stratum" in rule]):
                raise self._wrong(
                    f"rules {population['id']}",
                    "une personne de la population pourrait n'avoir aucune strate : une règle de strate doit tenir dès que celle-ci tient",
                    "a person of the population could have no stratum: some rule of a stratum must hold whenever this one does",
                )

    def _is_covered(self, population: dict[str, Any], strata: list[dict[str, Any]]) -> bool:
        """Whether some rule of a stratum holds whenever this one does: the same criteria, or any of them."""
        age = max(population.get("age_min", 0), self.text.source["age_min"])
        open_rules = [rule for rule in strata if rule.get("age_min", 0) <= age]
        any_of = {name for rule in open_rules for name in rule.get("any", [])}
        asked = ("any", "all", "at_least", "of", "weight", "weight_alone")
        same = any(all(rule.get(key) == population.get(key) for key in asked) for rule in open_rules)
        members = population.get("any") or population.get("of") or []
        enough = set(members) <= any_of if members else bool(set(population.get("all", [])) & any_of)
        return same or enough

    def _event_number(self, event_id: str, where: str) -> int:
        if event_id not in self.events:
            raise self._wrong(where, f"événement inconnu : {event_id}", f"unknown event: {event_id}")
        return self.events[event_id]

    def _need(self, table: dict[str, Any], key: str, entry: str) -> Any:
        return self.text.need(table, key, entry)

    def _wrong(self, entry: str, why_fr: str, why_en: str) -> StrataError:
        return self.text.wrong(entry, why_fr, why_en)


def _level(rule: dict[str, Any]) -> str:
    return str(rule.get("at_risk", ""))


@cache
def _trait_bits() -> dict[str, int]:
    return dict(pl.read_csv(TRAITS, columns=["trait", "bit"]).rows())
