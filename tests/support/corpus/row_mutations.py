"""Spoilt rows of SNDS tables, declared one by one. Not here: whole tables (table_mutations.py)."""

from collections.abc import Iterator

from tests.support.corpus.edited_sets import Change, in_turn, taken
from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import chained, number
from tests.support.corpus.tables import TABLES, SpoiltRow, files, good, row_bench

_ALONE = "set aside alone under its reason; the stays beside it are in"
_NUMBERS = {
    "B": ("AGE_ANN", "AGE_JOU", "SOR_MOI", "SOR_ANN", "SEJ_NBJ", "NBR_RUM", "NBR_SEA", "BEH_NBJ", "EXB_NBJ", "NBR_SUP_SOI", "SUP_HEM_HS"),
    "A": ("ENT_DAT_DEL", "NBR_EXE_ACT"),
    "UM": ("UM_ORD_NUM", "PAR_DUR_SEJ"),
    "C": (),
    "D": (),
    "VALO": ("MNT_TOT_BR",),
}
_MANDATORY = {"B": ("SOR_MOI", "SOR_ANN"), "C": (), "D": ("ASS_DGN",), "A": ("CDC_ACT",), "UM": ("UM_ORD_NUM",), "VALO": ()}
_KEYS = {
    "ETA_NUM": ("ABCDEFGHI", "9900000112", "99 000001", "99000001é", "2C0000001", "NULL", "-99000001", "990000011.5", "x"),
    "RSA_NUM": ("ABCDEFGHIJ", "55500000010", "555 000001", "1.5", "-1", "NULL", "1e5", "é"),
}


def _bench(ground: Ground, spoilt: dict[str, list[SpoiltRow]]) -> Parcel:
    return row_bench(f"tables {', '.join(spoilt)}", ground.finess(), ground.label(), spoilt)


def _changes(reason: str, *changes: dict[str, str]) -> list[SpoiltRow]:
    return [(", ".join(f"{name} = {text!r}" for name, text in change.items()), change, {reason}) for change in changes]


@mutation("row: not a number", "tables", _ALONE)
def _numbers(ground: Ground) -> Iterator[Parcel]:
    benches: dict[str, list[SpoiltRow]] = {}
    for table, names in _NUMBERS.items():
        texts = ["x", "1x", "-", "1e3", "1,2,3", "0x1F", "NaN", "1 000", "1/2", "99999999999999", "١", "+1", "é"]
        spoilt = [one for name in names for text in texts for one in _changes("not_a_number", {name: text})]
        if table != "VALO":
            spoilt += [one for name in names for text in ("-1", "1.5", "40000", "1,0") for one in _changes("not_a_number", {name: text})]
        benches[table] = spoilt
    yield _bench(ground, benches)


@mutation("row: key blank or not a key", "tables", _ALONE)
def _keys(ground: Ground) -> Iterator[Parcel]:
    benches: dict[str, list[SpoiltRow]] = {}
    for table in TABLES:
        blank = _changes(
            "missing_value", {"ETA_NUM": ""}, {"RSA_NUM": ""}, {"ETA_NUM": "  "}, {"RSA_NUM": "."}, {"ETA_NUM": "", "RSA_NUM": ""}
        )
        bad = [one for name, texts in _KEYS.items() for text in texts for one in _changes("invalid_key", {name: text})]
        benches[table] = blank + bad + _changes("missing_value", *({name: ""} for name in _MANDATORY[table]))
    yield _bench(ground, benches)


@mutation("row: impossible values", "tables", _ALONE)
def _impossible(ground: Ground) -> Iterator[Parcel]:
    spoilt = _changes("invalid_month", *({"SOR_MOI": text} for text in ("0", "13", "99", "00")))
    spoilt += _changes("no_unit", {"NBR_RUM": "0"}, {"NBR_RUM": "00"})
    amounts = _changes("negative_amount", *({"MNT_TOT_BR": text} for text in ("-1", "-0.01", "-12345,67")))
    yield _bench(ground, {"B": spoilt, "VALO": amounts})


@mutation("row: impossible dates", "tables", "set aside alone under its reason; its stay is kept without its person")
def _dates(ground: Ground) -> Iterator[Parcel]:
    texts = (
        "2017-02-30",
        "2017-13-01",
        "2017-00-10",
        "30/02/2017",
        "31022017",
        "20170230",
        "32MAR2017",
        "01MRS2017",
        "hier",
        "2017",
        "03/2017",
        "2017-3-1",
        "1/3/2017",
        "99999999",
        "2017-02-29",
    )
    spoilt = [one for name in ("EXE_SOI_DTD", "EXE_SOI_DTF") for text in texts for one in _changes("invalid_date", {name: text})]
    spoilt += _changes("exit_before_entry", {"EXE_SOI_DTD": "2017-03-06"}, {"EXE_SOI_DTF": "2017-02-28"}, {"EXE_SOI_DTD": "2117-03-01"})
    announced = {"SOR_MOI": "4", "SOR_ANN": "2017"}, {"SOR_MOI": "3", "SOR_ANN": "2016"}
    yield _bench(ground, {"C": spoilt + _changes("date_disagrees", *announced)})


@mutation("row: another year", "tables", _ALONE)
def _years(ground: Ground) -> Iterator[Parcel]:
    spoilt = _changes("other_year", *({"SOR_ANN": text} for text in ("2016", "2018", "1917", "9999", "0")))
    yield row_bench("table B", ground.finess(), "17", {"B": spoilt})


@mutation("row: of no stay", "tables", _ALONE)
def _orphans(ground: Ground) -> Iterator[Parcel]:
    spoilt = _changes("orphan_row", {"RSA_NUM": "5559999999"}, {"RSA_NUM": "1"}, {"ETA_NUM": "990099999"})
    yield _bench(ground, dict.fromkeys(TABLES[1:], spoilt))


@mutation("row: key seen before", "tables", "the first row is kept; the others are set aside under their reason")
def _repeated(ground: Ground) -> Iterator[Parcel]:
    first = {"RSA_NUM": number(0)}
    reasons = {"B": "duplicate_stay", "C": "duplicate_row", "UM": "duplicate_row", "VALO": "duplicate_row"}
    others = {"B": {"AGE_ANN": "50"}, "C": {"NIR_ANO_17": "K99"}, "UM": {"PAR_DUR_SEJ": "9"}, "VALO": {"MNT_TOT_BR": "1"}}
    yield _bench(ground, {table: _changes(reason, first, first | others[table], first) for table, reason in reasons.items()})


@mutation("row: ragged", "tables", _ALONE)
def _ragged(ground: Ground) -> Iterator[Parcel]:
    texts = (
        b"one cell",
        b"two;cells",
        b";" * 200,
        b"a;" * 90,
        b"(12 rows affected)",
        b"-- total",
        b"x" * 5000,
        b";",
        b"1,2,3,4,5,6,7,8,9,10,11,12",
    )
    spoilt: list[SpoiltRow] = [(repr(text[:20]), text, {"broken_row", "missing_value"}) for text in texts]
    yield _bench(ground, dict.fromkeys(TABLES, spoilt))


@mutation("row: odd bytes in a label", "tables", "taken: nothing but codes is read, and they are sound")
def _labels(ground: Ground) -> Iterator[Parcel]:
    texts = ("é".encode(), b"\xe9", b"\xff", b"\x85", b"\x0b", b"\x1a", b"\x7f", "日本".encode(), b"'", b"--", b"\\", b"/*", b"%s", b"=1+1")
    yield from taken(ground, in_turn({repr(text): _labelled(text) for text in texts}))


def _labelled(text: bytes) -> Change:
    """A column more, that holds this in every row."""
    return lambda content: b"\r\n".join(line + b";" + (text if rank else b"LABEL") for rank, line in enumerate(content.split(b"\r\n")[:-1]))


@mutation("row: stay set aside elsewhere", "tables", "its rows of the other tables are set aside with it, under a reason of their own")
def _with_its_stay(ground: Ground) -> Iterator[Parcel]:
    for change, reason in (
        ({"AGE_ANN": "x"}, "not_a_number"),
        ({"SOR_MOI": "13"}, "invalid_month"),
        ({"NBR_RUM": "0"}, "no_unit"),
        ({"SOR_MOI": ""}, "missing_value"),
    ):
        finess = ground.finess()
        rows = good(finess, range(9))
        rows["B"][4] |= change
        content = files(ground.label(), rows)
        aside = {(name, 5): {reason if name.endswith("B.csv") else "stay_set_aside"} for name in content}
        stays = chained(rank for rank in range(9) if rank != 4)
        yield Parcel(reason, finess, content, 1, stays, aside, lines=dict.fromkeys(content, 9))
