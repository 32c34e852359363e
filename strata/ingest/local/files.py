"""Which of a hospital's own files go with which `.rsa`: TRA, VID-HOSP, and the grouped RSS that stands in for an RSA.

Belongs here: finding them among the sources and matching them. Not here: RSA and ANO (atih/transmissions.py), reading (tra.py, vid_hosp.py,
rss.py, identity.py). A TRA does not say its hospital: its name, its folder or its archive does.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from strata.ingest.archives import SourceFile
from strata.ingest.atih.transmission import announced
from strata.ingest.lines.fixed_width import BOM
from strata.ingest.lines.layouts import Layout, layouts
from strata.ingest.local.tra import COLUMNS
from strata.ingest.reasons import Refused
from strata.ingest.recognise import Recognised, recognise_source

TRA, VID_HOSP, RSS = "mco_tra", "vid_hosp", "mco_rum"
FAMILIES = (TRA, VID_HOSP, RSS)
_SUFFIXES = {"rsa", "ano", "tra", "txt", "csv", "rss", "grp", "ini", "hosp", "vid", "vidhosp"}
_HEAD_LINES = 50
_YEAR = re.compile(r"20[0-9]{2}")


@dataclass(frozen=True, eq=False)
class LocalFile:
    """A source recognised as one of FAMILIES. layout: None for a TRA of columns or an unknown version; finess: None in a TRA."""

    source: SourceFile
    recognised: Recognised
    layout: Layout | None
    finess: str | None
    year: str | None

    @property
    def family(self) -> str:
        return self.recognised.family

    @property
    def is_known(self) -> bool:
        """Whether its version can be read."""
        return self.layout is not None or self.recognised.version == COLUMNS

    @property
    def why_not(self) -> str | None:
        """Why it cannot even be begun."""
        if self.source.refused or self.is_known:
            return self.source.refused
        return f"unknown_version_file: {self.recognised.version or '?'}; {' '.join(sorted(layouts(self.family)))}"


@dataclass(frozen=True)
class Anchor:
    """What they are matched to: the .rsa (or the RSS) of a hospital and year."""

    source: SourceFile
    finess: str | None
    year: str | None


def find(sources: Iterable[SourceFile]) -> list[LocalFile]:
    """The local files among the sources, in their order. One that breaks while it is looked into says so in source.refused."""
    return [_found(source, recognised) for source in sources if (recognised := recognise_source(source)).family in FAMILIES]


def _found(source: SourceFile, recognised: Recognised) -> LocalFile:
    layout = layouts(recognised.family).get(recognised.version or "")
    try:
        lines = source.head().removeprefix(BOM).split(b"\n")[:_HEAD_LINES]
    except Refused as refused:
        source.refused = refused.reason
        return LocalFile(source, recognised, layout, None, None)
    finess = _usual(lines, layout, "finess", 0, None) if recognised.family != TRA else None
    return LocalFile(source, recognised, layout, finess, _year(lines, recognised, layout))


def _year(lines: list[bytes], recognised: Recognised, layout: Layout | None) -> str | None:
    if recognised.family == TRA and recognised.version == COLUMNS:
        cells = [line.split(b";")[4][4:8] for line in lines if line.count(b";") > 4]
        return _commonest(cell.decode("latin-1") for cell in cells)
    year = _usual(lines, layout, "exit_date", 4, 8)
    return year if year and _YEAR.fullmatch(year) else None


def _usual(lines: list[bytes], layout: Layout | None, name: str, start: int, end: int | None) -> str | None:
    if layout is None:
        return None
    field = layout.fixed.field(name)
    cells = (line[field.start : field.start + field.width][start:end] for line in lines if len(line) >= layout.fixed.width)
    return _commonest(cell.decode("latin-1") for cell in cells)


def _commonest(values: Iterable[str]) -> str | None:
    counts = Counter(values).most_common(1)
    return counts[0][0] if counts else None


@dataclass(frozen=True)
class Grouped:
    """beside: the TRA and the VID-HOSP of each anchor, in their order. rss: each RSS that is read, with its VID-HOSP.

    left: what goes with nothing that is read, and why.
    """

    beside: list[tuple[LocalFile | None, LocalFile | None]]
    rss: list[tuple[LocalFile, LocalFile | None]]
    left: list[tuple[LocalFile, str]]


def grouped(anchors: list[Anchor], files: list[LocalFile]) -> Grouped:
    """Local files with the .rsa they belong to. An RSS of a hospital and year that has an .rsa is left."""
    tra, vid_hosp, rss = ([file for file in files if file.family == family] for family in (TRA, VID_HOSP, RSS))
    hospital_years = {(anchor.finess, anchor.year) for anchor in anchors if anchor.finess}
    left = [(file, "rss_beside_rsa") for file in rss if (file.finess, file.year) in hospital_years]
    read = [file for file in rss if (file.finess, file.year) not in hospital_years]
    links, persons = matched(anchors, tra), matched(anchors, vid_hosp)
    rest = [file for file in vid_hosp if file not in persons.values()]
    of_rss = matched([Anchor(file.source, file.finess, file.year) for file in read], rest)
    left += [(file, "tra_file_without_rsa") for file in tra if file not in links.values()]
    left += [(file, "vid_hosp_without_stays") for file in rest if file not in of_rss.values()]
    beside = [(links.get(place), persons.get(place)) for place in range(len(anchors))]
    return Grouped(beside, [(file, of_rss.get(place)) for place, file in enumerate(read)], left)


def matched(anchors: list[Anchor], files: list[LocalFile]) -> dict[int, LocalFile]:
    """For each anchor (its place) the file of one family that goes with it: where two fit, neither is taken.

    The same folder and name, else alone of its hospital-year or of its year in a folder, else the same hospital, year and month by
    name, else alone of its hospital-year everywhere.
    """
    taken: dict[int, LocalFile] = {}
    left = list(files)
    for key in (_by_name, _by_hospital_here, _by_year_here, _by_month, _by_hospital):
        open_places = [place for place in range(len(anchors)) if place not in taken]
        wanted = _alone((key(anchors[place]), place) for place in open_places)
        for value, file in _alone((key(file), file) for file in left).items():
            if value in wanted and _agree(file, anchors[wanted[value]]):
                taken[wanted[value]] = file
        used = {id(file) for file in taken.values()}
        left = [file for file in left if id(file) not in used]
    return taken


_One = TypeVar("_One")


def _alone(pairs: Iterable[tuple[tuple[object, ...] | None, _One]]) -> dict[tuple[object, ...], _One]:
    """What is the only one with its key."""
    known = [(key, one) for key, one in pairs if key]
    counts = Counter(key for key, _ in known)
    return {key: one for key, one in known if counts[key] == 1}


def _agree(file: LocalFile, anchor: Anchor) -> bool:
    """Neither the content nor the name of the file speaks of another hospital or year."""
    said = announced(file.source.name)
    finess = {file.finess, said.finess if said else None} - {None}
    year = {file.year, str(said.year) if said else None} - {None}
    return finess <= {anchor.finess} and year <= {anchor.year}


def _by_name(one: Anchor | LocalFile) -> tuple[object, ...]:
    parts = one.source.name.rpartition("!")[2].rpartition("/")[2].split(".")
    while len(parts) > 1 and parts[-1].lower() in _SUFFIXES:
        parts.pop()
    return one.source.container, ".".join(parts)


def _by_hospital_here(one: Anchor | LocalFile) -> tuple[object, ...] | None:
    return (one.source.container, *key) if (key := _by_hospital(one)) else None


def _by_year_here(one: Anchor | LocalFile) -> tuple[object, ...] | None:
    return (one.source.container, one.year) if one.year else None


def _by_month(one: Anchor | LocalFile) -> tuple[object, ...] | None:
    said = announced(one.source.name)
    return (said.finess, said.year, said.month) if said else None


def _by_hospital(one: Anchor | LocalFile) -> tuple[object, ...] | None:
    said = announced(one.source.name)
    finess = one.finess or (said.finess if said else None)
    return (finess, one.year) if finess and one.year else None
