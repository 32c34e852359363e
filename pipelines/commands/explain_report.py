"""An explanation in the words a clinician reads, the same for the terminal and the page.

Belongs here: choosing what is shown, in which order, and its sentences. Not here: the facts (strata/explain), the layout of the page
(templates/explain.html.j2).
"""

import shutil
import textwrap
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from strata.config import Config
from strata.explain import Explanation
from strata.explain.labels import code_label, code_labels, definitions_folder, event_lists, list_labels, named, stratum_labels, trait_labels
from strata.explain.score import required
from strata.explain.words import Words, metric_in_words

Row = dict[str, Any]
# The questions between a person and a status: every one, those of the diseased, those of a risk.
_FIRST = ("usable_stay", "look_back", "residence", "alive", "age")
_DISEASED = (*_FIRST, "population", "type", "stratum")
_AT_RISK = (*_FIRST, "population", "not_known", "at_risk")
_STAYS_BESIDE = 2  # shown of a criterion that does not decide
_KNOWN = (*_FIRST, "population", "type", "not_known")


@dataclass(frozen=True)
class Entry:
    """A sentence, and the dated stays behind it as rows of cells (View.heads). is_held: None where there is nothing to hold."""

    text: str
    is_held: bool | None = None
    rows: list[list[str]] = field(default_factory=list)
    more: str = ""


@dataclass(frozen=True)
class Section:
    """A title, one line on how to read it, and entries."""

    title: str
    reading: str
    entries: list[Entry]
    layout: str = ""  # of the page: short entries side by side, tables without their heads


@dataclass(frozen=True)
class View:
    """One explanation, in one language."""

    title: str
    about: str
    answer: str
    because: str
    heads: list[str]
    sections: list[Section]
    warning: str


def view(one: Explanation, config: Config, language: str, *, most_stays: int) -> View:
    """What is shown of one explanation; at most `most_stays` stays of a criterion that decides, the latest first."""
    teller = _Teller(one, config, Words(language), most_stays)
    say = teller.words.choose
    return View(
        title=f"{say('Personne', 'Person')} {one.person_id} · {teller.words.label((one.label_fr, one.label_en))}",
        about=teller.about(),
        answer=teller.answer(),
        because=teller.because(),
        heads=list(zip(*_HEADS))[0 if language == "fr" else 1],  # type: ignore[arg-type]
        sections=[section for section in (*teller.sections(), teller.listed_files()) if section.entries],
        warning=teller.synthetic()
        + say(
            "Usage interne : données d'une personne. Ne pas diffuser. La question est inscrite au journal (audit.log). "
            "Définition ouverte, qui n'est pas celle de la FHF ni du GPRP.",
            "Internal use: data about one person. Do not pass on. The question is in the log (audit.log). "
            "Open definition, not that of the FHF or the GPRP.",
        ),
    )


_HEADS = (
    ("Séjour", "Stay"),
    ("Champ", "Field"),
    ("Hôpital", "Hospital"),
    ("Codes", "Codes"),
    ("Expire le", "Expires on"),
    ("Fichier, ligne", "File, line"),
)


@dataclass
class _Teller:
    one: Explanation
    config: Config
    words: Words
    most_stays: int

    def __post_init__(self) -> None:
        self.folder = folder = definitions_folder(self.config)
        self.colon, self.semicolon = self.words.choose(" : ", ": "), self.words.choose(" ; ", "; ")
        self.lists = list_labels(folder, self.one.condition)
        self.events = event_lists(folder, self.one.condition)
        self.profiles = stratum_labels(folder, self.one.condition)
        self.criteria = {row["criterion_id"]: row for row in self.one.criteria}
        self.rules = {row["rule_id"]: row for row in self.one.rules}
        self.files: dict[str, int] = {}
        self.codes_of: dict[str, dict[str, tuple[str, str]]] = {}
        self.gates = {row["gate"]: row for row in self.one.gates}

    def about(self) -> str:
        one, say, person = self.one, self.words.choose, self.one.person
        about = [one.definition_id, say("état au ", "state at ") + self.words.shown(one.index_date)]
        about.append(say(f"recul de {one.lookback_years} ans", f"{one.lookback_years} years looked back on"))
        if person["sex"]:
            about.append(self.words.say("sex", person["sex"], birth_year=person["birth_year"]))
        if person["territory_id"]:
            rest = self.words.say("place", "REST")
            about.append(person["territory_name"] or (rest if person["territory_id"] == "REST" else person["territory_id"]))
        return " · ".join([*about, one.fields_included.upper(), self.deaths()])

    def synthetic(self) -> str:
        return f"{self.words.say('notice', 'synthetic')} " if self.one.is_synthetic else ""

    def deaths(self) -> str:
        """Where deaths are known from: who is in none of these is presumed alive."""
        return ", ".join(self.words.say("alive", name) for name in self.one.alive_method.split("+"))

    def status(self, status: str | None, stratum: int | None) -> str:
        return self.words.say("status", status or "none", stratum=stratum)

    def answer(self) -> str:
        text = self.status(self.one.status, self.one.stratum)
        profile = self.profiles.get(self.one.stratum or 0)
        return text[0].upper() + text[1:] + (f" – {self.words.label(profile)}" if profile else "")

    def criterion_name(self, criterion_id: str) -> str:
        return self._name(self.criteria.get(criterion_id), criterion_id)

    def rule_name(self, rule_id: str) -> str:
        return self._name(self.rules.get(rule_id), rule_id)

    def type_name(self, person_type: str | None) -> str:
        rules = self.one.type["rules"] if self.one.type else []
        found = next((row for row in rules if row["person_type"] == person_type), None)
        return self._name(found, self.words.shown(person_type))

    def _name(self, row: Row | None, identifier: str) -> str:
        return named(self.words.label((row["label_fr"], row["label_en"])) if row else "", identifier)

    def met(self, rule: Row) -> str:
        return ", ".join(self.criterion_name(row["criterion_id"]) for row in rule["members"] if row["is_met"])

    def because(self) -> str:
        """The deciding rule, or the first question that stops the way to a status."""
        if self.one.rule_id is not None:
            rule = self.rules[self.one.rule_id]
            name, met = self.rule_name(rule["rule_id"]), self.met(rule)
            return self.words.choose(f"Règle qui décide : {name}", f"Deciding rule: {name}") + self.counted(rule, met) + self.with_care()
        stops = [self.gate(name) for name in self.path() if not self.gates[name]["is_passed"]]
        return self.words.choose("Parce que : ", "Because: ") + self.semicolon.join(stops) + self.with_care()

    def counted(self, rule: Row, met: str) -> str:
        """The criteria met of a rule; how many count, where more than one is asked for."""
        if rule["min_score"] == 1:
            return self.words.choose(f", par {met}", f", through {met}")
        needed, rest = self.required(rule)
        if needed:
            names = ", ".join(self.criterion_name(name) for name in sorted(needed))
            others = [row for row in rule["members"] if row["is_met"] and row["criterion_id"] not in needed]
            listed = ", ".join(self.criterion_name(row["criterion_id"]) for row in others)
            text = self.words.choose(f", par {names}", f", through {names}")
            if not rest:
                return text
            number = f"{sum(row['weight'] for row in others)} ({rest} {self.words.choose('demandé' + self.many(rest), 'asked for')})"
            return text + self.words.choose(f", avec {number} : {listed}", f", with {number}: {listed}")
        number = f"{rule['score']} ({rule['min_score']} {self.words.choose('demandés', 'asked for')})"
        return self.words.choose(f", par {number} : {met}", f", through {number}: {met}")

    @staticmethod
    def required(rule: Row) -> tuple[frozenset[str], int]:
        """What the rule cannot do without, and what the others must add."""
        weights = {row["criterion_id"]: row["weight"] for row in rule["members"]}
        alone = {row["criterion_id"]: row["weight_alone"] for row in rule["members"] if row["weight_alone"] != row["weight"]}
        return required(weights, alone, rule["min_score"])

    def with_care(self) -> str:
        """The strict level once ambulatory care is looked at, where that changes it."""
        care = self.one.at_risk_dcir
        if care is None or not care["is_added"]:
            return ""
        name = self.rule_name(care["rule_id"])
        return self.words.choose(
            f". Avec les soins de ville : à risque strict ({name})", f". With ambulatory care: at strict risk ({name})"
        )

    def path(self) -> tuple[str, ...]:
        """The questions that matter for this person."""
        passed = {name: row["is_passed"] for name, row in self.gates.items()}
        if not all(passed[name] for name in _FIRST):
            return _FIRST[: [passed[name] for name in _FIRST].index(False) + 1]
        if not passed["population"]:
            return _AT_RISK
        return _DISEASED if passed["type"] else _KNOWN

    def gate(self, name: str) -> str:
        row = self.gates[name]
        facts = row | {"lookback_years": self.one.lookback_years, "population_type": None}
        if self.one.type:
            facts["population_type"] = self.type_name(self.one.type["population_type"])
            facts["fact_text"] = self.type_name(row["fact_text"]) if name == "type" else row["fact_text"]
        return self.words.say("gate_yes" if row["is_passed"] else "gate_no", name, **facts)

    def sections(self) -> list[Section]:
        say, one = self.words.choose, self.one
        deciding = self.rules.get(one.rule_id or "")
        held = [rule for rule in one.rules if rule["is_held"] and rule is not deciding]
        decisive = {row["criterion_id"] for row in deciding["members"]} if deciding else set()
        met = [row for row in one.criteria if row["is_met"]]
        return [
            Section(say("Les étapes jusqu'au statut", "The way to the status"), "", self.steps(), "short"),
            Section(
                say("Ce qui décide", "What decides"),
                say(
                    "Chaque critère rempli de la règle qui décide, avec ses événements.",
                    "Each criterion met of the deciding rule, with its events.",
                ),
                [self.criterion(row, self.most_stays) for row in met if row["criterion_id"] in decisive],
            ),
            self.types(),
            Section(say("Autres règles remplies", "Other rules that hold"), "", [self.held(rule) for rule in held]),
            self.nearly(),
            Section(
                say("Si rien de nouveau n'est vu", "If nothing new is seen"),
                say(
                    "Les preuves vieillissent, et la personne : une strate qui baisse ainsi n'est pas une amélioration.",
                    "Evidence ages, and so does the person: a stratum that falls this way is no improvement.",
                ),
                [
                    Entry(f"{self.words.shown(row['date'])}{self.colon}{self.status(row['status'], row['stratum'])}" + self._by(row))
                    for row in one.changes
                ],
            ),
            Section(
                say("Autres critères remplis", "Other criteria met"),
                "",
                [self.criterion(row, _STAYS_BESIDE) for row in met if row["criterion_id"] not in decisive],
                "beside",
            ),
            self.unknown(),
            Section(
                say("Séjours laissés de côté", "Stays left out"),
                say("Ces séjours ne comptent pas dans le travail par personne.", "These stays do not count in work by person."),
                [Entry(self.left_out(row)) for row in one.filtered_stays],
            ),
        ]

    def unknown(self) -> Section:
        """Criteria that this extract cannot show: neither met nor unmet."""
        names = [self.criterion_name(row["criterion_id"]) for row in self.one.criteria if not row["is_evaluated"]]
        reading = self.words.choose(
            "Leur source n'est pas dans cette extraction : ni remplis, ni non remplis.",
            "Their source is not in this extract: neither met nor unmet.",
        )
        return Section(self.words.choose("Critères inconnus", "Unknown criteria"), reading, [Entry(", ".join(names))] if names else [])

    def _by(self, row: Row) -> str:
        return f" ({self.rule_name(row['rule_id'])})" if row["rule_id"] else ""

    def steps(self) -> list[Entry]:
        has_types = self.one.type is not None
        return [Entry(self.gate(name), self.gates[name]["is_passed"]) for name in self.path() if has_types or name != "type"]

    def asked(self, row: Row) -> str:
        """What a criterion asks, in words: '2 demandés en 12 mois'; where one is enough, the months alone."""
        months = self.words.choose(f"en {row['months']} mois", f"in {row['months']} months")
        beside = ""
        if row["episode_event_id"]:
            lists = self.events.get(row["episode_event_id"]) or (row["episode_event_id"],)
            shown = self.words.choose(" ou ", " or ").join(self.words.label(self.lists.get(name, (name, name))) for name in lists)
            beside = self.words.choose(f", dans le même épisode que : {shown}", f", in one episode with: {shown}")
        if row["at_least"] == 1:
            return months + beside
        return f"{row['at_least']} {self.words.choose('demandés', 'asked for')} {months}{beside}"

    def units(self, row: Row) -> str:
        """What was counted: '3 épisodes'."""
        return f"{row['events']} {self.words.say('counted', row['counted'])}{self.many(row['events'])}"

    @staticmethod
    def many(number: int) -> str:
        """The ending of a plural, the same in both languages for the words told here."""
        return "s" if number > 1 else ""

    def span(self, first: date, last: date) -> str:
        """One day, or from one to another."""
        shown = self.words.shown
        if first == last:
            return self.words.choose(f"le {shown(first)}", f"on {shown(first)}")
        return self.words.choose(f"du {shown(first)} au {shown(last)}", f"from {shown(first)} to {shown(last)}")

    def criterion(self, row: Row, most_stays: int) -> Entry:
        name, span, expires = self.criterion_name(row["criterion_id"]), self.span(row["first_date"], row["last_date"]), row["expires_on"]
        text = self.words.choose(
            f"{name} : {self.units(row)}, {span} ({self.asked(row)}) ; ne tient plus à partir du {self.words.shown(expires)}",
            f"{name}: {self.units(row)}, {span} ({self.asked(row)}); no longer holds from {self.words.shown(expires)} on",
        )
        stays = [self.stay(stay) for stay in row["stays"][:most_stays]]
        left = len(row["stays"]) - len(stays)
        more = self.words.choose(
            f"et {left} autre{self.many(left)} séjour{self.many(left)} (--format json)",
            f"and {left} more stay{self.many(left)} (--format json)",
        )
        return Entry(text, None, stays, more if left else "")

    def stay(self, stay: Row) -> list[str]:
        shown = self.words.shown
        entry, exit_date = shown(stay["entry_date"]), shown(stay["exit_date"])
        beside = self.words.choose(" (à côté, même épisode)", " (beside, same episode)") if stay["is_beside"] else ""
        return [
            (exit_date if entry == exit_date else f"{entry} – {exit_date}") + beside,
            stay["field"].upper(),
            shown(stay["finess"]),
            self.codes(stay["codes"]) or self.words.choose("aucun code demandé", "no code asked for"),
            shown(stay["expires_on"]),
            self.source(stay) if stay["source_file"] else "–",
        ]

    def source(self, row: Row) -> str:
        """'[2] ligne 1046': the file, by its number in the list that ends the answer, and the line."""
        line = self.words.choose("ligne", "line")
        return f"[{self.files.setdefault(row['source_file'], len(self.files) + 1)}] {line} {row['source_line']}"

    def listed_files(self) -> Section:
        entries = [Entry(f"[{number}] {name}") for name, number in self.files.items()]
        return Section(self.words.choose("Fichiers", "Files"), "", entries, "short")

    def codes(self, codes: list[Row]) -> str:
        """'DP et DAS I500 (Insuffisance cardiaque)': each code once, with the positions that show it."""
        positions: dict[tuple[str, str], list[str]] = {}
        for row in codes:
            names = positions.setdefault((row["code"], row["list_id"]), [])
            position = self.words.say("position", row["position"])
            if position not in names:
                names.append(position)
        both = self.words.choose(" et ", " and ")
        shown = (f"{both.join(names)} {code} ({self.code_words(code, list_id)})" for (code, list_id), names in positions.items())
        return self.semicolon.join(shown)

    def code_words(self, code: str, list_id: str) -> str:
        """The label of the code; that of its list where the code is not there any more (a drug of a class has none of its own)."""
        if list_id not in self.codes_of:
            self.codes_of[list_id] = code_labels(self.folder, self.one.condition, list_id)
        found = code_label(code, self.codes_of[list_id])
        return self.words.label(found or self.lists.get(list_id, (list_id, list_id)))

    def types(self) -> Section:
        say = self.words.choose
        title = say("Le type", "The type")
        if self.one.type is None or not any(group["stays"] for group in self.one.type["groups"]):
            return Section(title, "", [])
        groups = ", ".join(f"{self._name(row, row['type_group'])} {row['stays']}" for row in self.one.type["groups"] if row["stays"])
        entries = [Entry(say("Séjours par groupe : ", "Stays by group: ") + groups)]
        for rule in self.one.type["rules"]:
            if rule["is_deciding"]:
                terms = self.semicolon.join(self.term(term) for term in rule["terms"])
                entries.append(
                    Entry(
                        say(
                            f"La règle {rule['rank']} donne {self.type_name(rule['person_type'])} : ",
                            f"Rule {rule['rank']} gives {self.type_name(rule['person_type'])}: ",
                        )
                        + terms,
                        True,
                    )
                )
        reading = say(
            "La première règle de type dont tous les termes tiennent décide ; dans un séjour, seul le groupe le plus précis compte.",
            "The first type rule whose terms all hold decides; in one stay, only the most specific group counts.",
        )
        return Section(title, reading, entries)

    def term(self, term: Row) -> str:
        groups = (
            {row["type_group"]: self.words.label((row["label_fr"], row["label_en"])) for row in self.one.type["groups"]}
            if self.one.type
            else {}
        )
        told = metric_in_words(term["metric"], groups, self.words)
        operator = {">=": "≥", "<=": "≤"}.get(term["operator"], term["operator"])
        seen = self.words.choose("ici", "here")
        return f"{told} {operator} {self.words.shown(term['threshold'])} ({seen} {self.words.shown(term['value'])})"

    def held(self, rule: Row) -> Entry:
        idle = ""
        if rule["purpose"] == "stratum" and self.one.status != "diseased":
            idle = self.words.choose(" – sans effet hors de la population", " – without effect outside the population")
        elif rule["purpose"].startswith("at_risk") and not self.gates["not_known"]["is_passed"]:
            idle = self.words.choose(" – sans effet, la maladie est connue", " – without effect, the condition is known")
        return Entry(f"{self.rule_name(rule['rule_id'])} ({self.outcome(rule)}){self.colon}{self.met(rule)}{idle}", True)

    def outcome(self, rule: Row) -> str:
        outcome = rule["outcome"]
        named = self.words.say("outcome", outcome) if outcome in ("strict", "extended") else outcome
        return self.words.say("purpose", rule["purpose"], outcome=named)

    def nearly(self) -> Section:
        """What would change the status, or bring the person into the population; what would change nothing is only counted."""
        say = self.words.choose
        mine = {"status": self.one.status, "stratum": self.one.stratum}
        is_in = self.gates["population"]["is_passed"]
        telling = [row for row in self.one.near if self._changes(row, mine) or (row["purpose"] == "population" and not is_in)]
        entries = [Entry(self.near(row, mine), False) for row in telling]
        silent = len({row["rule_id"] for row in self.one.near} - {row["rule_id"] for row in telling})
        if silent:
            entries.append(
                Entry(
                    say(
                        f"{silent} autres règles sont presque remplies ; le statut n'en changerait pas."
                        if silent > 1
                        else "Une autre règle est presque remplie ; le statut n'en changerait pas.",
                        f"{silent} other rules nearly hold, and would not change the status."
                        if silent > 1
                        else "One other rule nearly holds, and would not change the status.",
                    )
                )
            )
        reading = say(
            "Il ne leur manque qu'une chose : un événement, une date, un trait du séjour, un filtre, l'âge.",
            "They lack one thing only: an event, a date, a trait of the stay, a filter, the age.",
        )
        return Section(say("Règles presque remplies", "Rules that nearly hold"), reading, entries)

    def _changes(self, row: Row, mine: Row) -> bool:
        """Whether this rule, were it held, would give another status: a stratum says nothing outside the population."""
        would = row["would_be"] or {"status": None, "stratum": None, "rule_id": None}
        return any(would[name] != mine[name] for name in mine) and (would["rule_id"] == row["rule_id"] or row["purpose"] == "population")

    def near(self, row: Row, mine: Row) -> str:
        facts = row | {"age_min": self.rules[row["rule_id"]]["age_min"]}
        if row["criterion_id"] is not None:
            facts["at_least"] = self.criteria[row["criterion_id"]]["at_least"]
            facts["criterion_id"] = self.criterion_name(row["criterion_id"])
        facts["any_of"] = ", ".join(map(self.criterion_name, row.get("any_of", ())))
        facts["traits"] = self.lacking(row)
        facts["filters"] = ", ".join(self.filter_label(name) for name in row.get("filters") or ())
        reason = row["reason"]
        if reason == "window" and facts["at_least"] > 1:
            reason = "window_many"
        needed, rest = self.required(self.rules[row["rule_id"]])
        if reason == "score" and needed:  # of weights that stand for "required" only what the others add is told
            reason = "needed" if needed & set(row["any_of"]) else "score"
            facts |= {"score": row["score"] - (row["min_score"] - rest), "min_score": rest}
        text = f"{self.rule_name(row['rule_id'])} ({self.outcome(row)}) – {self.words.say('near', reason, **facts)}"
        if self._changes(row, mine):
            would = row["would_be"] or {"status": None, "stratum": None}
            text += self.words.choose(" → serait : ", " → would be: ") + self.status(would["status"], would["stratum"])
        return text

    def lacking(self, row: Row) -> str:
        labels = trait_labels()
        said = []
        for kind in ("lacks_all", "lacks_any", "excluded"):
            if names := row.get(kind):
                said.append(self.words.say("trait", kind, traits=", ".join(self.words.label(labels[name]) for name in names)))
        return self.semicolon.join(said)

    def filter_label(self, reason: str) -> str:
        for row in self.one.filtered_stays:
            if row["reason"] == reason:
                return self.words.label((row["label_fr"], row["label_en"]))
        return reason

    def left_out(self, row: Row) -> str:
        exit_date = self.words.shown(row["exit_date"])
        label = self.words.label((row["label_fr"], row["label_en"]))
        return f"{exit_date} {row['field'].upper()} {row['finess']}{self.colon}{label} ({self.source(row)})"


def as_text(page: View) -> str:
    """The view as lines no wider than the terminal."""
    width = max(60, min(shutil.get_terminal_size((110, 24)).columns, 140))
    lines = [page.title, *_wrapped(page.about, width, ""), "", *_wrapped(page.answer, width, "  "), *_wrapped(page.because, width, "  ")]
    for section in page.sections:
        lines += ["", section.title]
        for entry in section.entries:
            mark = {None: "-", True: "+", False: "x"}[entry.is_held]
            lines += _wrapped(f"{mark} {entry.text}", width, "  ", "    ")
            for row in entry.rows:
                stay, care_field, hospital, codes, until, source = row
                origin = source if until == "–" else f"[{page.heads[4].lower()} {until}, {source}]"
                lines += _wrapped(f"{stay}  {care_field} {hospital}  {codes}  {origin}", width, "      ", "        ")
            if entry.more:
                lines += _wrapped(entry.more, width, "      ")
    return "\n".join([*lines, "", *_wrapped(page.warning, width, ""), ""]) + "\n"


def _wrapped(text: str, width: int, first: str, then: str | None = None) -> list[str]:
    return textwrap.wrap(
        text, width, initial_indent=first, subsequent_indent=first if then is None else then, break_long_words=False, break_on_hyphens=False
    )
