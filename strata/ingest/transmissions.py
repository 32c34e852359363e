"""Which ATIH files make one transmission: each `.rsa` with its `.ano`.

Belongs here: finding them among the sources, by what they hold, and in which order they were made.
Not here: reading them (atih_mco.py), the lines themselves (rsa.py, ano.py).
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from strata.ingest.archives import SourceFile
from strata.ingest.fixed_width import BOM, Cells, line_blocks
from strata.ingest.layouts import Layout, layouts
from strata.ingest.reasons import Refused
from strata.ingest.recognise import Recognised, recognise_source
from strata.ingest.transmission import announced

_HEAD_LINES = 50
UNKNOWN = {"mco_rsa": "unknown_version_file", "mco_ano": "unknown_length_file"}


@dataclass(frozen=True)
class Found:
    """A source recognised as RSA or ANO. layout: None when its version is unknown; finess, year: of its first lines."""

    source: SourceFile
    recognised: Recognised
    layout: Layout | None
    finess: str | None
    year: str | None

    @property
    def hospital_year(self) -> tuple[str | None, str | None]:
        return self.finess, self.year


@dataclass(frozen=True)
class Pair:
    """The files of one transmission; either may be missing, not both."""

    rsa: Found | None
    ano: Found | None

    @property
    def sources(self) -> list[SourceFile]:
        return [found.source for found in (self.rsa, self.ano) if found]


def pairs(sources: Iterable[SourceFile]) -> list[Pair]:
    """Each .rsa with its .ano: the same container and name, else alone of their hospital-year in a container, else the same month.

    A refused source counts as the half its name says it is, and only beside the other half (recognise.seen accounts for the rest).
    In the order in which e-PMSI made them, as their names tell, so that of two transmissions of one month the later one is read last.
    """
    found = [one for source in sources if (one := _find(source))]
    rsas = [one for one in found if one.recognised.family == "mco_rsa"]
    anos = [one for one in found if one.recognised.family == "mco_ano"]
    made: list[Pair] = []
    for key in (_by_name, _by_container, _by_month):
        made += _matched(rsas, anos, key)
    made += [Pair(rsa, None) for rsa in rsas] + [Pair(None, ano) for ano in anos]
    made = [pair for pair in made if not all(source.refused for source in pair.sources)]
    return sorted(made, key=lambda pair: (_sent(pair), [source.name for source in pair.sources]))


def _sent(pair: Pair) -> datetime:
    """When e-PMSI made the archive, as its name says; the beginning of time for another name."""
    said = announced(pair.sources[0].name)
    return said.sent if said and said.sent else datetime.min


def _matched(rsas: list[Found], anos: list[Found], key: Callable[[Found], object]) -> list[Pair]:
    """Pairs of files alone with their key on either side, taken out of both lists."""
    if not rsas or not anos:
        return []
    rsa_keys, ano_keys = [key(rsa) for rsa in rsas], [key(ano) for ano in anos]
    rsa_counts, ano_counts = Counter(rsa_keys), Counter(ano_keys)
    unique = {one for one, count in rsa_counts.items() if one and count == ano_counts[one] == 1}
    by_key = dict(zip(ano_keys, anos))
    made = [Pair(rsa, by_key[one]) for rsa, one in zip(rsas, rsa_keys) if one in unique]
    rsas[:] = [rsa for rsa, one in zip(rsas, rsa_keys) if one not in unique]
    anos[:] = [ano for ano, one in zip(anos, ano_keys) if one not in unique]
    return made


def _by_name(found: Found) -> tuple[object, ...]:
    return found.source.container, found.source.stem


def _by_container(found: Found) -> tuple[object, ...] | None:
    return (found.source.container, *found.hospital_year) if found.finess else None


def _by_month(found: Found) -> tuple[object, ...] | None:
    return (*found.hospital_year, _last_month(found)) if found.finess else None


def _find(source: SourceFile) -> Found | None:
    recognised = recognise_source(source)
    if recognised.family not in UNKNOWN:
        return None
    layout = layouts(recognised.family).get(recognised.version or "")
    if layout is None:
        return Found(source, recognised, None, None, None)
    lines = [line for line in source.head().removeprefix(BOM).split(b"\n")[:_HEAD_LINES] if len(line) >= layout.fixed.width]
    finess, year = (_usual(lines, layout, name) for name in ("finess", "exit_year"))
    return Found(source, recognised, layout, finess, year)


def _usual(lines: list[bytes], layout: Layout, name: str) -> str | None:
    field = layout.fixed.field(name)
    values = Counter(line[field.start : field.start + field.width].decode("latin-1") for line in lines)
    return values.most_common(1)[0][0] if values else None


def _last_month(found: Found) -> int:
    """The last month of exit of a whole file: its transmission. 0 when it breaks while being read."""
    try:
        return max(count_lines(found)[1], default=0)
    except Refused:
        return 0


def count_lines(found: Found) -> tuple[int, tuple[int, ...]]:
    """(lines, months of exit met) of a whole file of a known version. Refused when it breaks while being read."""
    assert found.layout is not None
    fixed, count, met = found.layout.fixed, 0, np.zeros(13, dtype=bool)
    for lines in line_blocks(found.source.blocks()):
        whole = np.flatnonzero(lines.lengths >= fixed.width)
        months = Cells.gather(lines.data, fixed, lines.starts[whole], whole).integer("exit_month").values
        met[months[months <= 12]] = True
        count += len(lines.starts)
    return count, tuple(int(month) for month in np.flatnonzero(met) if month)


def why_not(found: Found | None) -> str | None:
    """Why a file cannot even be begun: its own refusal, or an unknown version, by name beside the known ones."""
    if found is None or found.source.refused:
        return found.source.refused if found else None
    if found.layout is not None:
        return None
    known = " ".join(sorted(layouts(found.recognised.family), key=int))
    return f"{UNKNOWN[found.recognised.family]}: {found.recognised.version or '?'}; {known}"
