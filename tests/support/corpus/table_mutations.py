"""Whole SNDS tables in CSV: columns, separators, quotes, encodings, emptiness, tables missing or twice. Not here: rows, Parquet."""

from collections.abc import Callable, Iterable, Iterator

from tests.support.corpus.edited_sets import STAYS, Case, Change, edited, file_of, in_turn, refused, taken
from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import chained
from tests.support.corpus.tables import TABLES, files, good, parquet_files, table_csv
from tests.support.snds_set import RETURNS

BOM = "\ufeff".encode()
_SET = "the set of the year is refused, the table by its own reason, the others as incomplete; every row counted"
_SAME = "read like any other: every stay is in"
OPTIONAL = {  # columns a project may do without
    "AGE_JOU",
    "RSS_NUM",
    "NBR_SUP_SOI",
    "SUP_HEM_HS",
    "ETA_NUM_GEO",
    "AUT_TYP2_UM",
}


def _header(change: Callable[[bytes], bytes]) -> Change:
    return lambda content: change(content.partition(b"\r\n")[0]) + b"\r\n" + content.partition(b"\r\n")[2]


def _columns(content: bytes) -> list[bytes]:
    return content.partition(b"\r\n")[0].split(b";")


@mutation("table: column missing", "tables", _SET)
def _missing(ground: Ground) -> Iterator[Parcel]:
    """Every required column of the small tables, one in three of B and C."""
    cases: list[Case] = []
    for table in TABLES:
        required = [
            name for name in _columns(files("00", good("990000001", STAYS))[f"T_MCO00{table}.csv"]) if name.decode() not in OPTIONAL
        ]
        for column in required[:: 3 if table in "BC" else 1]:
            cases.append((column.decode(), table, _header(lambda header, column=column: _renamed(header, column))))
    yield from refused(ground, cases, {"missing_column"}, len(STAYS))


def _renamed(header: bytes, column: bytes) -> bytes:
    return b";".join(b"ELSEWHERE" if name == column else name for name in header.split(b";"))


@mutation("table: column twice", "tables", _SET)
def _twice(ground: Ground) -> Iterator[Parcel]:
    for name in (b"ETA_NUM", b"rsa_num"):
        change = _header(lambda header, name=name: header.rpartition(b";")[0] + b";" + name)
        cases = [(name.decode(), table, change) for table in TABLES]
        yield from refused(ground, cases, {"duplicate_column", "missing_column"}, len(STAYS))


@mutation("table: columns more, elsewhere or otherwise written", "tables", _SAME)
def _columns_otherwise(ground: Ground) -> Iterator[Parcel]:
    def each(change: Callable[[list[bytes]], list[bytes]]) -> Change:
        return lambda content: b"\r\n".join(b";".join(change(line.split(b";"))) for line in content.split(b"\r\n") if line) + b"\r\n"

    ways: dict[str, Change] = {
        "one more": each(lambda cells: [*cells, b"MORE"]),
        "one more in front": each(lambda cells: [b"MORE", *cells]),
        "backwards": each(lambda cells: cells[::-1]),
        "a nameless one": _nameless,
        "lower case": _header(bytes.lower),
        "quoted names": _header(lambda header: b";".join(b'"' + name + b'"' for name in header.split(b";"))),
        "all quoted": each(lambda cells: [b'"' + cell + b'"' for cell in cells]),
        "blanks around": each(lambda cells: [b" " + cell + b" " for cell in cells]),
        "an accent in a name": _more("É’".encode()),
        "a line end in a name": _more(b"\x85\x0b\x1c"),
        "an apostrophe in a name": _more(b"it's"),
        "a quote in a name": _more(b'"a ""b"""'),
        "SQL in a name": _more(b"x FROM y -- DROP TABLE source"),
        "a name of ours": _more(b"row_no"),
        "another name of ours": _more(b"finess"),
        "a long name": _more(b"x" * 300),
    }
    yield from taken(ground, in_turn(ways))


def _nameless(content: bytes) -> bytes:
    return b"\r\n".join(line + b";" for line in content.split(b"\r\n") if line) + b"\r\n"


def _more(name: bytes) -> Change:
    return lambda content: (
        b"\r\n".join(line + b";" + (b"v" if rank else name) for rank, line in enumerate(content.split(b"\r\n")) if line) + b"\r\n"
    )


@mutation("table: separators", "tables", "semicolon, comma, tab, bar, ^ and ~ are read alike; another one refuses the set")
def _separators(ground: Ground) -> Iterator[Parcel]:
    read = (b";", b",", b"\t", b"|", b"^", b"~")
    for separator in read:
        finess, label = ground.finess(), ground.label()
        content = {name: text.replace(b";", separator) for name, text in files(label, good(finess, STAYS)).items()}
        yield Parcel(f"all {separator!r}", finess, content, stays=chained(STAYS), lines=dict.fromkeys(content, len(STAYS)))
    yield from taken(ground, in_turn({f"doubled {separator!r}": _separated(separator * 2) for separator in read}))
    yield from taken(ground, in_turn({f"one {separator!r}": _separated(separator) for separator in read}))
    others = {f"{separator!r}": _separated(separator) for separator in (b":", b" ", b"\x1f", b"\x00", "§".encode())}
    yield from refused(ground, in_turn(others), {"missing_column", "duplicate_column"}, len(STAYS))


def _separated(separator: bytes) -> Change:
    return lambda content: content.replace(b";", separator)


@mutation("table: lines ended otherwise", "tables", _SAME)
def _line_ends(ground: Ground) -> Iterator[Parcel]:
    ways: dict[str, Change] = {
        "blank lines": lambda content: content.replace(b"\r\n", b"\r\n\r\n"),
        "blank lines at the end": lambda content: content + b"\r\n" * 9,
        "a blank line in front": lambda content: b"\r\n" + content,
        "blank lines in front": lambda content: b"\r\n" * 3 + content,
        "a mark": lambda content: BOM + content,
        "a mark and quotes": lambda content: (
            BOM + b'"' + content.replace(b";", b'";"', len(_columns(content)) - 1).replace(b"\r\n", b'"\r\n', 1)
        ),
    }
    for name, end in (("LF", b"\n"), ("CR", b"\r"), ("CRLF", b"\r\n")):
        ways[name] = lambda content, end=end: content.replace(b"\r\n", end)
        ways[f"{name}, none at the end"] = lambda content, end=end: content.replace(b"\r\n", end).removesuffix(end)
    yield from taken(ground, in_turn(ways))


@mutation("table: another encoding", "tables", _SET)
def _encodings(ground: Ground) -> Iterator[Parcel]:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp500"):
        cases = [(encoding, table, lambda content, encoding=encoding: content.decode().encode(encoding)) for table in ("B", "D")]
        yield from refused(ground, cases, {"missing_column", "duplicate_column", "unreadable_table"}, None)


@mutation("table: nothing in it", "tables", "the set is refused by the name of the table")
def _nothing(ground: Ground) -> Iterator[Parcel]:
    for name, content in (
        ("empty", b""),
        ("a mark", BOM),
        ("a newline", b"\r\n"),
        ("newlines", b"\n" * 9),
        ("blanks", b"   "),
        ("zeros", bytes(50)),
        ("odd line ends", b"\x0b\x85"),
    ):
        cases = [(name, table, lambda _, content=content: content) for table in ("B", "D")]
        yield from refused(ground, cases, {"", "missing_column"}, None)


@mutation("table: header only", "tables", "an empty table is read as one; without stays every row is set aside or refused")
def _header_only(ground: Ground) -> Iterator[Parcel]:
    for name, keep in (("with its newline", 2), ("without", 0)):
        cases = {table: (name, table, lambda content, keep=keep: content[: content.index(b"\r\n") + keep]) for table in TABLES}
        stays = edited(ground, *cases["B"])
        own = file_of("B", stays.files)
        stays.stays = {}
        stays.aside = {(file, line): {"orphan_row"} for file in stays.files if file != own for line in range(1, 5)}
        persons = edited(ground, *cases["C"])
        persons.stays = chained(STAYS, False)
        (others,) = taken(ground, (cases[table] for table in TABLES if table not in "BC"))
        for parcel, tables in ((stays, "B"), (persons, "C"), (others, TABLES[2:])):
            parcel.lines |= {file_of(table, parcel.files): 0 for table in tables}
            yield parcel


@mutation("table: lost quotes", "tables", "the set is refused, or rows are set aside: no row is swallowed in silence")
def _quotes(ground: Ground) -> Iterator[Parcel]:
    def each(name: str, change: Callable[[bytes, bytes], bytes]) -> list[Case]:
        cells = {"B": b"05M092", "C": b"2017-03-05", "D": b"E1190"}
        return [(name, table, lambda content, cell=cell: change(content, cell)) for table, cell in cells.items()]

    swallowing = {
        "one in front of the first": lambda content, cell: content.replace(cell, b'"' + cell, 1),
        "one in front of each": lambda content, cell: content.replace(cell, b'"' + cell),
    }
    for name, change in swallowing.items():
        yield from refused(ground, each(name, change), {"broken_quotes"}, len(STAYS))
    across = each("a line end inside", lambda content, cell: content.replace(cell, b'"' + cell[:2] + b"\r\n" + cell[2:] + b'"', 1))
    yield from refused(ground, across, {"broken_quotes"}, len(STAYS) + 1)
    in_the_cell = {  # of a label, they are no fault; a date cannot be read any more
        "one behind the first": lambda content, cell: content.replace(cell, cell + b'"', 1),
        "one inside": lambda content, cell: content.replace(cell, cell[:2] + b'"' + cell[2:], 1),
    }
    for name, change in in_the_cell.items():
        for parcel in taken(ground, each(name, change)):
            parcel.stays |= chained([0], False)
            parcel.aside[file_of("C", parcel.files), 1] = {"invalid_date"}
            yield parcel
    stays, *others = each("two in front", lambda content, cell: content.replace(cell, b'""' + cell, 1))
    parcel = edited(ground, *stays)
    parcel.stays = chained(STAYS[1:])
    parcel.aside = {(file, 1): {"broken_row" if file == file_of("B", parcel.files) else "orphan_row"} for file in parcel.files}
    yield parcel
    for parcel in taken(ground, others):
        parcel.stays |= chained([0], False)
        parcel.aside = {(file_of(table, parcel.files), 1): {"broken_row"} for table in ("C", "D")}
        yield parcel
    last = taken(ground, each("one alone at the end", lambda content, _: content + b'"'))
    yield from _fifth_set_aside(last, {"broken_row"}, ("B", "C", "D"))


@mutation("table: lines that are no rows", "tables", "in front they refuse the set, elsewhere they are set aside alone")
def _foreign_lines(ground: Ground) -> Iterator[Parcel]:
    lines = {"a sep line": b"sep=;", "a comment": b"# extraction", "a title": b"Table des stays", "dashes": b"-----"}
    for name, text in lines.items():
        first = [(f"{name} in front", table, lambda content, text=text: text + b"\r\n" + content) for table in ("B", "D")]
        yield from refused(ground, first, {"missing_column"}, len(STAYS) + 1)
        last = [(f"{name} at the end", table, lambda content, text=text: content + text + b"\r\n") for table in ("B", "D")]
        yield from _fifth_set_aside(taken(ground, last), {"broken_row"})
    again = [("the header again", table, lambda content: content + content.partition(b"\r\n")[0] + b"\r\n") for table in ("B", "D")]
    yield from _fifth_set_aside(taken(ground, again), {"invalid_key", "not_a_number"})


def _fifth_set_aside(parcels: Iterator[Parcel], reasons: set[str], tables: Iterable[str] = ("B", "D")) -> Iterator[Parcel]:
    """The fifth row of the tables, and nothing else."""
    for parcel in parcels:
        for file in (file_of(table, parcel.files) for table in tables):
            parcel.lines[file], parcel.aside[file, 5] = 5, reasons
        yield parcel


@mutation("table: no header", "tables", _SET)
def _headless(ground: Ground) -> Iterator[Parcel]:
    """Each table in a set of its own: one is enough to refuse it."""
    for table in TABLES:
        case = ("the first row in its place", table, lambda content: content.partition(b"\r\n")[2])
        yield from refused(ground, [case], {"missing_column", "duplicate_column"}, len(STAYS) - 1)
    same = "K9900000010000000"
    for table in ("C", "D"):
        case = ("a person as two columns", table, lambda content: f"{same};{same}\r\n".encode() * 3)
        yield from refused(ground, [case], {"duplicate_column"}, 2)


@mutation("set: table missing", "tables", "the set is refused by the name of the table; without VALO it is taken")
def _table_missing(ground: Ground) -> Iterator[Parcel]:
    for table in TABLES:
        finess, label = ground.finess(), ground.label()
        content = files(label, good(finess, STAYS))
        del content[f"T_MCO{label}{table}.csv"]
        is_taken = table == "VALO"
        refused_ = {} if is_taken else {name: {"incomplete_set"} for name in content}
        yield Parcel(table, finess, content, stays=chained(STAYS) if is_taken else {}, refused=refused_, lines=dict.fromkeys(content, 4))
    for table in TABLES[:5]:
        finess, label = ground.finess(), ground.label()
        name = f"T_MCO{label}{table}.csv"
        content = {name: files(label, good(finess, STAYS))[name]}
        yield Parcel(f"{table} alone", finess, content, refused={name: {"incomplete_set"}}, lines={name: 4})


@mutation("set: table under the name of another", "tables", "known by its columns: the set is read")
def _exchanged(ground: Ground) -> Iterator[Parcel]:
    for first, second in (("B", "C"), ("D", "A"), ("UM", "VALO"), ("C", "D")):
        finess, label = ground.finess(), ground.label()
        content = files(label, good(finess, STAYS))
        one, other = f"T_MCO{label}{first}.csv", f"T_MCO{label}{second}.csv"
        content[one], content[other] = content[other], content[one]
        yield Parcel(f"{first}, {second}", finess, content, stays=chained(STAYS), lines=dict.fromkeys(content, 4))


@mutation("set: without the names of the tables", "tables", "read by their columns, one set per folder")
def _unnamed(ground: Ground) -> Iterator[Parcel]:
    for suffix in ("csv", "txt", "dat", "CSV"):
        finess = ground.finess()
        content = {f"{rank}.{suffix}": table_csv(rows) for rank, rows in enumerate(good(finess, STAYS).values())}
        yield Parcel(f".{suffix}", finess, content, stays=chained(STAYS), lines=dict.fromkeys(content, 4))


@mutation("set: in two pieces", "tables", "pieces are one table; a stay in two pieces refuses the set, or its copy is refused")
def _pieces(ground: Ground) -> Iterator[Parcel]:
    finess, label = ground.finess(), ground.label()
    first, second = good(finess, range(4)), good(finess, range(4, 8))
    content = files(label, first) | {name.replace(".csv", "_2.csv"): text for name, text in files(label, second).items()}
    yield Parcel("other stays", finess, content, stays=chained(range(8)), lines=dict.fromkeys(content, 4))
    finess, label = ground.finess(), ground.label()
    content = files(label, good(finess, range(4)))
    copies = {name.replace(".csv", "_2.csv"): text for name, text in content.items()}
    yield Parcel(
        "copies",
        finess,
        content | copies,
        stays=chained(range(4)),
        refused={file: {"already_in"} for file in copies},
        lines=dict.fromkeys(content | copies, 4),
    )
    for name, more in (
        ("overlapping", files("00", good("990000003", range(2, 6)))),
        ("also in Parquet", parquet_files("00", good("990000004", range(4)))),
    ):
        finess, label = ground.finess(), ground.label()
        content = files(label, good(finess, range(4)))
        content |= {f"{file.replace('T_MCO00', f'T_MCO{label}').replace('.', '_2.')}": text for file, text in more.items()}
        yield Parcel(name, finess, content, refused={file: {"table_twice"} for file in content}, lines=dict.fromkeys(content, 4))


@mutation("set: several years without a name", "tables", "refused: the year cannot be told")
def _several_years(ground: Ground) -> Iterator[Parcel]:
    finess = ground.finess()
    rows = good(finess, STAYS)
    rows["B"][0] |= {"SOR_ANN": "2018"}
    content = {f"{rank}.csv": table_csv(one) for rank, one in enumerate(rows.values())}
    yield Parcel("2017 and 2018", finess, content, refused={file: {"several_years"} for file in content}, lines=dict.fromkeys(content, 4))


@mutation("set: chaining codes of any kind", "tables", _SAME)
def _codes(ground: Ground) -> Iterator[Parcel]:
    texts = ("", "9", "00", "é", "x" * 50, "\u0661")
    finess, label = ground.finess(), ground.label()
    rows = good(finess, range(len(texts)))
    for row, text in zip(rows["C"], texts):
        row |= dict.fromkeys(RETURNS, text)
    content = files(label, rows)
    stays = chained(range(len(texts)))
    yield Parcel("one to a row", finess, content, len(texts), stays, lines=dict.fromkeys(content, len(texts)))
