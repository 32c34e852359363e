"""The documents of definitions: for each one a French page, an English page and the export that programs read.

Belongs here: which files there are and where. Not here: what they say (strata/documents). They hold no data: they may be published.
"""

import json
from collections.abc import Iterable
from pathlib import Path

from pipelines.pages.private_page import render

LANGUAGES = ("fr", "en")
FOLDER = "definitions"  # beside the pages of a publication, which link to it


def write_definition_pages(folder: Path, conditions: Iterable[str], out: Path) -> list[Path]:
    """Write <condition>.fr.html, <condition>.en.html and <condition>.json in `out` for each condition of a folder of definitions.

    The same definitions give the same bytes. StrataError (usage): a definition is refused.
    """
    from strata.documents import as_export, document, read_whole

    out.mkdir(parents=True, exist_ok=True)
    written = []
    for condition in conditions:
        whole = read_whole(folder, condition)
        texts = {f"{condition}.{language}.html": _page(document(whole, language)) for language in LANGUAGES}
        texts[f"{condition}.json"] = json.dumps(as_export(whole), ensure_ascii=False, indent=1) + "\n"
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8", newline="\n")
            written.append(out / name)
    return written


def _page(told: object) -> str:
    return render("definition.html.j2", it=told)
