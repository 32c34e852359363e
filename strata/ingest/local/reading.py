"""A hospital's own files beside an `.rsa`, held: what they say of its stays, and the account of each of their lines.

Belongs here: which of them are opened, what is refused, and completing the lines of the .ano with what TRA and VID-HOSP say.
Not here: which files (files.py), their lines (tra.py, vid_hosp.py, rss.py), the joins (identity.py), files too large to be held
(staged_beside.py, staged_rss.py), storing (warehouse/store.py).

Where the .ano names its persons, VID-HOSP is not opened: one year has one key. Without any of these files nothing is asked of a person.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.atih.refused import refused_file
from strata.ingest.extract import GROUP, QUARANTINE, SCHEMAS, STAY, Extract, FileSeen
from strata.ingest.lines.line_faults import FileRead
from strata.ingest.local import person_key
from strata.ingest.local.files import LocalFile
from strata.ingest.local.identity import person_keys, persons_of
from strata.ingest.local.rss import read_rum, rss_stays
from strata.ingest.local.tra import read_tra
from strata.ingest.local.vid_hosp import read_vid_hosp
from strata.ingest.reasons import Refused

GOOD_CODES, NO_CODES = "0" * 9, " " * 9
Taken = TypeVar("Taken")
PLACEHOLDER = "^[xX]{16}"


@dataclass
class Beside:
    """What the local files of one hospital-year give. lines: those of the .ano, completed; key: as read_slice.person_key."""

    lines: pa.Table
    key: str = "noanon"
    quarantine: list[pa.Table] = field(default_factory=list)
    files: list[FileSeen] = field(default_factory=list)


@dataclass(frozen=True)
class Opened:
    """Which of a TRA and a VID-HOSP are opened, None when not; left: the account of each that is there and is not."""

    tra: LocalFile | None
    vid_hosp: LocalFile | None
    left: list[FileSeen]

    @property
    def key(self) -> str:
        """As read_slice.person_key."""
        return "hash" if self.vid_hosp else "noanon"


def to_open(tra: LocalFile | None, vid_hosp: LocalFile | None, *, is_named: bool) -> Opened:
    """VID-HOSP only where it can tell something: the .ano names nobody (is_named), and a TRA leads to it."""
    links = tra if tra is not None and not tra.why_not else None
    left = [_refused(tra, tra.why_not)] if tra is not None and tra.why_not else []
    if not is_named and links is not None:
        persons = known_persons(vid_hosp)
        return Opened(links, persons.vid_hosp, left + persons.left)
    if vid_hosp is not None:
        left.append(_refused(vid_hosp, vid_hosp.why_not or ("named_by_ano" if is_named else "vid_hosp_without_stays")))
    return Opened(links, None, left)


def known_persons(vid_hosp: LocalFile | None) -> Opened:
    """A VID-HOSP that is wanted: opened when it can be read."""
    if vid_hosp is None or not vid_hosp.why_not:
        return Opened(None, vid_hosp, [])
    return Opened(None, None, [_refused(vid_hosp, vid_hosp.why_not)])


def read_beside(tra: LocalFile | None, vid_hosp: LocalFile | None, stays: pa.Table, ano: pa.Table) -> Beside:
    """stays: finess, year, stay_number of the RSA accepted; ano: stay_number, pseudonym, chaining_codes, entry_date, exit_date, billable.

    Refused when one of the two breaks while it is read; StrataError (usage) when VID-HOSP is needed and there is no secret.
    """
    opened = to_open(tra, vid_hosp, is_named=is_named(ano.column("pseudonym")))
    found = Beside(ano, opened.key, files=opened.left)
    if opened.tra is None:
        return found
    links = read_tra(opened.tra.source.blocks(), opened.tra.recognised.version or "", opened.tra.source.name)
    persons = _identities(opened.vid_hosp)
    keys = person_keys(stays.column("stay_number"), links, persons, ano)
    for read, file in ((links, opened.tra), (persons, opened.vid_hosp)):
        _account(found, read, file, _said(stays, "finess"), _said(stays, "year"))
    found.lines = completed(ano, keys)
    return found


def _identities(vid_hosp: LocalFile | None) -> FileRead | None:
    if vid_hosp is None or vid_hosp.layout is None:
        return None
    return read_vid_hosp(vid_hosp.source.blocks(), vid_hosp.layout, vid_hosp.source.name, person_key.secret())


def is_named(pseudonyms: pa.ChunkedArray) -> bool:
    """Whether an .ano names at least one person; placeholders name nobody."""
    return bool(pc.any(pc.invert(pc.match_substring_regex(pc.drop_null(pseudonyms), PLACEHOLDER))).as_py())


def completed(ano: pa.Table, keys: pa.Table) -> pa.Table:
    """The lines of the .ano with what the local files add, and a line for each stay that only they know. Same columns as `ano`.

    The .ano wins where it says something. A stay that VID-HOSP names and the .ano has no return codes for is well chained.
    """
    numbers = pa.chunked_array([*ano.column("stay_number").chunks, *_only_in(keys, ano).chunks], pa.string())
    in_ano = pc.index_in(numbers, value_set=ano.column("stay_number").combine_chunks())
    in_keys = pc.index_in(numbers, value_set=keys.column("stay_number").combine_chunks())
    own = {name: ano.column(name).take(in_ano) for name in ano.column_names} | {"stay_number": numbers}
    added = {name: keys.column(name).take(in_keys) for name in keys.column_names}
    for name in ("pseudonym", "entry_date", "exit_date"):
        own[name] = pc.coalesce(own[name], added[name])
    codes = pc.if_else(pc.equal(own["chaining_codes"], NO_CODES), None, own["chaining_codes"])
    own["chaining_codes"] = pc.coalesce(codes, pc.if_else(pc.is_valid(added["pseudonym"]), GOOD_CODES, NO_CODES))
    return pa.Table.from_arrays([own[name] for name in ano.column_names], schema=ano.schema).combine_chunks()


def _only_in(keys: pa.Table, ano: pa.Table) -> pa.ChunkedArray:
    numbers = keys.column("stay_number")
    return numbers.filter(pc.invert(pc.is_in(numbers, value_set=ano.column("stay_number").combine_chunks())))


def read_rss(rss: LocalFile, vid_hosp: LocalFile | None) -> Extract:
    """The stays of a grouped RSS, held. A file refused comes as an extract without stays, and refuses the other."""
    return rss_unless_refused(rss, vid_hosp, _held_rss)


def rss_unless_refused(rss: LocalFile, vid_hosp: LocalFile | None, take: Callable[[LocalFile, LocalFile | None], Taken]) -> Extract | Taken:
    """What `take` makes of an RSS and its VID-HOSP; an extract without stays when one of the two is refused."""
    if rss.why_not:
        return refused_files([(rss, rss.why_not), (vid_hosp, "pair_refused")])
    try:
        return take(rss, vid_hosp)
    except Refused as refused:
        at_fault = rss if refused.where == rss.source.name else vid_hosp
        return refused_files([(one, refused.code if one is at_fault else "pair_refused") for one in (rss, vid_hosp)])


def _held_rss(rss: LocalFile, vid_hosp: LocalFile | None) -> Extract:
    assert rss.layout is not None
    opened = known_persons(vid_hosp)
    found = Beside(pa.table({}), opened.key, files=opened.left)
    rum, persons = read_rum(rss.source.blocks(), rss.layout, rss.source.name), _identities(opened.vid_hosp)
    stays = rss_stays(rum)
    stay = with_persons(stays.tables["stay"], persons_of(stays.nas, persons))
    for read, file in ((rum, rss), (persons, vid_hosp)):
        _account(found, read, file, rum.usual("finess"), rum.usual("year"))
    tables = stays.tables | {"stay": stay, "group": GROUP.empty_table()}
    return Extract("atih", "mco", tables, pa.concat_tables(found.quarantine), found.files, found.key)


def with_persons(stay: pa.Table, persons: pa.ChunkedArray) -> pa.Table:
    """The stays of an RSS with the person of each, in their order (NULL: unknown); who is known is well chained."""
    stay = stay.set_column(STAY.names.index("pseudonym"), STAY.field("pseudonym"), persons)
    codes = pc.if_else(pc.is_valid(persons), GOOD_CODES, NO_CODES)
    return stay.set_column(STAY.names.index("chaining_codes"), STAY.field("chaining_codes"), codes)


def refused_files(files: list[tuple[LocalFile | None, str]]) -> Extract:
    """No stays: each file with the reason of its refusal."""
    seen = [_refused(file, reason) for file, reason in files if file]
    return Extract("atih", "mco", {name: schema.empty_table() for name, schema in SCHEMAS.items()}, QUARANTINE.empty_table(), seen)


def _refused(file: LocalFile, reason: str) -> FileSeen:
    return refused_file(file, reason, int(file.year) if file.year else None)


def _account(found: Beside, read: FileRead | None, file: LocalFile | None, finess: object, year: object) -> None:
    """A TRA does not say its hospital, nor VID-HOSP always its year: both are those of the stays."""
    if read is None or file is None:
        return
    seen = read.seen(file.source.sha256)
    seen.finess, seen.year = seen.finess or _text(finess), seen.year or _number(year)
    found.files.append(seen)
    found.quarantine.append(read.quarantine())


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int) else None


def _said(stays: pa.Table, name: str) -> object:
    """The hospital or the year of stays that have one only."""
    return stays.column(name)[0].as_py() if len(stays) else None
