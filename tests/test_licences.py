"""The licence of every library the product needs at run time: none that would bind its users, all of them listed.

Run as a program, it writes docs/reference/licences.md again (CONTRIBUTING.md, "The lock").
"""

import re
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata

import pytest

from tests.support.repository import ROOT

PAGE = ROOT / "docs" / "reference" / "licences.md"
# Libraries that only another system installs: their licences as their projects state them.
OTHER_SYSTEMS = {
    "colorama": "BSD-3-Clause",
    "psutil": "BSD-3-Clause",
    "pyreadline3": "BSD-3-Clause",
    "pywin32": "PSF-2.0",
    "uvloop": "MIT OR Apache-2.0",
}
_BINDING = re.compile(r"\bA?GPL|GNU (?:Affero )?General Public|\bBUSL\b|Business Source|\bSSPL\b|Server Side Public", re.IGNORECASE)


def locked() -> dict[str, list[str]]:
    """Versions of each library in requirements.lock: several when they depend on the version of Python."""
    found: dict[str, list[str]] = {}
    for name, version in re.findall(
        r"^([\w.-]+)(?:\[[\w,-]+\])?==([^\s;]+)", (ROOT / "requirements.lock").read_text(encoding="utf-8"), re.MULTILINE
    ):
        found.setdefault(name, []).append(version)
    return found


def licence(about: PackageMetadata) -> str:
    """What a library says of its licence, by the most precise of the three places where it may."""
    expression = about.get("License-Expression")
    classifiers = [text.split(" :: ")[-1] for text in about.get_all("Classifier") or [] if text.startswith("License :: ")]
    named = [text for text in classifiers if text != "OSI Approved"]
    first_line = (about.get("License") or "").strip().partition("\n")[0]
    return expression or ", ".join(named) or first_line


def is_binding(text: str) -> bool:
    """Whether every alternative a licence offers is GPL, AGPL, BUSL or alike; LGPL is not."""
    return all(_BINDING.search(alternative) for alternative in re.split(r"\s+OR\s+", text))


def installed_licences() -> dict[str, str]:
    """Licence of each locked library: of the installed one, or as stated for one that this system does not install."""
    found = {}
    for name in locked():
        try:
            found[name] = licence(metadata(name))
        except PackageNotFoundError:
            found[name] = OTHER_SYSTEMS[name]
    return found


@pytest.mark.parametrize("text", ["GPL-3.0-or-later", "AGPLv3", "GNU General Public License v2 (GPLv2)", "BUSL-1.1", "GPL-2.0 OR AGPL-3.0"])
def test_a_binding_licence_is_seen(text: str) -> None:
    assert is_binding(text)


@pytest.mark.parametrize("text", ["MIT", "Apache-2.0 OR GPL-2.0", "GNU Lesser General Public License v3 (LGPLv3)", "MPL-2.0 AND MIT"])
def test_a_free_licence_is_not(text: str) -> None:
    assert not is_binding(text)


def test_no_library_binds_its_users() -> None:
    licences = installed_licences()
    assert {name: text for name, text in licences.items() if not text} == {}
    assert {name: text for name, text in licences.items() if is_binding(text)} == {}


def test_the_page_lists_what_is_locked() -> None:
    listed = re.findall(r"^\| ([\w.-]+) \| ([^|]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {name: versions.split(", ") for name, versions, _ in listed if name != "Library"} == locked()
    assert not [name for name, _, text in listed if is_binding(text)]


def write_page() -> None:
    """docs/reference/licences.md from the installed libraries."""
    licences = installed_licences()
    rows = [f"| {name} | {', '.join(versions)} | {licences[name]} |" for name, versions in sorted(locked().items())]
    PAGE.write_text("\n".join([*_HEAD, *rows, ""]), encoding="utf-8", newline="\n")


_HEAD = (
    "# Licences of the libraries",
    "",
    "What the product needs at run time (`requirements.lock`), with the licence that each library states. None is GPL, AGPL or BUSL: a",
    "test says so. Two versions: one for Python 3.11, one for later ones. Nothing of them is in this repository: pip installs them.",
    "",
    "Binary wheels carry parts of others. Those of numpy and scipy hold the runtime of the GNU Fortran compiler, under the GPL **with the",
    "runtime library exception**, and libquadmath under the LGPL: neither reaches the programs that use them.",
    "",
    "| Library | Version | Licence |",
    "|---|---|---|",
)

if __name__ == "__main__":
    write_page()
