"""A comparison of definitions in words and tables, the same for the terminal and the page.

Belongs here: choosing what is shown, its sentences, and small numbers hidden on the page. Not here: the numbers (strata/compare).
"""

import itertools
import re
import shutil
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strata.compare import NONE, STATES, Comparison
from strata.compare.comparison import code_of
from strata.compare.sides import BUILT_IN
from strata.config import Config
from strata.definitions.compiler import POSITIONS
from strata.explain.labels import named, trait_labels, traits
from strata.explain.words import Words, metric_in_words

Row = dict[str, Any]
_DISEASED = ("1", "2", "3", "4")


@dataclass(frozen=True)
class Block:
    """A title, sentences below it."""

    title: str
    lines: list[str]


@dataclass(frozen=True)
class View:
    """One comparison, in one language. matrix: rows of cells under `heads`, the first cell naming the state before."""

    title: str
    about: str
    summary: list[str]
    heads: list[str]
    matrix: list[list[str]]
    moves: list[Block]
    changes: list[Block]
    titles: list[str]
    warning: str


def shown(persons: int, threshold: int | None) -> str:
    """A number of persons; with a threshold, as it may be shown outside: '<11' below it (nobody included), else to the nearest ten.

    Just above the threshold, where the nearest ten would be under it, the range that is rounded.
    """
    if threshold is None:
        return str(persons)
    if persons < threshold:
        return f"<{threshold}"
    nearest = (persons + 5) // 10 * 10
    return f"≈{nearest}" if nearest >= threshold else f"{threshold}–{nearest + 4}"


def view(one: Comparison, config: Config, language: str, *, is_shared: bool) -> View:
    """What is shown of one comparison; is_shared: numbers as they may leave the DIM."""
    return _Teller(one, config, Words(language), config.disclosure.threshold if is_shared else None).view()


@dataclass
class _Teller:
    one: Comparison
    config: Config
    words: Words
    threshold: int | None

    def __post_init__(self) -> None:
        self.colon, self.semicolon = self.words.choose(" : ", ": "), self.words.choose(" ; ", "; ")
        self.changed_rules = {row["name"] for row in self.one.changes if row["kind"] == "rule"}

    def view(self) -> View:
        one, say = self.one, self.words.choose
        # on a page every state has its line: one that comes with the first person who has it would tell of that person
        states = [state for state in STATES if self.threshold is not None or one.persons(state, "before") or one.persons(state, "after")]
        total = say("total", "total")
        return View(
            title=f"{say('Comparaison', 'Comparison')} · {self.words.label((one.label_fr, one.label_en))}",
            about=f"{self.side(one.before)} ({one.definition_before}) → {self.side(one.after)} ({one.definition_after}) · "
            + self.perimeter(),
            summary=self.summary(),
            heads=[say("avant \\ après", "before \\ after"), *(self.words.say("state", state) for state in states), total],
            matrix=self.matrix(states, total),
            moves=[self.move(row) for row in self.told(one.moves)],
            changes=[self.change(row) for row in one.changes],
            titles=[
                say("Personnes, avant et après", "Persons, before and after"),
                say("Qui change, et par quoi", "Who moves, and through what"),
                say("Ce que les textes disent autrement", "What the texts say otherwise"),
            ],
            warning=self.warning(),
        )

    def perimeter(self) -> str:
        """When, how far back, on which data: what the numbers are of."""
        one, say = self.one, self.words.choose
        state = say("état au ", "state at ") + self.words.shown(one.index_date)
        lookback = say(f"recul de {one.lookback_years} ans", f"{one.lookback_years} years looked back on")
        return " · ".join((state, lookback, one.fields_included.upper(), self.words.say("scope", self.config.scope)))

    def side(self, name: str) -> str:
        """A side as it was given; on a page, the name of its folder only: where it lies concerns nobody."""
        if name == BUILT_IN:
            return self.words.choose("définitions du produit", "definitions of the product")
        return name if self.threshold is None else Path(name).name

    def number(self, persons: int) -> str:
        """A number of persons; on a page with its thousands apart."""
        text = shown(persons, self.threshold)
        if self.threshold is None:
            return text
        return re.sub(r"\d{4,}", lambda found: self.words.choose(f"{int(found[0]):,}".replace(",", "\u202f"), f"{int(found[0]):,}"), text)

    def told(self, found: list[Row]) -> list[Row]:
        """What may be spoken of: that a change exists says that somebody is concerned."""
        return [row for row in found if self.threshold is None or row["persons"] >= self.threshold]

    def persons(self, persons: int) -> str:
        is_one = self.threshold is None and (persons == 1 or (persons == 0 and self.words.language == "fr"))
        return f"{self.number(persons)} {self.words.choose('personne', 'person') if is_one else self.words.choose('personnes', 'persons')}"

    def summary(self) -> list[str]:
        """Persons who enter and leave the strata, who rise, who fall; then the levels of risk."""
        say, moves = self.words.choose, self.one.moves
        is_in = [(row["state_before"] in _DISEASED, row["state_after"] in _DISEASED, row) for row in moves]
        entering = sum(row["persons"] for before, after, row in is_in if after and not before)
        leaving = sum(row["persons"] for before, after, row in is_in if before and not after)
        rising = sum(row["persons"] for before, after, row in is_in if before and after and row["state_after"] > row["state_before"])
        falling = sum(row["persons"] for before, after, row in is_in if before and after and row["state_after"] < row["state_before"])
        risk = sum(row["persons"] for before, after, row in is_in if not before and not after)
        found = [
            say(f"Entrent dans les strates : {self.persons(entering)}", f"Enter the strata: {self.persons(entering)}"),
            say(f"En sortent : {self.persons(leaving)}", f"Leave them: {self.persons(leaving)}"),
            say(f"Montent de strate : {self.persons(rising)}", f"Rise: {self.persons(rising)}"),
            say(f"Descendent de strate : {self.persons(falling)}", f"Fall: {self.persons(falling)}"),
            say(
                f"Changent de niveau de risque, hors strates : {self.persons(risk)}",
                f"Change level of risk, outside strata: {self.persons(risk)}",
            ),
        ]
        if not self.one.changes:
            found.append(say("Les deux textes décident la même chose.", "Both texts decide the same."))
        elif self.one.definition_before == self.one.definition_after:
            found.append(
                say(
                    "Les deux textes diffèrent sous le même identifiant : donner un nouvel id à celui qui sera publié.",
                    "The two texts differ under one id: give a new id to the one that will be published.",
                )
            )
        return found

    def matrix(self, states: list[str], total: str) -> list[list[str]]:
        cells = {(row["state_before"], row["state_after"]): row["persons"] for row in self.one.matrix}
        found = []
        for before in states:
            counts = [None if before == after == NONE else cells.get((before, after), 0) for after in states]
            row = [*counts, sum(filter(None, counts))]
            found.append([self.words.say("state", before), *("–" if count is None else self.number(count) for count in row)])
        totals = [self.one.persons(state, "after") for state in states]
        return [*found, [total, *map(self.number, [*totals, sum(totals)])]]

    def move(self, row: Row) -> Block:
        states = f"{self.words.say('state', row['state_before'])} → {self.words.say('state', row['state_after'])}"
        lines = [self.rule(rule) for rule in self.told(row["rules"])]
        lines += [self.criterion(criterion) for criterion in self.told(row["criteria"])]
        return Block(f"{states}{self.colon}{self.persons(row['persons'])}", lines)

    def name(self, kind: str, name: str) -> str:
        """The words of a thing of the definition, its identifier beside."""
        label = self.one.labels.get(kind, {}).get(name)
        return named(self.words.label(label) if label else "", name)

    def rule(self, row: Row) -> str:
        names = [
            self.name("rule", rule) + (f" ({self.words.choose('modifiée', 'changed')})" if rule in self.changed_rules else "")
            if rule
            else "–"
            for rule in (row["rule_before"], row["rule_after"])
        ]
        text = f"{self.words.choose('règle', 'rule')} {names[0]} → {names[1]}"
        if row["type_before"] is not None:
            text += f", type{self.colon}{self.name('type', row['type_before'])} → {self.name('type', row['type_after'])}"
        return f"{text}{self.colon}{self.number(row['persons'])}"

    def criterion(self, row: Row) -> str:
        text = f"{self.words.choose('critère', 'criterion')} {self.name('criterion', row['criterion_id'])}"
        text += f" {self.words.say('change', row['change'])}"
        text += f"{self.colon}{self.number(row['persons'])}"
        if not row["deciding_persons"]:
            text += self.words.choose(" (sans décider)", " (without deciding)")
        return text

    def change(self, row: Row) -> Block:
        title = f"{self.words.say('kind', row['kind'])} {self.name(row['kind'], row['name'])} – {self.words.say('change', row['change'])}"
        is_whole = row["change"] != "changed"
        aspects = [aspect for aspect in row["aspects"] if not (is_whole and _is_usual(aspect))]
        return Block(title, [self.aspect(aspect, is_whole, row["name"]) for aspect in aspects])

    def aspect(self, row: Row, is_whole: bool, of: str) -> str:
        """'nombre demandé : 2 → 3', or what was added and removed of several; all it says of what is new or gone as a whole."""
        name = self.words.say("aspect", row["aspect"])
        removed, added = ([self.value(row["aspect"], value, of) for value in row[key]] for key in ("removed", "added"))
        between = self.words.choose(" ou ", " or ") if row["aspect"] == "clause" else ", "
        if is_whole:
            return f"{name}{self.colon}{between.join(removed + added)}"
        if len(removed) == 1 and len(added) == 1 and row["aspect"] not in ("code", "member", "clause", "term"):
            return f"{name}{self.colon}{removed[0]} → {added[0]}"
        parts = [(self.words.choose("retiré", "removed"), removed), (self.words.choose("ajouté", "added"), added)]
        return f"{name}{self.colon}" + self.semicolon.join(f"{word} {between.join(values)}" for word, values in parts if values)

    def value(self, aspect: str, value: str, of: str) -> str:
        if aspect == "code":
            label = self.one.labels["code"].get(f"{of} {code_of(value)}")
            return f"{value} ({self.words.label(label)})" if label else value
        if aspect.startswith("traits_"):
            labels = trait_labels()
            named = [self.words.label(labels[trait]) for trait, bit in traits().items() if int(value) & bit]
            return " + ".join(named) or self.words.choose("aucun", "none")
        if aspect in ("counted", "falls"):
            return self.words.say(aspect, value)
        told = {"outcome": self.outcome, "member": self.member, "term": self.type_term, "clause": self.clause}.get(aspect)
        return told(value) if told else value

    def outcome(self, value: str) -> str:
        """'stratum 3', 'at_risk strict' or 'known' in words."""
        purpose, _, outcome = value.partition(" ")
        return self.words.say("purpose", purpose, outcome=self.words.say("outcome", outcome) if "at_risk" in purpose else outcome)

    def member(self, value: str) -> str:
        """A criterion of a rule, by its words; what it counts beside."""
        name, _, weight = value.partition(" ")
        return f"{self.name('criterion', name)} {weight}".rstrip()

    def type_term(self, value: str) -> str:
        """'t2 : share:t2 > 0.5' in words."""
        person_type, _, asked = value.partition(" : ")
        metric, operator, threshold = asked.split()
        groups = {name: self.words.label(label) for name, label in self.one.labels.get("type_group", {}).items()}
        sign = {">=": "≥", "<=": "≤"}.get(operator, operator)
        told = f"{metric_in_words(metric, groups, self.words)} {sign} {self.words.shown(float(threshold))}"
        return f"{self.name('type', person_type)} – {self.words.choose('si', 'if')} {told}"

    def clause(self, value: str) -> str:
        """'copd @ stay_dp unit_dp & …' in words: the lists, and where they are looked for, all in one stay."""
        return self.words.choose(" et ", " and ").join(self.term(term) for term in value.split(" & "))

    def term(self, term: str) -> str:
        lists, _, positions = term.partition(" @ ")
        place = next((name for name, places in POSITIONS.items() if set(places) == set(positions.split())), None)
        names = ", ".join(self.name("list", name) for name in lists.split(", "))
        return f"{names} ({self.words.say('in', place) if place else positions})"

    def warning(self) -> str:
        open_definition = self.words.choose(
            "Définitions ouvertes, qui ne sont pas celle de la FHF ni du GPRP.", "Open definitions, not that of the FHF or the GPRP."
        )
        if self.threshold is None:
            text = self.words.choose(
                "Usage interne : effectifs exacts, même petits. Ne pas diffuser ; la page (--format html) est faite pour être montrée.",
                "Internal use: exact numbers, small ones too. Do not pass on; the page (--format html) is made to be shown.",
            )
        else:
            text = self.words.choose(
                f"Aucun effectif inférieur à {self.threshold} n'est montré (zéro compris) ; les autres sont arrondis à la dizaine (≈) et "
                "ne s'ajoutent donc pas exactement ; un changement de strate de moins de personnes n'est pas détaillé. "
                "À montrer, non à publier : ce n'est pas une publication contrôlée.",
                f"No number below {self.threshold} is shown (zero included); the others are rounded to the ten (≈) and do not add up "
                "exactly; a move of fewer persons is not detailed. To be shown, not published: this is no controlled publication.",
            )
        synthetic = f"{self.words.say('notice', 'synthetic')} " if self.one.is_synthetic else ""
        return f"{synthetic}{text} {open_definition}"


def _is_usual(row: Row) -> bool:
    """Whether an aspect says nothing: no trait asked for, no least age, once."""
    usual = {"traits_all": "0", "traits_any": "0", "traits_none": "0", "age_min": "0", "at_least": "1", "min_score": "1"}
    return usual.get(row["aspect"]) in (row["removed"] + row["added"])


def as_text(page: View) -> str:
    """The view as lines no wider than the terminal where words can be folded; a table is as wide as it must be."""
    width = max(60, min(shutil.get_terminal_size((110, 24)).columns, 140))
    lines = [
        page.title,
        *_wrapped(page.about, width, ""),
        "",
        *itertools.chain(*(_wrapped(line, width, "  ") for line in page.summary)),
        "",
        page.titles[0],
    ]
    cells = [page.heads, *page.matrix]
    widths = [max(len(row[column]) for row in cells) for column in range(len(page.heads))]
    lines += [
        "  " + "  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]) for row in cells
    ]
    for title, blocks in zip(page.titles[1:], (page.moves, page.changes)):
        lines += ["", title] if blocks else []
        for block in blocks:
            lines += _wrapped(block.title, width, "  ")
            for line in block.lines:
                lines += _wrapped(f"- {line}", width, "    ")
    return "\n".join([*lines, "", *_wrapped(page.warning, width, ""), ""]) + "\n"


def _wrapped(text: str, width: int, indent: str) -> list[str]:
    more = indent + ("  " if text.startswith("- ") else "")
    return textwrap.wrap(text, width, initial_indent=indent, subsequent_indent=more, break_long_words=False, break_on_hyphens=False)
