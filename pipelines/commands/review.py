"""`strata review draw / read`: charts to look at, and what looking at them says of the definition.

Belongs here: the arguments, the log, what is printed. Not here: the draw and the sheet (strata/review).
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.commands.project import add_config, read_config
from pipelines.commands.terminal import Parser, Terminal, usage_error

if TYPE_CHECKING:
    from strata.review import Found, Value

_ASKED = {
    "stratum": ("strate", "stratum"),
    "condition": ("maladie, strate", "condition, stratum"),
    "criterion": ("critère", "criterion"),
    "every_stratum": ("strate", "stratum"),
    "every_condition": ("maladie", "condition"),
}
_EVERY = ("toutes, au poids de chacune", "all, each at its weight")
_HEADS = (
    ("question", "question"),
    ("valeur", "value"),
    ("personnes", "persons"),
    ("tirées", "drawn"),
    ("jugées", "judged"),
    ("confirmées", "confirmed"),
    ("VPP, %", "PPV, %"),
    ("IC 95 % (Wilson)", "95 % CI (Wilson)"),
)


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command and its two actions."""
    text = speaker.choose(
        "revue de dossiers : tirer des personnes, relire ce qui a été trouvé", "chart review: draw persons, read what was found"
    )
    group = commands.add_parser("review", terminal=speaker, help=text, description=text)
    actions = group.add_subparsers(dest="review", metavar="ACTION", required=True, parser_class=Parser)
    text = speaker.choose(
        "tirer des personnes par strate et par critère, dans un classeur pour les relecteurs (données personnelles, inscrit au journal)",
        "draw persons per stratum and criterion, into a workbook for the reviewers (personal data, logged)",
    )
    draw = actions.add_parser("draw", terminal=speaker, help=text, description=text)
    draw.add_argument("--condition", required=True, metavar="ID", help=speaker.choose("la maladie", "the condition"))
    year = speaker.choose("état à la fin de cette année (la dernière par défaut)", "state at the end of this year (default: the last)")
    draw.add_argument("--year", type=int, metavar="N", help=year)
    number = speaker.choose("personnes par strate (20 par défaut)", "persons per stratum (default 20)")
    draw.add_argument("--per-stratum", type=_count, default=20, metavar="N", help=number)
    criterion = speaker.choose("critère à revoir aussi (répétable)", "criterion to review as well (may be repeated)")
    draw.add_argument("--criterion", action="append", default=[], metavar="ID", help=criterion)
    number = speaker.choose("personnes par critère (20 par défaut)", "persons per criterion (default 20)")
    draw.add_argument("--per-criterion", type=_count, default=20, metavar="N", help=number)
    draw.add_argument("--seed", type=int, default=1, metavar="S", help=speaker.choose("graine (1 par défaut)", "seed (default 1)"))
    out = speaker.choose("le classeur à écrire (.xlsx)", "the workbook to write (.xlsx)")
    draw.add_argument("--out", type=Path, required=True, metavar=speaker.choose("FICHIER", "FILE"), help=out)
    add_config(draw, speaker)
    draw.set_defaults(action=draw_command)
    text = speaker.choose("valeur prédictive positive par strate et critère", "positive predictive value per stratum and criterion")
    read = actions.add_parser("read", terminal=speaker, help=text, description=text)
    read.add_argument(
        "file", type=Path, metavar=speaker.choose("FICHIER", "FILE"), help=speaker.choose("le classeur rempli", "the filled workbook")
    )
    read.set_defaults(action=read_command)


def _count(text: str) -> int:
    """A number of persons, 0 for none."""
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def draw_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Draw, log who was drawn, then write. StrataError (usage): a place where it must not lie, a name already taken."""
    from pipelines.pages.private_page import refuse_place
    from strata.audit import record
    from strata.explain import scope
    from strata.review import draw, write_sheet

    config = read_config(chosen, speaker)
    _refuse_empty(chosen)
    refuse_place(chosen.out, config, ".xlsx")
    (condition,), year = scope(config, chosen.condition, chosen.year)
    numbers = {"per_stratum": chosen.per_stratum, "per_criterion": chosen.per_criterion, "seed": chosen.seed}
    found = draw(config, condition, year, criteria=list(dict.fromkeys(chosen.criterion)), **numbers)
    persons = sorted({one.person_id for one in found.questions})
    asked = {"condition": condition, "year": year, "seed": chosen.seed, "file": str(chosen.out.resolve())}
    record(config, "review draw", **asked, persons=[str(one) for one in persons])
    write_sheet(found, chosen.out, speaker.language)
    speaker.say(
        f"À relire : {chosen.out} ({len(found.questions)} questions sur {len(persons)} personnes)",
        f"To review: {chosen.out} ({len(found.questions)} questions about {len(persons)} persons)",
    )
    speaker.say(
        "Ce fichier contient des données personnelles de santé : il reste dans l'établissement, et se détruit après lecture.",
        "This file holds personal health data: it stays in the hospital, and is destroyed once read.",
    )
    return 0


def _refuse_empty(chosen: argparse.Namespace) -> None:
    if chosen.per_stratum or (chosen.criterion and chosen.per_criterion):
        return
    raise usage_error(
        ("Il n'y a rien à tirer", "There is nothing to draw"),
        "--per-stratum 0",
        ("ni personne par strate, ni critère à revoir", "no person per stratum, and no criterion to review"),
        (
            "Nommer un critère (--criterion ID), ou demander des personnes par strate",
            "Name a criterion (--criterion ID), or ask for persons per stratum",
        ),
    )


def read_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Print the predictive values. StrataError naming sheet, row and column when the workbook is not the one drawn."""
    from strata.review import read_review, values, weighted

    found = read_review(chosen.file)
    title = (f"{found.facts['definition_id']}, {found.facts['year']}",) * 2
    speaker.table(
        title,
        _HEADS,
        [_row(one, _named(one, found) if one.value else speaker.choose(*_EVERY), speaker) for one in (*values(found), *weighted(found))],
    )
    speaker.say(
        "\nJugées : réponses autres que « impossible à dire ». Maladie : ceux de la strate qui l'ont, quelle que soit la strate. "
        "Toutes : chaque strate pèse les personnes qu'elle a, non celles qu'on a tirées ; « – » tant qu'une strate n'a pas de réponse.",
        "\nJudged: answers other than 'cannot tell'. Condition: those of the stratum who have it, whatever the stratum. "
        "All: each stratum weighs the persons it has, not those drawn; '–' while a stratum has no answer.",
    )
    if found.facts["synthetic"]:
        speaker.say(
            "Données synthétiques : ces valeurs ne disent rien de la définition.",
            "Synthetic data: these values say nothing of the definition.",
        )
    return 0


def _named(one: "Value", found: "Found") -> str:
    """The words of a stratum or a criterion, its number or identifier beside."""
    from strata.explain.labels import named

    kind = "criterion" if one.asked == "criterion" else "stratum"
    return named(found.labels[kind, one.value], one.value)


def _percent(share: float, speaker: Terminal) -> str:
    text = f"{100 * share:.1f}"
    return speaker.choose(text.replace(".", ","), text)


def _row(one: "Value", name: str, speaker: Terminal) -> list[str]:
    share, limits = "–", "–"
    if one.share is not None and one.lower is not None and one.upper is not None:
        share, lower, upper = (_percent(value, speaker) for value in (one.share, one.lower, one.upper))
        limits = f"{lower} – {upper}"
    counts = (one.held, one.drawn, one.judged, one.confirmed)
    return [speaker.choose(*_ASKED[one.asked]), name, *map(str, counts), share, limits]
