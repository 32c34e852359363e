"""One definition as one JSON object: its entries, its code lists, the hash of its content; and back to the rows of the engine.

Belongs here: the shape of the export (definition.schema.json, docs/reference/definition-export.md). Not here: what the entries mean
(strata/conditions/README.md) nor their refusal (strata/definitions/compiler.py).
"""

from datetime import date
from pathlib import Path
from typing import Any

from strata.definitions.code_lists import Code, CodeList
from strata.definitions.compiler import Compiled
from strata.definitions.content import content_sha256
from strata.definitions.folder import compile_one
from strata.definitions.text import DefinitionText, wrong
from strata.documents.whole import Whole

SCHEMA = "strata-definition/1"
SCHEMA_FILE = Path(__file__).with_name("definition.schema.json")
STATEMENT = {
    "fr": "Définition ouverte. Ce n'est pas celle de la FHF ni du GPRP, qui n'est pas publique.",
    "en": "Open definition. It is not that of the FHF or the GPRP, which is not public.",
}
_ABOUT = ("label_fr", "label_en", "nomenclature_year", "source", "author")


def as_export(whole: Whole) -> dict[str, Any]:
    """The definition as an object.

    The CIP13 codes that a project gives to ATC classes (shared/drugs.csv) are not in it.
    """
    calendar = whole.calendar
    return {
        "schema": SCHEMA,
        "id": whole.source["id"],
        "condition": whole.condition,
        "content_sha256": whole.content_sha256,
        "statement": STATEMENT,
        "definition": _plain(whole.source),
        "code_lists": [_list(one) for one in whole.used],
        **({"follow_up": {"acts": list(calendar.acts), "code_lists": [_list(one) for one in calendar.lists]}} if calendar.acts else {}),
    }


def compile_export(export: dict[str, Any]) -> Compiled:
    """The rows of the engine, from an export alone. StrataError (usage): refused, or its content is not that of its hash."""
    condition = export["condition"]
    path = Path(condition) / "definition.json"
    source = dict(export["definition"])
    source["versions"] = [one | {"valid_from": date.fromisoformat(one["valid_from"])} for one in source.get("versions", [])]
    lists = {one["list_id"]: _read_list(one, path) for one in export["code_lists"]}
    compiled, used = compile_one(DefinitionText(path, source, ()), lists)
    if content_sha256(source, used) != export["content_sha256"]:
        raise wrong(path, "content_sha256", "le contenu n'est pas celui de cette empreinte", "the content is not that of this hash")
    return compiled


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value


def _list(one: CodeList) -> dict[str, Any]:
    codes = [
        {"code": code.code, "valid_from": _day(code.valid_from), "valid_to": _day(code.valid_to)}
        | {"label_fr": code.label_fr, "label_en": code.label_en, "label_source": code.label_source}
        for code in one.codes
    ]
    about = {name: one.about[name] for name in _ABOUT}
    return {"list_id": one.list_id, "system": one.system, "match": one.match, **about, "codes": codes}


def _read_list(one: dict[str, Any], path: Path) -> CodeList:
    codes = tuple(
        Code(
            line, code["code"], _date(code["valid_from"]), _date(code["valid_to"]), code["label_fr"], code["label_en"], code["label_source"]
        )
        for line, code in enumerate(one["codes"], start=2)
    )
    return CodeList(one["list_id"], one["system"], one["match"], path, codes, (), {name: one[name] for name in _ABOUT})


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
