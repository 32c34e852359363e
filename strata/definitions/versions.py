"""The history of a definition: one entry per version, the last being that of its `id`; and what it cannot see.

Belongs here: refusing a version that says nothing of what changed. Not here: whether the content is that of the version (a local edit
is tried under its old name; the page and the export tell, by the hash).
"""

from strata.definitions.text import DefinitionText


def check_versions(text: DefinitionText) -> None:
    """StrataError: no entry for the `id`, an entry that is not whole, two of one name, dates that do not rise."""
    versions = text.source.get("versions", [])
    seen: list[str] = []
    for rank, version in enumerate(versions, start=1):
        where = f"versions {rank}"
        text.check(version, "version", where)
        for name in ("id", "valid_from", "source", "changes_fr", "changes_en"):
            text.need(version, name, where)
        said = [version["changes_fr"], version["changes_en"]]
        if not said[0] or len(said[0]) != len(said[1]) or not all(line.strip() for lines in said for line in lines):
            why_fr = "chaque changement se dit dans les deux langues, et il en faut un"
            raise text.wrong(where, why_fr, "each change is told in both languages, and there must be one")
        if version["id"] in seen or (rank > 1 and version["valid_from"] < versions[rank - 2]["valid_from"]):
            why_fr = "les versions se suivent par date, chacune sous son propre nom"
            raise text.wrong(where, why_fr, "versions follow each other by date, each under its own name")
        seen.append(version["id"])
    if not seen or seen[-1] != text.source["id"]:
        raise text.wrong(
            "id",
            "la dernière entrée [[versions]] n'est pas celle de cet identifiant : dire ce qui a changé",
            "the last entry of [[versions]] is not that of this identifier: say what changed",
        )


def check_caveats(text: DefinitionText) -> None:
    """StrataError: a caveat without its words in both languages."""
    for rank, caveat in enumerate(text.source.get("caveats", []), start=1):
        text.words(caveat, f"caveats {rank}")
