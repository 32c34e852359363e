"""What is asked: a state of the pages and its address, both ways.

Belongs here: from the query of an address to a question, and back. Not here: whether the reader may ask it (store.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlencode

from dashboards.sources.published import ALL
from dashboards.texts import LANGUAGES

HOME, MEETING, SIMULATOR, METHODS, QUALITY, DEFINITION = "/", "/meeting", "/simulator", "/methods", "/quality", "/definition/"
EXPORTS = (".xlsx", ".pptx", ".programme.docx", ".csv", ".html")
NATIONAL_EXPORTS = (".xlsx", ".pptx", ".csv", ".html")  # those of the whole; the programme is a territory's
EXPORT = "/export/"
RUN = re.compile(r"[A-Za-z0-9-]{1,64}")
INDICATOR = re.compile(r"[a-z0-9_]{1,40}/[a-z0-9_]{1,64}")


class Unknown(Exception):
    """The address names nothing that is there."""


@dataclass(frozen=True)
class Question:
    """A state. territory: ALL for the whole. condition: '' for all of them. year: 0 for the year in front. run: '' for the last edition.

    indicator: the one that the explorer shows, 'condition/indicator'; '' for none. Other pages and files do not keep it.
    """

    territory: str = ALL
    condition: str = ""
    year: int = 0
    language: str = ""
    run: str = ""
    indicator: str = ""

    def address(self, path: str = HOME, **change: object) -> str:
        """The address of this state, changed by `change`; what is left to its default is not written."""
        asked = replace(self, **({"indicator": ""} | change))  # type: ignore[arg-type]
        territory = "" if asked.territory == ALL else asked.territory
        parts = {"territory": territory, "condition": asked.condition, "year": asked.year or "", "lang": asked.language, "run": asked.run}
        parts |= {"indicator": asked.indicator}
        query = urlencode({name: value for name, value in parts.items() if value})
        return f"{path}?{query}" if query else path


def read_question(query: Mapping[str, str], default_language: str) -> Question:
    """The question of a query. Unknown: what can be no language, year, edition or indicator; other words are judged by the data."""
    language = query.get("lang") or default_language
    year = query.get("year") or "0"
    run, indicator = query.get("run") or "", query.get("indicator") or ""
    if language not in LANGUAGES or (run and not RUN.fullmatch(run)) or not (year.isascii() and year.isdigit() and len(year) <= 4):
        raise Unknown
    if indicator and not INDICATOR.fullmatch(indicator):
        raise Unknown
    return Question(query.get("territory") or ALL, query.get("condition") or "", int(year), language, run, indicator)


def query_of(search: object) -> dict[str, str]:
    """The parts of what follows the ? of an address."""
    return dict(parse_qsl(str(search or "").removeprefix("?")))
