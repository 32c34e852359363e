"""Which ATIH files make one transmission: each `.rsa` with its `.ano`, each `.rha` with its `.ssrha`, `.ano` and `.tra`…

Belongs here: finding them among the sources, by what they hold, and in which order they were made.
Not here: reading them (mco.py, care_field.py), the lines themselves (rsa.py, ano.py, lines/zoned.py).

Half a transmission must not replace a whole one: SMR needs its RHA and its SSRHA, HAD its RAPSS, PSY its RPSA or its R3A. An ANO may
be missing (stays without a person); one that is there but cannot be read refuses the others. A TRA never refuses anything.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from strata.ingest.archives import SourceFile
from strata.ingest.atih.by_content import matches
from strata.ingest.atih.found import Found
from strata.ingest.atih.transmission import announced
from strata.ingest.lines import line_shape
from strata.ingest.lines.fixed_width import BOM, Cells, integers, line_blocks
from strata.ingest.lines.layouts import Layout, layouts
from strata.ingest.local import files as local_files
from strata.ingest.local.files import LocalFile
from strata.ingest.reasons import Refused
from strata.ingest.recognise import recognise_source, seen

_HEAD_LINES = 50
UNKNOWN = dict.fromkeys(("mco_rsa", *line_shape.CODED), "unknown_version_file") | {"mco_ano": "unknown_length_file"}
UNKNOWN |= dict.fromkeys(line_shape.BY_LENGTH, "unknown_length_file")
FILES_OF = {  # by field: its files, those that hold stays first
    "smr": ("smr_rha", "smr_ssrha", "smr_ano", "smr_tra"),
    "had": ("had_rapss", "had_ano", "had_tra"),
    "psy": ("psy_rpsa", "psy_r3a", "psy_ano"),
}
_NEEDED = {"smr": ("smr_rha", "smr_ssrha"), "had": ("had_rapss",), "psy": ()}
_STAYS = {"smr": ("smr_rha",), "had": ("had_rapss",), "psy": ("psy_rpsa", "psy_r3a")}
_MONTH_OF = {  # the month and year a line is of; an act dated to the day has its contact_date instead
    "smr_rha": ("week_month", "week_year"),
    "had_rapss": ("end_month", "end_year"),
    "psy_rpsa": ("end_month", "end_year"),
    "psy_r3a": ("month", "year"),
}
_SHARE_OF_A_YEAR = 0.01  # of the lines: fewer do not make a year


@dataclass(frozen=True)
class Pair:
    """The files of one MCO transmission; any may be missing, not all.

    tra, vid_hosp: what the hospital keeps beside them; rss: a grouped RSS in place of the .rsa; left: files that go with nothing, and why.
    """

    rsa: Found | None
    ano: Found | None
    tra: LocalFile | None = None
    vid_hosp: LocalFile | None = None
    rss: LocalFile | None = None
    left: tuple[tuple[LocalFile, str], ...] = ()

    @property
    def local(self) -> list[LocalFile]:
        """The local files that are read."""
        return [file for file in (self.rss, self.tra, self.vid_hosp) if file]

    @property
    def sources(self) -> list[SourceFile]:
        return [found.source for found in (self.rsa, self.ano, *self.local, *(file for file, _ in self.left)) if found]


@dataclass(frozen=True)
class FieldFiles:
    """The files of one transmission of SMR, HAD or PSY; any may be missing, not all.

    undecided: the families of which there is a file in the same place that may be its own or that of another.
    """

    field: str
    found: tuple[Found, ...]
    undecided: tuple[str, ...] = ()

    def of(self, family: str) -> Found | None:
        """Its file of a family, None when missing."""
        return next((one for one in self.found if one.family == family), None)

    @property
    def sources(self) -> list[SourceFile]:
        return [one.source for one in self.found]

    @property
    def missing(self) -> tuple[str, ...]:
        """The families without which it is only half of itself."""
        needed = _NEEDED[self.field] if self.has_stays else _NEEDED[self.field] or _STAYS[self.field]
        return tuple(family for family in needed if self.of(family) is None)

    @property
    def is_half(self) -> str | None:
        """The reason why it cannot be read for want of a file, None when it can."""
        if self.undecided:
            return f"undecided_transmission: {' '.join(self.undecided)}"
        return f"half_transmission: {' '.join(self.missing)}" if self.missing else None

    @property
    def has_stays(self) -> bool:
        return any(self.of(family) for family in _STAYS[self.field])


def pairs(sources: Iterable[SourceFile]) -> list[Pair]:
    """Each .rsa with its .ano: the same container and name, else alone of their hospital-year in a container, else the same month.

    A refused source counts as the half its name says it is, and only beside the other half (recognise.seen accounts for the rest).
    In the order in which e-PMSI made them, as their names tell, so that of two transmissions of one month the later one is read last.
    """
    found = _found(sources)
    rsas = [one for one in found if one.recognised.family == "mco_rsa"]
    anos = [one for one in found if one.recognised.family == "mco_ano"]
    made: list[Pair] = []
    for key in (_by_name, _by_container, _by_month):
        made += _matched(rsas, anos, key)
    made += [Pair(rsa, None) for rsa in rsas] + [Pair(None, ano) for ano in anos]
    made = _with_local_files(made, local_files.find(sources))
    made = [pair for pair in made if not all(source.refused for source in pair.sources)]
    return sorted(made, key=lambda pair: (_sent(pair), [source.name for source in pair.sources]))


def _with_local_files(made: list[Pair], files: list[LocalFile]) -> list[Pair]:
    """The same with what a hospital keeps beside its .rsa, and what stands for one."""
    with_stays = [(pair, local_files.Anchor(pair.rsa.source, *pair.rsa.hospital_year)) for pair in made if pair.rsa]
    grouped = local_files.grouped([anchor for _, anchor in with_stays], files)
    done = [replace(pair, tra=tra, vid_hosp=vid_hosp) for (pair, _), (tra, vid_hosp) in zip(with_stays, grouped.beside)]
    done += [Pair(None, None, rss=rss, vid_hosp=vid_hosp) for rss, vid_hosp in grouped.rss]
    done += [Pair(None, None, left=(one,)) for one in grouped.left]
    return [pair for pair in made if pair.rsa is None] + done


def field_files(sources: Iterable[SourceFile]) -> list[FieldFiles]:
    """The transmissions of SMR, HAD and PSY: their files by the same name, else alone of their hospital-year, or hospital, in a container,
    else by the stays they share.

    A file that finds no other is a transmission of its own. In the order in which e-PMSI made them, as their names tell.
    """
    found = _without_copies(_found(sources))
    made = [one for field in FILES_OF for one in _of_field(field, [each for each in found if each.family in FILES_OF[field]])]
    made = [one for one in made if not all(source.refused for source in one.sources)]
    return sorted(made, key=lambda one: (_sent(one), [source.name for source in one.sources]))


def _without_copies(found: list[Found]) -> list[Found]:
    """Without the files that repeat another of one place and family under a name no other file has: they bring nothing.

    A TRA does not say whose it is: two hospitals may have one alike. Only files of one family and size are looked into.
    """
    names = Counter(_by_name(one) for one in found)
    groups: dict[tuple[object, ...], list[Found]] = {}
    for one in found:
        if not one.family.endswith("_tra") and not one.source.refused:
            groups.setdefault((one.source.container, one.family, one.source.size), []).append(one)
    copies: set[int] = set()
    for group in (group for group in groups.values() if len(group) > 1):
        contents: set[str] = set()
        for one in sorted(group, key=lambda one: -names[_by_name(one)]):
            content = seen(one.source).sha256  # blank when the file breaks
            if content and names[_by_name(one)] == 1 and content in contents:
                copies.add(id(one))
            contents.add(content)
    return [one for one in found if id(one) not in copies]


def _of_field(field: str, found: list[Found]) -> list[FieldFiles]:
    groups: list[list[Found]] = []
    undecided: dict[int, set[str]] = {}  # by the id of a group
    for family in FILES_OF[field]:
        others = [one for one in found if one.family == family]
        for key in (_by_name, _by_container, _by_hospital, _by_announced, _alone_in_container):
            _join(groups, others, family, key)
        open_groups, lone = _join_by_content(groups, others, family)
        groups += lone
        for group in open_groups:
            undecided.setdefault(id(group), set()).add(family)
    return [FieldFiles(field, tuple(group), tuple(sorted(undecided.get(id(group), ())))) for group in groups]


def _join_by_content(groups: list[list[Found]], others: list[Found], family: str) -> tuple[list[list[Found]], list[list[Found]]]:
    """Add to groups without this family the file that shares their stays; gives the groups for which it is not decided, and the files left.

    A group never waits for a TRA: nothing is read from it.
    """
    waiting = [group for group in groups if all(one.family != family for one in group)]
    made, open_groups, open_files = matches(waiting, others)
    for one in made:
        waiting[one.group].append(others[one.other])
    taken = {one.other for one in made}
    left = [[one] for number, one in enumerate(others) if number not in taken]
    rivals = [group for group in left if others.index(group[0]) in open_files]
    return [*(waiting[number] for number in sorted(open_groups) if not family.endswith("_tra")), *rivals], left


def _join(groups: list[list[Found]], others: list[Found], family: str, key: Callable[[Found], object]) -> None:
    """Add to each group without this family the one file that has its key, when it has it alone; taken out of `others`."""
    waiting = {key(group[0]): group for group in groups if all(one.family != family for one in group)}
    group_counts = Counter(key(group[0]) for group in groups if all(one.family != family for one in group))
    counts = Counter(key(one) for one in others)
    for one in list(others):
        if (mark := key(one)) and counts[mark] == group_counts[mark] == 1:
            waiting[mark].append(one)
            others.remove(one)


def _by_hospital(found: Found) -> tuple[object, ...] | None:
    """For files that do not say their year (SSRHA), or whose stays began before it."""
    return (found.source.container, found.finess) if found.finess else None


def _by_announced(found: Found) -> tuple[object, ...] | None:
    said = announced(found.source.name)
    return (said.finess, said.year, said.month) if said else None


def _alone_in_container(found: Found) -> tuple[object, ...] | None:
    """For files that do not say their hospital (TRA), or cannot be read; a landing folder says nothing."""
    return (found.source.container,) if "!" in found.source.name or found.source.container else None


def _found(sources: Iterable[SourceFile]) -> list[Found]:
    """Every ATIH file. An ANO of which only the name tells what it is goes with the files beside it that share its name."""
    found = [one for source in sources if (one := _find(source))]
    beside = {_by_name(one): one.family[:3] for one in found if one.family in line_shape.CODED}
    return [_moved(one, beside.get(_by_name(one))) if one.family == "mco_ano" and one.layout is None else one for one in found]


def _moved(found: Found, field: str | None) -> Found:
    return replace(found, recognised=replace(found.recognised, family=f"{field}_ano")) if field else found


def _sent(files: Pair | FieldFiles) -> datetime:
    """When e-PMSI made the archive, as its name says; the beginning of time for another name."""
    said = announced(files.sources[0].name)
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
    if recognised.family in line_shape.FAMILIES:
        last = max((said for line in lines if (said := line_shape.year_of(line, layout))), default=None)
        return Found(source, recognised, layout, _usual(lines, layout, "finess"), str(last) if last else None)
    finess, year = (_usual(lines, layout, name) for name in ("finess", "exit_year"))
    return Found(source, recognised, layout, finess, year)


def _usual(lines: list[bytes], layout: Layout, name: str) -> str | None:
    """The commonest text of a field; None when the layout has no such field."""
    field = next((one for one in layout.fixed.fields if one.name == name), None)
    if field is None:
        return None
    values = Counter(line[field.start : field.start + field.width].decode("latin-1") for line in lines)
    return values.most_common(1)[0][0] if values else None


def _last_month(found: Found) -> int:
    """The last month of exit of a whole file: its transmission. 0 when it breaks while being read."""
    try:
        return max(count_lines(found)[1], default=0)
    except Refused:
        return 0


def count_lines(found: Found) -> tuple[int, tuple[int, ...]]:
    """(lines, months of exit met) of a whole MCO file of a known version. Refused when it breaks while being read."""
    assert found.layout is not None
    fixed, count, met = found.layout.fixed, 0, np.zeros(13, dtype=bool)
    for lines in line_blocks(found.source.blocks()):
        whole = np.flatnonzero(lines.lengths >= fixed.width)
        months = Cells.gather(lines.data, fixed, lines.starts[whole], whole).integer("exit_month").values
        met[months[months <= 12]] = True
        count += len(lines.starts)
    return count, tuple(int(month) for month in np.flatnonzero(met) if month)


@dataclass(frozen=True)
class CareCount:
    """What the lines of a file are of. months: lines by (year, month); stays: stay numbers met. Empty where a family has none."""

    lines: int
    months: dict[tuple[int, int], int]
    stays: int


def count_care(found: Found) -> CareCount:
    """The same outside MCO. Refused when the file breaks while being read."""
    assert found.layout is not None
    fixed, count = found.layout.fixed, 0
    months: Counter[tuple[int, int]] = Counter()
    stays = np.empty(0, dtype="S1")
    for lines in line_blocks(found.source.blocks()):
        whole = np.flatnonzero(lines.lengths >= fixed.width)
        cells = Cells.gather(lines.data, fixed, lines.starts[whole], whole)
        count += len(lines.starts)
        if found.family in _MONTH_OF:
            months.update(_months(cells, found.family))
            stays = np.union1d(stays, cells.bytes_of("stay_number").view(f"S{fixed.field('stay_number').width}").reshape(-1))
    return CareCount(count, dict(months), len(stays))


def _months(cells: Cells, family: str) -> dict[tuple[int, int], int]:
    """Lines by (year, month); those without a month of the calendar are left out."""
    if cells.has("contact_date"):
        months = integers(cells.bytes_of("contact_date")[:, 2:4]).values
        years = integers(cells.bytes_of("contact_date")[:, 4:8]).values
    else:
        months, years = (cells.integer(name).values for name in _MONTH_OF[family])
    is_real = (months >= 1) & (months <= 12) & (years > 0)
    keys, counts = np.unique(years[is_real] * 100 + months[is_real], return_counts=True)
    return {divmod(int(key), 100): int(lines) for key, lines in zip(keys, counts)}


def care_year(lines_by_year: dict[int, int], announced_year: int | None) -> int | None:
    """The year of a transmission outside MCO: of its name when a line has it, else the last one with more than a few lines.

    Stays that go on bring lines of years before; a line of a later one is a mistake. None when no line says its year.
    """
    if announced_year in lines_by_year:
        return announced_year
    enough = [year for year, lines in lines_by_year.items() if lines >= _SHARE_OF_A_YEAR * sum(lines_by_year.values())]
    return max(enough, default=None)


def why_not(found: Found | None) -> str | None:
    """Why a file cannot even be begun: its own refusal, or an unknown version, by name beside the known ones."""
    if found is None or found.source.refused:
        return found.source.refused if found else None
    if found.layout is not None:
        return None
    versions = layouts(found.family).values()
    known = " ".join(
        sorted({code for one in versions for code in one.codes or [one.version.partition("_")[0]]}, key=lambda code: (len(code), code))
    )
    return f"{UNKNOWN[found.recognised.family]}: {found.recognised.version or '?'}; {known}"
