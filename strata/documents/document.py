"""One definition in the words of a clinician, in one language: what each page of a definition shows.

Belongs here: choosing what is told and its sentences, from the entries of the definition. Not here: the layout of the page
(pipelines/templates/definition.html.j2), the words of positions and counts (strata/explain/words.csv).
"""

import csv
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from strata.definitions.code_lists import Code, CodeList
from strata.definitions.compiler import LOOKBACK_YEARS
from strata.documents.export import STATEMENT
from strata.documents.whole import Whole
from strata.explain.labels import trait_labels
from strata.explain.score import required
from strata.explain.words import Words, metric_in_words

Entry = dict[str, Any]
_TRAITS = (
    ("stay_all", "Séjour exigé", "Stay asked for"),
    ("stay_any", "Avec l'un au moins de", "With one at least of"),
    ("stay_none", "Sauf", "Except"),
)
_LEVELS = (
    ("strict", "À risque, strict", "At risk, strict"),
    ("strict_dcir", "À risque, strict avec les soins de ville", "At risk, strict with ambulatory care"),
    ("extended", "À risque, étendu", "At risk, extended"),
)
_COUNTED = {
    "stay": (("séjour", "stay"), ("séjours", "stays")),
    "day": (("jour", "day"), ("jours distincts", "distinct days")),
    "episode": (("épisode de séjours enchaînés", "episode of chained stays"), ("épisodes", "episodes")),
    "ald": (("exonération en cours", "exemption in force"), ("exonérations en cours", "exemptions in force")),
}


@dataclass(frozen=True)
class Named:
    """Something with a label, and its identifier."""

    label: str
    identifier: str


@dataclass(frozen=True)
class Term:
    """Code lists in a position: 'diagnosis, any position: …'."""

    position: str
    lists: tuple[Named, ...]


@dataclass(frozen=True)
class Criterion:
    """One criterion. clauses: any of them shows it, all terms of one in the same stay; none: any stay. traits: what the stay must be."""

    name: Named
    counted: str
    window: str
    clauses: tuple[tuple[Term, ...], ...]
    traits: tuple[str, ...]
    beside: tuple[tuple[Term, ...], ...]
    rules: tuple[Named, ...]


@dataclass(frozen=True)
class Rule:
    """One rule. asks: how many of its members; members: (criterion, what it adds when that is not 1)."""

    name: Named
    asks: str
    members: tuple[tuple[Named, str], ...]


@dataclass(frozen=True)
class Group:
    """The rules of one outcome: a stratum, a level of risk, the population."""

    title: str
    profile: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class List:
    """One code list. codes: (code, its label, the dates of its meaning or ''); * ends a label that is not the nomenclature's."""

    name: Named
    system: str
    match: str
    year: str
    source: str
    author: str
    codes: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Version:
    """One version: from when, who asked for it, what changed."""

    identifier: str
    period: str
    source: str
    changes: tuple[str, ...]
    content_sha256: str


@dataclass(frozen=True)
class Act:
    """One act of follow-up. ways: what shows it, (lists of codes, lists of specialities) each; expected: (stratum, how often, source)."""

    name: Named
    ways: tuple[tuple[tuple[Named, ...], tuple[Named, ...]], ...]
    counted: str
    caveat: str
    expected: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Document:
    """Everything a page says. is_edited: the content is not the one registered under this version. types: sentences, in order."""

    language: str
    name: Named
    condition: str
    statement: str
    source: str
    content_sha256: str
    is_edited: bool
    facts: tuple[tuple[str, str], ...]
    strata: tuple[tuple[str, str], ...]
    population: tuple[str, ...]
    types: tuple[str, ...]
    groups: tuple[Group, ...]
    criteria: tuple[Criterion, ...]
    lists: tuple[List, ...]
    caveats: tuple[str, ...]
    versions: tuple[Version, ...]
    acts: tuple[Act, ...] = ()
    act_lists: tuple[List, ...] = ()


def document(whole: Whole, language: str) -> Document:
    """The document of a definition, in 'fr' or 'en'."""
    return _Teller(whole, Words(language)).document()


@dataclass
class _Teller:
    whole: Whole
    words: Words

    def __post_init__(self) -> None:
        self.source, self.used, self.calendar = self.whole.source, self.whole.used, self.whole.calendar
        self.say = self.words.choose
        self.lookback = self.source.get("lookback_years", LOOKBACK_YEARS)
        self.lists = {one.list_id: Named(self.label(one.about), one.list_id) for one in (*self.used, *self.calendar.lists)}
        self.criteria = {name: Named(self.label(entry), name) for name, entry in self.source["criteria"].items()}
        self.rules = {rule["id"]: Named(self.label(rule), rule["id"]) for rule in self.source["rules"]}

    def origin(self, source: str) -> str:
        """A source in the language of the page: those of the shipped definitions are in sources.csv, others stay as they were written."""
        return self.say(french_sources().get(source, source), source)

    def label(self, entry: Entry) -> str:
        return self.words.label((entry["label_fr"], entry["label_en"]))

    def of(self, entry: Entry) -> str:
        return self.words.label((entry["fr"], entry["en"]))

    def document(self) -> Document:
        source, digest = self.source, self.whole.content_sha256
        registered = source["versions"][-1].get("content_sha256", "")
        return Document(
            language=self.words.language,
            name=Named(self.label(source), source["id"]),
            condition=self.whole.condition,
            statement=self.of(STATEMENT),
            source=self.origin(source["source"]),
            content_sha256=digest,
            is_edited=registered not in ("", digest),
            facts=self.facts(),
            strata=tuple((self.words.say("purpose", "stratum", outcome=name), self.of(source["strata"][name])) for name in self.numbers()),
            population=self.population(),
            types=self.types(),
            groups=tuple(self.groups()),
            criteria=tuple(self.criterion(name, entry) for name, entry in source["criteria"].items()),
            lists=tuple(self.code_list(one) for one in self.used),
            caveats=tuple(self.of(one) for one in source.get("caveats", [])),
            versions=tuple(self.versions()),
            acts=tuple(self.act(entry) for entry in self.calendar.acts),
            act_lists=tuple(self.code_list(one) for one in self.calendar.lists if one not in self.used),
        )

    def numbers(self) -> list[str]:
        return sorted(self.source["strata"], reverse=True)

    # ------------------------------------------------------------------ what it is about

    def facts(self) -> tuple[tuple[str, str], ...]:
        say, last = self.say, self.source["versions"][-1]
        return (
            (say("Version", "Version"), self.source["id"]),
            (say("En vigueur depuis le", "In force since"), self.words.shown(last["valid_from"])),
            (say("Recul", "Look-back"), say(f"{self.lookback} ans avant la date d'index", f"{self.lookback} years before the index date")),
            (say("Âge minimal", "Least age"), say(f"{self.source['age_min']} ans", f"{self.source['age_min']} years")),
            (say("Calculée par défaut", "Run by default"), say("oui", "yes") if self.source.get("is_default", True) else say("non", "no")),
            *((say("Parts des strates", "Shares of the strata"), text) for text in self.shares()),
        )

    def shares(self) -> tuple[str, ...]:
        """The shares of the strata that this definition asks of itself, and why; none where it asks as all do."""
        if "gate" not in self.source:
            return ()
        gate, say = self.source["gate"], self.say
        least, most = (f"{100 * gate[name]:g} %" if name in gate else "–" for name in ("smallest_share", "largest_share"))
        return (say(f"de {least} à {most}. {gate['reason_fr']}", f"from {least} to {most}. {gate['reason_en']}"),)

    def population(self) -> tuple[str, ...]:
        """What a person must be, besides the rule of the population."""
        say, age = self.say, self.source["age_min"]
        told = [
            say(
                f"En vie à la date d'index (ou présumée), {age} ans ou plus, résidence connue en France.",
                f"Alive at the index date (or presumed so), {age} years or older, with a known residence in France.",
            ),
            say(
                f"Au moins un séjour utilisable, dans un champ de soins retenu, dans les {self.lookback} ans de recul.",
                f"At least one usable stay, in a field of care that is included, in the {self.lookback} years looked back on.",
            ),
        ]
        if wanted := self.source.get("population_type"):
            name = self.of(self.source["type"]["labels"][wanted])
            told.append(say(f"Type établi : {name} [{wanted}].", f"Type settled: {name} [{wanted}]."))
        told.append(self.falls())
        if any("at_risk" in rule for rule in self.source["rules"]):
            told.append(self.at_risk())
        return tuple(told)

    def falls(self) -> str:
        if self.source.get("falls") == "expiry":
            return self.say(
                "Une strate qui baisse n'est jamais une amélioration : la preuve a vieilli ; de la personne, on ne sait rien de neuf.",
                "A stratum that falls is never an improvement: evidence grew old; nothing new is known of the person.",
            )
        return self.say(
            "Une strate qui baisse faute d'événement récent peut être une amélioration ; parce qu'un code est sorti du recul, non.",
            "A stratum that falls for want of a recent event may be an improvement; because a code left the look-back, it is none.",
        )

    def at_risk(self) -> str:
        return self.say(
            "Est « à risque » qui remplit une règle de risque sans que la maladie soit connue (règles « connu »).",
            "'At risk' is whoever meets a rule of risk while the condition is not known (rules 'known').",
        )

    # ------------------------------------------------------------------ types

    def types(self) -> tuple[str, ...]:
        types = self.source.get("type", {})
        groups = {group["id"]: self.label(group) for group in types.get("groups", [])}
        told = []
        for rule in types.get("rules", []):
            asked = self.say(" et ", " and ").join(self.comparison(one, groups) for one in rule["all"])
            name = self.of(types["labels"][rule["type"]])
            told.append(f"{name} [{rule['type']}] – {self.say('si', 'if')} {asked}")
        return tuple(told)

    def comparison(self, text: str, groups: dict[str, str]) -> str:
        """'share:t2 > 0.5' in words."""
        metric, operator, threshold = text.replace(">=", " ≥ ").replace("<=", " ≤ ").split()
        return f"{metric_in_words(metric, groups, self.words)} {operator} {self.words.shown(float(threshold))}"

    # ------------------------------------------------------------------ rules

    def groups(self) -> list[Group]:
        """Population first, then strata from the heaviest, then levels of risk."""
        say = self.say
        found = [self.group(say("Dans la population", "In the population"), "", "purpose", "population")]
        for name in self.numbers():
            title = self.words.say("purpose", "stratum", outcome=name)
            found.append(self.group(title[0].upper() + title[1:], self.of(self.source["strata"][name]), "stratum", int(name)))
        for level, french, english in _LEVELS:
            found.append(self.group(say(french, english), "", "at_risk", level))
        known = say("Maladie déjà connue : jamais à risque", "Condition known already: never at risk")
        found.append(self.group(known, "", "purpose", "known"))
        return [group for group in found if group.rules]

    def group(self, title: str, profile: str, key: str, value: Any) -> Group:
        return Group(title, profile, tuple(self.rule(rule) for rule in self.source["rules"] if rule.get(key) == value))

    def rule(self, rule: Entry) -> Rule:
        names = rule.get("any") or rule.get("all") or rule["of"]
        needed, rest = _required(rule, names)
        if needed:
            names = [*(name for name in names if name in needed), *(name for name in names if name not in needed)]
        if "any" in rule or len(names) == 1:
            asks = self.say("un seul suffit", "one is enough") if len(names) > 1 else self.say("il faut", "asked for")
        elif "all" in rule:
            asks = self.say("tous ensemble", "all of them")
        elif needed:
            asks = self.say(
                f"{'le premier' if len(needed) == 1 else f'les {len(needed)} premiers'}, et au moins {rest} des autres",
                f"the first {'' if len(needed) == 1 else f'{len(needed)} '}and at least {rest} of the others",
            )
        elif "weight" in rule:
            asks = self.say(
                f"score d'au moins {rule['at_least']}, chacun comptant 1 sauf mention",
                f"score of at least {rule['at_least']}, each counting 1 unless said",
            )
        else:
            asks = self.say(f"au moins {rule['at_least']} parmi", f"at least {rule['at_least']} of")
        if rule.get("age_min"):
            asks = self.say(f"à partir de {rule['age_min']} ans, {asks}", f"from {rule['age_min']} years on, {asks}")
        weights = {} if needed else {name: self.weight(rule, name) for name in names}
        return Rule(self.rules[rule["id"]], asks, tuple((self.criteria[name], weights.get(name, "")) for name in names))

    def weight(self, rule: Entry, name: str) -> str:
        weight = rule.get("weight", {}).get(name, 1)
        alone = rule.get("weight_alone", {}).get(name, weight)
        told = [self.say(f"compte {weight}", f"counts {weight}")] if weight != 1 else []
        if alone != weight:
            told.append(self.say(f"compte {alone} quand il est seul", f"counts {alone} when alone"))
        return ", ".join(told)

    # ------------------------------------------------------------------ criteria

    def criterion(self, name: str, entry: Entry) -> Criterion:
        event = self.source["events"][entry["event"]]
        beside = self.source["events"][entry["in_episode_with"]] if "in_episode_with" in entry else {"any": []}
        months = entry.get("months")
        window = (
            self.say(f"dans les {months} derniers mois", f"in the last {months} months")
            if months
            else self.say(f"dans les {self.lookback} ans de recul", f"in the {self.lookback} years looked back on")
        )
        rules = tuple({named.label: named for named in self.rules_of(name)}.values())  # "known" often has the words of "population"
        return Criterion(
            self.criteria[name], self.counted(entry), window, self.clauses(event), self.traits(event), self.clauses(beside), rules
        )

    def rules_of(self, criterion: str) -> list[Named]:
        return [self.rules[rule["id"]] for rule in self.source["rules"] if criterion in _members(rule)]

    def counted(self, entry: Entry) -> str:
        number = entry.get("at_least", 1)
        places = {clause.get("in") for clause in self.source["events"][entry["event"]]["any"]}
        kind = "ald" if "ald" in places else "day" if "care" in places else entry.get("count", "stay")
        french, english = _COUNTED[kind][number > 1]
        return self.say(f"au moins {number} {french}", f"at least {number} {english}")

    def clauses(self, event: Entry) -> tuple[tuple[Term, ...], ...]:
        return tuple(tuple(self.term(term) for term in clause.get("together", [clause])) for clause in event["any"])

    def term(self, term: Entry) -> Term:
        return Term(self.words.say("in", term["in"]), tuple(self.lists[name] for name in term["codes"]))

    def traits(self, event: Entry) -> tuple[str, ...]:
        labels = trait_labels()
        told = []
        for key, french, english in _TRAITS:
            if names := event.get(key):
                shown = self.say(" ; ", "; ").join(self.words.label(labels[name]) for name in names)
                told.append(self.say(f"{french} : {shown}", f"{english}: {shown}"))
        return tuple(told)

    # ------------------------------------------------------------------ follow-up

    def act(self, entry: Entry) -> Act:
        say = self.say
        ways = tuple(
            (tuple(self.lists[name] for name in way.get("codes", [])), tuple(self.lists[name] for name in way.get("by", [])))
            for way in entry["shown_by"]
        )
        counted = (
            say("mois avec l'acte", "months with the act")
            if entry.get("counted") == "month"
            else say("jours avec l'acte", "days with the act")
        )
        caveat = entry["caveat_fr" if self.words.language == "fr" else "caveat_en"]
        expected = tuple(
            (self.words.say("purpose", "stratum", outcome=name), self.often(one), self.basis(one))
            for name, one in sorted(entry["expected"].items())
        )
        return Act(Named(self.label(entry), entry["id"]), ways, counted, caveat, expected)

    def often(self, expected: Entry) -> str:
        times, years = expected["times"], expected.get("years", 1)
        if years > 1:
            return self.say(f"{times} en {years} ans", f"{times} in {years} years")
        return self.say(f"{times} par an", f"{times} a year")

    def basis(self, expected: Entry) -> str:
        """The source of the number; that it is a proposal, where it is one."""
        source = self.origin(expected["source"])
        return source if expected["basis"] == "source" else self.say(f"proposition – {source}", f"proposal – {source}")

    # ------------------------------------------------------------------ lists, versions

    def code_list(self, one: CodeList) -> List:
        about = one.about
        codes = tuple((code.code, self.words_of(code), self.period(code)) for code in one.codes)
        match = self.say("par préfixe", "by prefix") if one.match == "prefix" else self.say("exactement", "exactly")
        system = self.words.say("system", one.system)
        return List(
            self.lists[one.list_id],
            system,
            match,
            about["nomenclature_year"],
            self.origin(about["source"]),
            about["author"],
            codes,
        )

    def words_of(self, code: Code) -> str:
        return self.words.label((code.label_fr, code.label_en)) + ("*" if code.label_source == "own" else "")

    def period(self, code: Code) -> str:
        return self.dates(code.valid_from, code.valid_to)

    def dates(self, first: date | None, last: date | None) -> str:
        shown, say = self.words.shown, self.say
        if first and last:
            return say(f"du {shown(first)} au {shown(last)}", f"{shown(first)} to {shown(last)}")
        if first:
            return say(f"depuis le {shown(first)}", f"since {shown(first)}")
        return say(f"jusqu'au {shown(last)}", f"until {shown(last)}") if last else ""

    def versions(self) -> list[Version]:
        """The last one first."""
        found = []
        entries = self.source["versions"]
        for entry, following in zip(entries, [*entries[1:], None], strict=True):
            period = self.dates(entry["valid_from"], following["valid_from"] if following else None)
            changes = tuple(entry["changes_fr" if self.words.language == "fr" else "changes_en"])
            found.append(Version(entry["id"], period, self.origin(entry["source"]), changes, entry.get("content_sha256", "")))
        return found[::-1]


def _members(rule: Entry) -> list[str]:
    members: list[str] = rule.get("any") or rule.get("all") or rule.get("of") or []
    return members


def _required(rule: Entry, names: list[str]) -> tuple[frozenset[str], int]:
    """Of a rule with weights: the criteria it cannot do without, and how many of the others. None where those do not count 1."""
    weights = {name: rule.get("weight", {}).get(name, 1) for name in names}
    if "weight" not in rule:
        return frozenset(), 0
    needed, rest = required(weights, rule.get("weight_alone", {}), rule["at_least"])
    is_told = rest > 0 and all(weight == 1 for name, weight in weights.items() if name not in needed)
    return (needed, rest) if is_told else (frozenset(), 0)


@cache
def french_sources() -> dict[str, str]:
    """The sources of the shipped definitions and lists -> their words in French."""
    with Path(__file__).with_name("sources.csv").open(encoding="utf-8", newline="") as handle:
        return {row["source"]: row["fr"] for row in csv.DictReader(handle)}
