"""From a fresh clone to a working product: make .venv, install the locked libraries, then run the demo or the tests.

Belongs here: the environment, and plain words when the machine lacks something. Not here: what the product does.
Standard library only. Annotations are quoted so that an old Python can read this file and be told that it is too old.
"""

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TextIO

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "strata-lock.txt"
LOCKS = {"demo": ROOT / "requirements.lock", "test": ROOT / "requirements-test.lock"}
OLDEST_PYTHON = (3, 11)
NEEDED_MB = 2000  # the libraries take about 1200 once installed, and pip unpacks beside them
# Where the pages are tested (tests/browser): names on the path, then places where systems put them. STRATA_BROWSER names another one.
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "chrome", "msedge")
BROWSER_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
APT = ["apt-get", "-o", "DPkg::Lock::Timeout=120", "-q", "-y"]
BROWSER_PACKAGES = ["chromium", "fonts-liberation", "fonts-dejavu-core"]  # the fonts: pages look alike on a machine that has none
STYLE = (["ruff", "check", "."], ["ruff", "format", "--check", "."])
TYPES = ["mypy"]
# What pip and venv print when something is wrong, the most telling first; each with its French and English (what, what to do).
SIGNS = (
    (
        ("THESE PACKAGES DO NOT MATCH THE HASHES",),
        (
            "Un paquet téléchargé n'est pas celui qui a été vérifié.",
            "Ne l'installez pas. Videz le cache (pip cache purge) ou refaites le dossier hors ligne.",
        ),
        (
            "A downloaded package is not the one that was checked.",
            "Do not install it. Empty the cache (pip cache purge) or make the offline folder again.",
        ),
    ),
    (
        ("No space left", "Errno 28", "not enough space", "Disk quota"),
        ("Le disque est plein.", f"Libérez {NEEDED_MB} Mo (le dossier temporaire compte aussi : TMPDIR ou TEMP), puis relancez."),
        ("The disk is full.", f"Free {NEEDED_MB} MB (the temporary folder counts too: TMPDIR or TEMP), then run again."),
    ),
    (
        ("CERTIFICATE_VERIFY_FAILED", "SSLError"),
        (
            "Le certificat du réseau n'est pas reconnu.",
            "Donnez à pip celui de l'établissement : variable PIP_CERT, ou installez hors ligne (--wheelhouse).",
        ),
        (
            "The certificate of the network is not trusted.",
            "Give pip the one of your site: variable PIP_CERT, or install offline (--wheelhouse).",
        ),
    ),
    (
        (
            "ConnectionError",
            "NewConnectionError",
            "ProxyError",
            "Failed to establish",
            "name resolution",
            "getaddrinfo",
            "timed out",
            "unreachable",
        ),
        (
            "Pas de réseau, ou le mandataire (proxy) refuse.",
            "Réglez HTTPS_PROXY ou PIP_INDEX_URL, ou installez hors ligne : --wheelhouse (docs/how-to/install.md).",
        ),
        (
            "No network, or the proxy refuses.",
            "Set HTTPS_PROXY or PIP_INDEX_URL, or install offline: --wheelhouse (docs/how-to/install.md).",
        ),
    ),
    (
        ("No matching distribution found",),
        (
            f"Une bibliothèque manque pour Python {sys.version_info[0]}.{sys.version_info[1]} sur cette machine.",
            "Refaites le dossier hors ligne avec ce Python et ce système (docs/how-to/install.md).",
        ),
        (
            f"A library is missing for Python {sys.version_info[0]}.{sys.version_info[1]} on this machine.",
            "Make the offline folder again with this Python and system (docs/how-to/install.md).",
        ),
    ),
    (
        ("WinError 206", "File name too long", "Errno 36"),
        ("Un chemin est trop long pour ce système.", "Clonez le dépôt dans un dossier court (C:\\strata), puis relancez."),
        ("A path is too long for this system.", "Clone the repository into a short folder (C:\\strata), then run again."),
    ),
    (
        ("Permission denied", "Errno 13", "WinError 5", "Read-only file system"),
        (
            f"Écriture refusée dans {ROOT}.",
            "Clonez le dépôt dans un dossier où vous avez le droit d'écrire ; fermez les programmes qui utilisent .venv.",
        ),
        (f"Writing is refused in {ROOT}.", "Clone the repository into a folder where you may write; close programs that use .venv."),
    ),
)


class Problem(Exception):
    """Something the reader can act on, in French then in English: what is wrong, and what to do."""

    def __init__(self, french: "tuple[str, str]", english: "tuple[str, str]") -> None:
        super().__init__(english[0])
        self.lines = (f"Problème : {french[0]}", f"Que faire : {french[1]}", f"Problem: {english[0]}", f"What to do: {english[1]}")


def main(arguments: "list[str]") -> int:
    """Run one command; 0: it went well, 1: a test or the data is at fault, 2: wrong usage or a machine that lacks something."""
    try:
        check_python(sys.version_info[:2])
        options, pytest_arguments = parse(arguments)
        make_environment(options.command, options.wheelhouse)
        if options.command == "demo":
            return run_demo(options)
        make_browser()
        return run_tests(pytest_arguments)
    except Problem as problem:
        for line in problem.lines:
            say(line, sys.stderr)
    except KeyboardInterrupt:
        say("Interrompu. / Interrupted.", sys.stderr)
    return 2


def check_python(version: "tuple[int, ...]") -> None:
    """Raise Problem when this Python is older than the oldest that the product supports."""
    if version < OLDEST_PYTHON:
        has, needs = (".".join(map(str, pair)) for pair in (version, OLDEST_PYTHON))
        raise Problem(
            (
                f"Python {has} est trop ancien.",
                f"Installez Python {needs} ou plus récent, puis relancez avec lui (python{needs} bootstrap.py …).",
            ),
            (f"Python {has} is too old.", f"Install Python {needs} or later, and run again with it (python{needs} bootstrap.py …)."),
        )


def parse(arguments: "list[str]") -> "tuple[argparse.Namespace, list[str]]":
    """The options, and under `test` whatever else is meant for pytest."""
    parser = argparse.ArgumentParser(prog="bootstrap.py", description="Prépare .venv puis lance / Prepare .venv, then run.")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="des extractions d'exemple au tableau de bord / from sample extracts to the dashboard")
    demo.add_argument("--no-browser", action="store_true", help="ne pas ouvrir la page / do not open the page")
    demo.add_argument("--dir", type=Path, help="dossier de la démonstration / folder of the demonstration")
    test = commands.add_parser("test", help="toute la suite de tests ; le reste va à pytest / the whole suite; the rest goes to pytest")
    for command in (demo, test):
        command.add_argument("--wheelhouse", type=Path, help="installer hors ligne depuis ce dossier / install offline from this folder")
    options, rest = parser.parse_known_args(arguments)
    if rest and options.command == "demo":
        parser.error(f"argument inconnu / unknown argument: {' '.join(rest)}")
    return options, rest


def make_environment(command: str, wheelhouse: "Path | None") -> None:
    """Make .venv and install into it, unless its stamp says that this is done."""
    done = STAMP.read_text(encoding="utf-8").split() if STAMP.exists() else []
    if fingerprint(command) in done and interpreter().exists():
        return
    source = offline(wheelhouse)
    if fingerprint("demo") not in done or not interpreter().exists():
        create_environment()
    lock = LOCKS[command]
    count = sum("==" in line for line in lock.read_text(encoding="utf-8").splitlines())
    say(f"Installation de {count} bibliothèques (quelques minutes)… / Installing {count} libraries (a few minutes)…")
    pip_install(["--require-hashes", "-r", str(lock), *source])
    pip_install(["--no-deps", "--no-build-isolation", "-e", str(ROOT), *source])
    # The test lock holds all of the other one: after `test`, `demo` has nothing left to install.
    STAMP.write_text("\n".join(sorted({fingerprint(command), fingerprint("demo")})), encoding="utf-8")


def fingerprint(command: str) -> str:
    """What an environment depends on: the lock, the package's own description, the Python, and where the clone lies."""
    parts = (LOCKS[command].read_bytes(), (ROOT / "pyproject.toml").read_bytes(), sys.version.encode(), str(ROOT).encode())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def interpreter() -> Path:
    """The Python of .venv."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def create_environment() -> None:
    """An empty .venv, in place of an older one of ours; never in place of somebody else's."""
    if VENV.exists() and not STAMP.exists():
        raise Problem(
            (f"Le dossier {VENV} existe et n'a pas été créé par ce script.", "Renommez-le ou supprimez-le, puis relancez."),
            (f"The folder {VENV} exists and was not made by this script.", "Rename or delete it, then run again."),
        )
    check_space(shutil.disk_usage(ROOT).free // 1_000_000)
    if not has_module("venv") or not (has_module("ensurepip") or has_module("pip")):
        raise venv_missing()
    say("Création de l'environnement… / Making the environment…")
    without_pip = [] if has_module("ensurepip") else ["--without-pip"]
    code, output = listen([sys.executable, "-m", "venv", "--clear", *without_pip, str(VENV)])
    if code != 0:
        shutil.rmtree(VENV, ignore_errors=True)
        raise explain(output) or venv_missing()
    STAMP.write_text("", encoding="utf-8")


def check_space(free_mb: int) -> None:
    """Raise Problem when the disk cannot hold the libraries."""
    if free_mb < NEEDED_MB:
        raise Problem(
            (
                f"Il reste {free_mb} Mo sur le disque de {ROOT} ; il en faut {NEEDED_MB}.",
                "Libérez de la place, ou clonez sur un autre disque.",
            ),
            (f"{free_mb} MB are left on the disk of {ROOT}; {NEEDED_MB} are needed.", "Free some space, or clone onto another disk."),
        )


def offline(wheelhouse: "Path | None") -> "list[str]":
    """pip's options for a folder of downloaded packages; none without one."""
    if wheelhouse is None:
        return []
    if not wheelhouse.is_dir():
        raise Problem(
            (
                f"Le dossier {wheelhouse} n'existe pas.",
                "Donnez à --wheelhouse le dossier des paquets téléchargés (docs/how-to/install.md).",
            ),
            (f"The folder {wheelhouse} does not exist.", "Give --wheelhouse the folder of downloaded packages (docs/how-to/install.md)."),
        )
    return ["--no-index", "--find-links", str(wheelhouse.resolve())]


def pip_install(arguments: "list[str]") -> None:
    """One `pip install` with the machine's own pip settings: pip's last lines when it fails."""
    # A Debian Python without ensurepip has pip all the same: it installs into .venv from outside.
    pip = [str(interpreter()), "-m", "pip"] if has_module("ensurepip") else [sys.executable, "-m", "pip", "--python", str(interpreter())]
    code, output = listen([*pip, "install", "--progress-bar", "off", *arguments])
    if code != 0:
        say("\n".join(output.splitlines()[-12:]), sys.stderr)
        raise explain(output) or install_failed()


def listen(command: "list[str]", folder: "Path | None" = None) -> "tuple[int, str]":
    """Run a command (in this folder) and keep what it says; on a terminal, count the libraries that pip collects."""
    output, collected = "", 0
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            output += line
            collected += line.startswith(("Collecting ", "Processing "))
            if collected and sys.stdout.isatty():
                print(f"  {collected} ...", end="\r", flush=True)
    if sys.stdout.isatty():
        print(" " * 8, end="\r")
    return process.returncode, output


def has_module(name: str) -> bool:
    """Whether this Python (not .venv's) has a module."""
    return importlib.util.find_spec(name) is not None


def environment() -> "dict[str, str]":
    """The machine's environment (PIP_* and proxies included) without what would lead .venv's Python to other libraries."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}


def explain(output: str) -> "Problem | None":
    """What the first known sign in pip's or venv's output means in plain words; None when no sign is known."""
    for signs, french, english in SIGNS:
        if any(sign in output for sign in signs):
            return Problem(french, english)
    return None


def venv_missing() -> Problem:
    """This Python cannot make an environment."""
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return Problem(
        (
            f"Ce Python ({sys.executable}) ne sait pas créer d'environnement.",
            f"Debian, Ubuntu : sudo apt install {package}. Sinon, réinstallez Python avec pip.",
        ),
        (
            f"This Python ({sys.executable}) cannot make an environment.",
            f"Debian, Ubuntu: sudo apt install {package}. Elsewhere, install Python again with pip.",
        ),
    )


def install_failed() -> Problem:
    """pip failed and nothing in what it said is known."""
    return Problem(
        (
            "L'installation a échoué ; les dernières lignes de pip sont ci-dessus.",
            "Corrigez ce qu'elles disent, puis relancez.",
        ),
        ("The installation failed; pip's last lines are above.", "Mend what they say and run again."),
    )


def find_browser() -> "str | None":
    """The program of a Chromium, Chrome or Edge that this machine has."""
    named = os.environ.get("STRATA_BROWSER")
    found = [named] if named else [shutil.which(name) for name in BROWSERS]
    return next((str(path) for path in (*found, *BROWSER_PLACES) if path and Path(path).is_file()), None)


def make_browser() -> None:
    """A browser for the tests of the pages: from the distribution's packages where we may, else in plain words how to get one."""
    if find_browser():
        return
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        say("Installation de Chromium, pour les tests des pages… / Installing Chromium, for the tests of the pages…")
        output = "".join(listen([*APT, *step])[1] for step in (["update"], ["install", "--no-install-recommends", *BROWSER_PACKAGES]))
        if find_browser():
            return
        say("\n".join(output.splitlines()[-6:]), sys.stderr)
    # Not a Problem: all the other tests run, and those of tests/browser fail with the same words.
    say("Sans navigateur, les tests de tests/browser échoueront. Debian, Ubuntu : sudo apt install chromium. Sinon : Chrome ou Edge.")
    say("Without a browser the tests of tests/browser will fail. Debian, Ubuntu: sudo apt install chromium. Elsewhere: Chrome or Edge.")


def run_demo(options: argparse.Namespace) -> int:
    """The `strata demo` command, with its own exit code."""
    folder = ["--dir", str(options.dir.resolve())] if options.dir else []
    browser = ["--no-browser"] if options.no_browser else []
    return run(["pipelines.command", "demo", *folder, *browser])


def run_tests(pytest_arguments: "list[str]") -> int:
    """Style, then the tests, with the types beside them: they take a minute of one core. All run; what is to mend is said last."""
    failed = [" ".join(lint) for lint in STYLE if run(lint) != 0]
    # In as many processes as the machine has cores, four at most: each test starts DuckDB with threads of its own.
    spread = ["-n", str(min(4, os.cpu_count() or 1)), "--no-loadscope-reorder"]
    with ThreadPoolExecutor(1) as beside:
        types = beside.submit(listen, [str(interpreter()), "-m", *TYPES], ROOT)
        tests = run(["pytest", *spread, *pytest_arguments])
        code, output = types.result()
    if code != 0:
        say(output)
        failed.append(" ".join(TYPES))
    if failed:
        say(f"À corriger / To mend: {', '.join(failed)}")
    return 0 if tests == 0 and not failed else 1


def run(module: "list[str]") -> int:
    """`python -m` in .venv, from the root of the clone."""
    return subprocess.run([str(interpreter()), "-m", *module], check=False, cwd=ROOT, env=environment()).returncode


def say(text: str, stream: "TextIO | None" = None) -> None:
    """Print, even on a terminal that has no accents."""
    stream = stream or sys.stdout
    encoding = stream.encoding or "ascii"
    print(text.encode(encoding, "replace").decode(encoding), file=stream, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
