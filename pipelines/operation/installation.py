"""What can be wrong with an installation and a project, looked at one thing at a time; nothing is changed.

Belongs here: the examination. Not here: printing it (commands/doctor.py), nor judging extracts (`strata check`).
"""

import importlib.metadata
import os
import sys
import tempfile
import time
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from pipelines.operation.history import INTERRUPTED, is_ahead, records, seen_now
from pipelines.operation.room import no_room, room
from pipelines.operation.service_entries import parse
from pipelines.pages.status_page import STATES, shown
from strata.config import Config, load
from strata.engine.duckdb import connect
from strata.errors import StrataError
from strata.ingest.user.tables import load_user_tables
from strata.ingest.warehouse import tables as warehouse
from strata.ingest.warehouse.lock import LOCK_NAME, holder_of
from strata.ingest.warehouse.notices import beyond
from strata.publication.latest import POINTER
from strata.publication.publish import verify

Text = tuple[str, str]
OLDEST_PYTHON = (3, 11)
LONG_HELD = timedelta(days=1)  # no run is known to take that long
NOTHING: Text = ("", "")


@dataclass
class Examined:
    """One thing looked at. said: what was seen. problems: what is wrong with it; is_fault: a run cannot be trusted before it is mended."""

    label: Text
    said: Text = NOTHING
    problems: list[StrataError] = field(default_factory=list)
    is_fault: bool = False

    def fault(self, problem: StrataError) -> "Examined":
        """Add something that must be mended."""
        self.problems.append(problem)
        self.is_fault = True
        return self

    def remark(self, problem: StrataError) -> "Examined":
        """Add something to look at."""
        self.problems.append(problem)
        return self


def project(path: Path) -> tuple[Config | None, StrataError | None]:
    """The project, or why it cannot be read."""
    try:
        return load(path), None
    except StrataError as error:
        return None, error


def examine(path: Path) -> Iterator[Examined]:
    """Everything, in the order in which it should be mended. Without a readable strata.toml, the machine only."""
    yield _python()
    yield _packages()
    yield _telemetry()
    config, error = project(path)
    configuration = Examined(("configuration", "configuration"), (str(path), str(path)))
    yield configuration.fault(error) if error else configuration
    if config is None:
        return
    parts: tuple[Callable[[Config], Examined], ...] = (
        _clock,
        _folders,
        _rights,
        _room,
        _lock,
        _runs,
        _warehouse,
        _user_files,
        _publication,
    )
    for part in parts:
        try:
            yield part(config)
        except OSError as error:
            yield _out_of_reach(error)


def _out_of_reach(error: OSError) -> Examined:
    """A folder or a file that this account may not look at."""
    named = error.strerror or type(error).__name__
    where = str(error.filename or "—")
    what = ("Ce compte ne peut pas regarder là", "This account cannot look there")
    fix = (
        "Lancer doctor avec le compte des exécutions, ou lui rendre ses droits",
        "Start doctor as the account of the runs, or mend its rights",
    )
    return Examined(("accès", "access"), (where, where)).fault(_problem(what, where, (named, named), fix))


def _problem(what: Text, where: str, why: Text, fix: Text) -> StrataError:
    return StrataError(what=what, where=where, why=why, fix=fix, is_usage=True)


def _python() -> Examined:
    seen = ".".join(map(str, sys.version_info[:3]))
    found = Examined(("Python", "Python"), (seen, seen))
    if sys.version_info[:2] < OLDEST_PYTHON:
        oldest = ".".join(map(str, OLDEST_PYTHON))
        why = (f"il faut {oldest} ou plus récent", f"{oldest} or later is needed")
        fix = ("Installer un Python plus récent, puis bootstrap.py", "Install a later Python, then bootstrap.py")
        found.fault(_problem(("Python est trop ancien", "Python is too old"), sys.executable, why, fix))
    return found


def _packages() -> Examined:
    from packaging.requirements import Requirement

    needed = [Requirement(line) for line in _requirements()]
    needed = [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    found = Examined(("bibliothèques", "libraries"), (f"{len(needed)}", f"{len(needed)}"))
    fix = ("Réinstaller : bootstrap.py (docs/how-to/install.md)", "Install again: bootstrap.py (docs/how-to/install.md)")
    for one in needed:
        try:
            version = importlib.metadata.version(one.name)
        except importlib.metadata.PackageNotFoundError:
            found.fault(_problem((f"{one.name} manque", f"{one.name} is missing"), sys.prefix, (f"il faut {one}", f"{one} is needed"), fix))
            continue
        if not one.specifier.contains(version, prereleases=True):
            what = (f"{one.name} {version} ne convient pas", f"{one.name} {version} will not do")
            found.fault(_problem(what, sys.prefix, (f"il faut {one}", f"{one} is needed"), fix))
    return found


def _requirements() -> list[str]:
    """What the package needs, as installed, or as its clone declares it."""
    try:
        return importlib.metadata.requires("strata") or []
    except importlib.metadata.PackageNotFoundError:
        import tomllib

        text = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
        return list(tomllib.loads(text)["project"]["dependencies"])


def _telemetry() -> Examined:
    found = Examined(("aucune télémétrie", "no telemetry"))
    for name, wanted in (("DAGSTER_DISABLE_TELEMETRY", "yes"), ("GX_ANALYTICS_ENABLED", "false")):
        if os.environ.get(name, "").lower() not in (wanted, "true" if wanted == "yes" else "0", "1" if wanted == "yes" else "no"):
            why = (f"{name} a été réglée autrement", f"{name} was set otherwise")
            fix = (f"Retirer cette variable, ou {name}={wanted}", f"Remove this variable, or {name}={wanted}")
            what = ("Une bibliothèque peut rendre compte à son éditeur", "A library may report to its maker")
            found.fault(_problem(what, name, why, fix))
    home = os.environ.get("DAGSTER_HOME")
    if home and not _is_silent(Path(home) / "dagster.yaml"):
        why = ("telemetry: enabled: false n'y est pas", "telemetry: enabled: false is not in it")
        fix = ("Y copier le dagster.yaml du dépôt", "Copy the dagster.yaml of the repository there")
        found.remark(
            _problem(
                ("DAGSTER_HOME n'éteint pas la télémétrie", "DAGSTER_HOME leaves telemetry on"), str(Path(home) / "dagster.yaml"), why, fix
            )
        )
    return found


def _is_silent(path: Path) -> bool:
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    after = [lines[number + 1].strip() for number, line in enumerate(lines[:-1]) if line.strip() == "telemetry:"]
    return after == ["enabled: false"]


def _clock(config: Config) -> Examined:
    name = config.schedule.timezone
    found = Examined(("fuseau horaire", "time zone"), (name, name))
    try:
        offset = datetime.now(zoneinfo.ZoneInfo(name)).utcoffset()
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        fix = ("Écrire un nom comme Europe/Paris", "Write a name such as Europe/Paris")
        why = ("ce fuseau n'existe pas, ou tzdata manque", "there is no such zone, or tzdata is missing")
        return found.fault(_problem(("Fuseau horaire inconnu", "Unknown time zone"), "[schedule] timezone", why, fix))
    try:
        parse(config.schedule.cron)
    except StrataError as error:
        found.remark(error)
    local = datetime.now(UTC).astimezone().utcoffset()
    if offset != local:
        here = time.strftime("%Z")
        why = (
            f"la machine est à l'heure {here} : cron et le planificateur suivent la sienne",
            f"the machine is on {here} time: cron and the task scheduler follow it",
        )
        fix = (
            "En tenir compte dans l'entrée de `strata schedule`, ou régler l'horloge",
            "Allow for it in the entry of `strata schedule`, or set the clock",
        )
        found.remark(_problem(("La machine n'est pas dans ce fuseau", "The machine is not in this zone"), "[schedule] timezone", why, fix))
    for run_id in sorted({*[one.run_id for one in records(config)[:1]], shown(config)}):
        if is_ahead(run_id):
            found.remark(_dated_ahead(run_id))
    return found


def _dated_ahead(run_id: str) -> StrataError:
    why = (
        "l'horloge de la machine a reculé depuis, ou avançait quand cette exécution a commencé",
        "the clock of the machine went back since, or was fast when this run began",
    )
    fix = (
        "Régler l'horloge ; l'exécution suivante prend sa place, dans `strata status` et dans la publication",
        "Set the clock; the next run takes its place, in `strata status` and in the publication",
    )
    return _problem(("Une exécution est datée du futur", "A run is dated in the future"), run_id, why, fix)


def _folders(config: Config) -> Examined:
    found = Examined(("dossiers", "folders"))
    landing = config.path("landing")
    if not landing.is_dir() or not os.access(landing, os.R_OK):
        why = ("il n'existe pas, ou n'est pas lisible par ce compte", "it does not exist, or this account cannot read it")
        fix = ("Créer ce dossier, ou corriger [paths] landing", "Make this folder, or mend [paths] landing")
        found.fault(_problem(("Le dossier des extractions manque", "The landing folder is missing"), str(landing), why, fix))
    for name in ("warehouse", "published"):
        if (refused := _refuses_writing(config.path(name))) is not None:
            why = ("ce compte ne peut pas y écrire", "this account cannot write there")
            fix = ("Donner le droit d'écrire, ou corriger [paths]", "Give the right to write, or mend [paths]")
            found.fault(_problem((f"[paths] {name} : écriture refusée", f"[paths] {name}: writing is refused"), str(refused), why, fix))
    return found


def _refuses_writing(folder: Path) -> Path | None:
    """The folder, or the nearest one above that exists, when a file cannot be made there. The file is gone at once."""
    place = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=place):
            return None
    except OSError:
        return place


def _rights(config: Config) -> Examined:
    found = Examined(("droits sur l'entrepôt", "rights on the warehouse"))
    folder = config.database.parent
    if os.name == "posix" and folder.is_dir() and folder.stat().st_mode & 0o077:
        mode = f"{folder.stat().st_mode & 0o777:o}"
        why = (f"droits {mode} : d'autres comptes peuvent y entrer", f"rights {mode}: other accounts may enter")
        found.fault(
            _problem(
                ("L'entrepôt n'est pas réservé à son propriétaire", "The warehouse is not for its owner only"),
                str(folder),
                why,
                ("chmod 700", "chmod 700"),
            )
        )
    if config.path("published").is_relative_to(folder) or folder.is_relative_to(config.path("published")):
        why = (
            "l'un est dans l'autre : qui lit les publications verrait l'entrepôt",
            "one lies in the other: who reads publications would see the warehouse",
        )
        found.fault(
            _problem(
                ("L'entrepôt et les publications se mêlent", "Warehouse and publications are mixed"),
                str(folder),
                why,
                ("Séparer [paths] warehouse et published", "Part [paths] warehouse and published"),
            )
        )
    return found


def _room(config: Config) -> Examined:
    seen = room(config)
    needed, free = (f"{value / 1e9:.1f}" for value in (seen.needed, seen.free))
    found = Examined(
        ("place sur le disque", "room on the disk"),
        (f"{free} Go libres, {needed} Go pour une exécution", f"{free} GB free, {needed} GB for a run"),
    )
    return found if seen.is_enough else found.fault(no_room(seen))


def _lock(config: Config) -> Examined:
    holder, is_alive = holder_of(config.database.parent)
    who = str(holder or "")
    found = Examined(("verrou", "lock"), (who or "libre", who or "free"))
    path = config.database.parent / LOCK_NAME
    if path.exists() and not is_alive:
        why = ("l'exécution qui le tenait s'est arrêtée sans le rendre", "the run that held it stopped without giving it back")
        fix = ("Rien à faire : la prochaine exécution le reprend et le dit", "Nothing to do: the next run takes it over and says so")
        found.remark(_problem(("Verrou abandonné", "Lock left behind"), str(path), why, fix))
    elif holder is not None and _age(holder.started) > LONG_HELD:
        why = (f"depuis {holder.started}, par {who}", f"since {holder.started}, by {who}")
        fix = (
            "S'assurer que ce processus est bien une exécution qui avance ; sinon supprimer ce fichier",
            "Make sure that this process is a run that goes on; else delete this file",
        )
        found.remark(
            _problem(("Le verrou est tenu depuis plus d'un jour", "The lock has been held for more than a day"), str(path), why, fix)
        )
    return found


def _age(started: str) -> timedelta:
    return datetime.now(UTC) - datetime.fromisoformat(started)


def _runs(config: Config) -> Examined:
    found = Examined(("dernière exécution", "last run"))
    last = next(iter(seen_now(config)), None)
    if last is None:
        return Examined(found.label, ("aucune", "none"))
    french, english = STATES[last.state]
    found.said = (f"{last.run_id}, {french}", f"{last.run_id}, {english}")
    if last.state == INTERRUPTED:
        why = ("elle a été arrêtée de l'extérieur (coupure, fin de session, mémoire)", "it was killed (power, end of session, memory)")
        fix = ("Relancer `strata run` : il reprend où elle s'est arrêtée", "Run `strata run` again: it goes on from where it stopped")
        found.remark(_problem(("Exécution interrompue", "Interrupted run"), last.run_id, why, fix))
    elif last.error:
        why = (_first_part(last.error[0]), _first_part(last.error[-1]))
        fix = ("`strata status` dit tout ; corriger, puis `strata run`", "`strata status` says all; mend, then `strata run`")
        found.remark(_problem(("La dernière exécution a échoué", "The last run failed"), last.run_id, why, fix))
    return found


def _first_part(error: str) -> str:
    """What is wrong, of an error kept whole."""
    return error.splitlines()[0].partition(":")[2].strip() or error


def _warehouse(config: Config) -> Examined:
    found = Examined(("entrepôt", "warehouse"), ("aucun encore", "none yet"))
    if not config.database.exists():
        return found
    if holder_of(config.database.parent)[1]:
        return Examined(found.label, ("en cours d'écriture : non examiné", "being written: not looked at"))
    try:
        with connect(config.database, read_only=True) as connection:
            lacking = warehouse.lacking_columns(connection)
            years = beyond(connection, config.years.last)
    except StrataError as error:
        return found.fault(error)
    megabytes = config.database.stat().st_size // 1_000_000
    found.said = (f"{megabytes} Mo", f"{megabytes} MB")
    for why in years:
        fix = ("Avancer [years] last, avec populations et tarifs", "Move [years] last on, with populations and tariffs")
        found.remark(_problem(("Des années lues ne sont pas montrées", "Years that were read are not shown"), "[years] last", why, fix))
    if lacking:
        why = (
            f"il lui manque {len(lacking)} colonne(s) d'une version plus récente",
            f"it lacks {len(lacking)} column(s) of a later version",
        )
        fix = ("Rien à faire : la prochaine exécution les ajoute", "Nothing to do: the next run adds them")
        found.remark(_problem(("Entrepôt d'une version précédente", "Warehouse of an earlier version"), str(config.database), why, fix))
    return found


def _user_files(config: Config) -> Examined:
    """Territories, residents and tariffs are read as a run reads them, into nothing; and are there for the years asked for."""
    found = Examined(("territoires, populations, tarifs", "territories, populations, tariffs"))
    paths = {name: config.path(name) for name in ("territories", "population", "tariffs")}
    optional = {name: config.path(name) for name in ("crosswalk", "nomenclatures") if getattr(config.paths, name)}
    connection = warehouse.empty()
    try:
        load_user_tables(connection, **paths, **optional)
        _years_covered(connection, config, found)
    except StrataError as error:
        found.fault(error)
    except OSError as error:
        why = (error.strerror or "", error.strerror or "")
        found.fault(
            _problem(
                ("Un fichier ne peut pas être lu", "A file cannot be read"),
                str(error.filename),
                why,
                ("Vérifier les droits", "Check the rights"),
            )
        )
    finally:
        connection.close()
    return found


def _years_covered(connection: duckdb.DuckDBPyConnection, config: Config, found: Examined) -> None:
    wanted = set(range(config.years.first, config.years.last + 1))
    held = {row[0] for row in connection.execute("SELECT DISTINCT year FROM population").fetchall()}
    if missing := sorted(wanted - held):
        years = ", ".join(map(str, missing))
        why = (f"sans habitants pour {years}, aucun taux par habitant", f"without residents for {years}, no rate per resident")
        found.remark(
            _problem(
                ("Des années sans population", "Years without population"),
                config.paths.population,
                why,
                ("Compléter ce fichier", "Complete this file"),
            )
        )
    tariff = config.method.standard_tariff_year
    held = {row[0] for row in connection.execute("SELECT DISTINCT tariff_year FROM tariff_ghs").fetchall()}
    if config.method.cost_basis == "standard" and tariff not in held:
        why = (f"les coûts au tarif de {tariff} ne pourront pas être calculés", f"costs at the tariffs of {tariff} cannot be computed")
        fix = (
            "Déposer cette année dans tariffs, ou changer standard_tariff_year",
            "Put this year in tariffs, or change standard_tariff_year",
        )
        found.remark(_problem((f"Pas de tarif GHS de {tariff}", f"No GHS tariff of {tariff}"), config.paths.tariffs, why, fix))


def _publication(config: Config) -> Examined:
    run_id = shown(config)
    found = Examined(("publication montrée", "publication shown"), (run_id or "aucune", run_id or "none"))
    if run_id:
        for problem in verify(config.path("published") / run_id):
            found.fault(problem)
    elif (config.path("published") / POINTER).exists():
        why = ("ce qu'il contient n'est pas le nom d'une exécution", "what it holds is not the name of a run")
        fix = (
            "Relancer `strata run`, ou `strata publish use` : la liste de celles qui sont gardées, puis l'une d'elles",
            "Run `strata run` again, or `strata publish use`: the list of those kept, then one of them",
        )
        where = str(config.path("published") / POINTER)
        found.fault(_problem(("Aucune publication n'est montrée", "No publication is shown"), where, why, fix))
    return found
