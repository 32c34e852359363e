"""`strata synth`: extracts of a country that does not exist, in the real formats.

Belongs here: the arguments. Not here: the country (strata/synthetic).
"""

import argparse
import re
from pathlib import Path
from typing import Any

from pipelines.commands.terminal import Terminal

FORMATS = ("atih", "snds")
FORMS = (*FORMATS, "local")  # what one hospital keeps: on demand
FIELDS = ("mco", "smr", "had", "psy", "dcir")


def add(commands: Any, speaker: Terminal) -> None:
    """Declare the command."""
    text = speaker.choose(
        "écrire des extractions synthétiques ; même graine, mêmes octets", "write synthetic extracts; same seed, same bytes"
    )
    parser = commands.add_parser("synth", terminal=speaker, help=text, description=text)
    parser.add_argument(
        "--out", type=Path, required=True, metavar=speaker.choose("DOSSIER", "DIR"), help=speaker.choose("où écrire", "where")
    )
    persons = speaker.choose("personnes, 1000 au moins (20000 par défaut)", "persons, at least 1000 (default 20000)")
    parser.add_argument("--persons", type=positive, default=20000, metavar="N", help=persons)
    years = speaker.choose("années civiles, cinq au moins (2017-2025 par défaut)", "calendar years, at least five (default 2017-2025)")
    parser.add_argument("--years", type=year_range, default=(2017, 2025), metavar="A-B", help=years)
    formats = speaker.choose(
        "formes : atih, snds, local (un hôpital seul) ; atih,snds par défaut", "forms: atih, snds, local (one hospital); default atih,snds"
    )
    parser.add_argument("--format", type=form_list, default=FORMATS, dest="formats", metavar="F", help=formats)
    fields = speaker.choose(
        "champs de soins, mco et, en plus, smr, had, psy, dcir (mco par défaut)",
        "fields of care, mco and, beside it, smr, had, psy, dcir (default mco)",
    )
    parser.add_argument("--fields", type=field_list, default=("mco",), metavar=speaker.choose("C", "F"), help=fields)
    parser.add_argument("--seed", type=int, default=1, metavar="S", help=speaker.choose("graine (1 par défaut)", "seed (default 1)"))
    parser.set_defaults(action=synth_command)


def positive(text: str) -> int:
    """A number of persons."""
    number = int(text)
    if number < 1:
        raise ValueError(text)
    return number


def year_range(text: str) -> tuple[int, int]:
    """'2017-2025' or '2024'."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{4}))?", text)
    if match is None:
        raise ValueError(text)
    first, last = int(match[1]), int(match[2] or match[1])
    if first > last:
        raise ValueError(text)
    return first, last


def form_list(text: str) -> tuple[str, ...]:
    """'atih', 'snds' or both, separated by a comma."""
    forms = tuple(text.split(","))
    if not set(forms) <= set(FORMS):
        raise ValueError(text)
    return forms


def field_list(text: str) -> tuple[str, ...]:
    """Fields of care separated by a comma, mco among them, in their usual order."""
    fields = text.split(",")
    if "mco" not in fields or not set(fields) <= set(FIELDS):
        raise ValueError(text)
    return tuple(field for field in FIELDS if field in fields)


def synth_command(chosen: argparse.Namespace, speaker: Terminal) -> int:
    """Write the country."""
    from strata.synthetic import write_country

    first, last = chosen.years
    speaker.progress(speaker.choose("Écriture du pays synthétique…", "Writing the synthetic country…"))
    years = range(first, last + 1)
    write_country(chosen.out, persons=chosen.persons, years=years, formats=chosen.formats, seed=chosen.seed, fields=chosen.fields)
    for form in chosen.formats:
        project = chosen.out / form / "strata.toml"
        speaker.say(f"Projet prêt : strata run --config {project}", f"Project ready: strata run --config {project}")
    return 0
