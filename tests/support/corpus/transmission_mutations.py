"""Files that come twice, under other names, for other months, years or hospitals, or alone. Not here: what is inside a line."""

import io
import zipfile
from collections.abc import Iterator

from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import Spoil, ano, chained, pair, put, rsa
from tests.support.corpus.zips import zipped
from tests.support.rsa_lines import ANO_OF_YEAR, RSA_OF_YEAR

COPY, LATER = {"already_in"}, {"superseded"}
STAYS = range(3)


def _month(year: int, month: int) -> tuple[Spoil, Spoil]:
    """Another month of exit for an RSA and its ANO line."""
    text = f"{month:02d}"

    def ano_month(line: bytes) -> bytes:
        for name, value in (("MOISSORT", text), ("DTENT", f"02{text}{year}"), ("DTSORT", f"05{text}{year}")):
            line = put("mco_ano", ANO_OF_YEAR[year], name, value.encode())(line)
        return line

    return put("mco_rsa", RSA_OF_YEAR[year], "MOISSOR", text.encode()), ano_month


def transmission(finess: str, year: int, month: int, ranks: range) -> bytes:
    """An archive whose stays all end in that month."""
    spoil_rsa, spoil_ano = _month(year, month)
    lines = (
        b"\n".join(spoil_rsa(rsa(finess, year, rank)) for rank in ranks),
        b"\n".join(spoil_ano(ano(finess, year, rank)) for rank in ranks),
    )
    return zipped([("h.rsa", lines[0]), ("h.ano", lines[1])])


def _counted(names: list[str], lines: int = 3) -> dict[str, int]:
    return dict.fromkeys(names, lines)


@mutation("transmission: twice", "files", "taken once; every line of the copy is refused as already in")
def _twice(ground: Ground) -> Iterator[Parcel]:
    for first, second in (
        ("a.zip", "b.zip"),
        ("a/x.zip", "b/x.zip"),
        ("990.2024.12.zip", "copy of 990.2024.12 (1).zip"),
        ("a.zip", "A/a.zip.bak"),
        ("z.zip", "0.zip"),
    ):
        finess = ground.finess()
        content, refused = transmission(finess, 2024, 6, STAYS), max(first, second)
        names = [f"{refused}!h.{half}" for half in ("rsa", "ano")]
        yield Parcel(
            f"{first}, {second}",
            finess,
            {first: content, second: content},
            stays=chained(STAYS),
            refused=dict.fromkeys(names, COPY),
            lines=_counted(names),
        )
    finess = ground.finess()
    a, b = pair(finess, 2024, STAYS)
    yield Parcel(
        "loose and renamed",
        finess,
        {"a.rsa": a, "a.ano": b, "b.rsa": a, "b.ano": b},
        stays=chained(STAYS),
        refused={"b.rsa": COPY, "b.ano": COPY},
        lines=_counted(["b.rsa", "b.ano"]),
    )
    finess = ground.finess()
    a, b = pair(finess, 2024, STAYS)
    files = {"a.zip": zipped([("a.rsa", a), ("a.ano", b)]), "b.rsa": a, "b.ano": b}
    yield Parcel(
        "loose beside its archive",
        finess,
        files,
        stays=chained(STAYS),
        refused={"b.rsa": COPY, "b.ano": COPY},
        lines=_counted(["b.rsa", "b.ano"]),
    )
    for names in (("a.rsa", "b.rsa"), ("a.rsa", "0.rsa")):
        finess = ground.finess()
        a, b = pair(finess, 2024, STAYS)
        copy = names[1]
        yield Parcel(
            f"the RSA only, as {copy}",
            finess,
            {"a.rsa": a, "a.ano": b, copy: a},
            stays=chained(STAYS),
            refused={copy: COPY | LATER},
            lines=_counted([copy]),
        )


@mutation("transmission: another month", "files", "the last month is in; every line of the earlier ones is refused as superseded")
def _months(ground: Ground) -> Iterator[Parcel]:
    for order in ((3, 6), (6, 3), (1, 12), (12, 1), (1, 2, 3), (3, 1, 2), (11, 12, 10)):
        finess = ground.finess()
        files = {f"{place}.zip": transmission(finess, 2024, month, range(month + 2)) for place, month in enumerate(order)}
        last = order.index(max(order))
        names = {f"{place}.zip!h.{half}": LATER for place in range(len(order)) if place != last for half in ("rsa", "ano")}
        lines = {f"{place}.zip!h.{half}": month + 2 for place, month in enumerate(order) for half in ("rsa", "ano")}
        yield Parcel(f"in the order {order}", finess, files, stays=chained(range(max(order) + 2)), refused=names, lines=lines)
    for name in ("same month, other stays",):
        finess = ground.finess()
        files = {"a.zip": transmission(finess, 2024, 6, range(3)), "b.zip": transmission(finess, 2024, 6, range(1, 5))}
        yield Parcel(name, finess, files, stays=chained(range(1, 5)), refused={f"a.zip!h.{half}": LATER for half in ("rsa", "ano")})


@mutation("transmission: another year", "files", "each year is a slice of its own: both are in")
def _years(ground: Ground) -> Iterator[Parcel]:
    for first, second in ((2024, 2025), (2018, 2024), (2019, 2018), (2021, 2022)):
        finess = ground.finess()
        files = {}
        for year, ranks in ((first, range(3)), (second, range(3, 6))):
            files[f"{year}.rsa"], files[f"{year}.ano"] = pair(finess, year, ranks)
        yield Parcel(f"{first}, {second}", finess, files, stays=chained(range(6)), lines=_counted(list(files)))


@mutation(
    "pair: halves that do not match", "files", "the stays are kept without their person; every ANO line is quarantined as having no RSA"
)
def _unmatched(ground: Ground) -> Iterator[Parcel]:
    for name, year, hospital in (("another year", 2025, None), ("another layout", 2018, None), ("another hospital", 2024, "990099999")):
        finess = ground.finess()
        files = {"a.rsa": pair(finess, 2024, STAYS)[0], "a.ano": pair(hospital or finess, year, STAYS)[1]}
        aside = {("a.ano", line): {"ano_without_rsa"} for line in (1, 2, 3)}
        yield Parcel(name, finess, files, stays=chained(STAYS, False), aside=aside, lines=_counted(["a.rsa", "a.ano"]))
    finess = ground.finess()
    files = {"a.rsa": pair(finess, 2024, range(3))[0], "a.ano": pair(finess, 2024, range(3, 7))[1]}
    aside = {("a.ano", line): {"ano_without_rsa"} for line in (1, 2, 3, 4)}
    yield Parcel("other stays", finess, files, stays=chained(STAYS, False), aside=aside, lines={"a.rsa": 3, "a.ano": 4})


@mutation("pair: one half alone", "files", "an RSA alone is taken without persons; an ANO alone is refused by name")
def _alone(ground: Ground) -> Iterator[Parcel]:
    for name in ("a.rsa", "a.RSA", "a.rsa.txt", "a.txt", "a", "a.csv", "deep/er/a.rsa"):
        finess = ground.finess()
        yield Parcel(f"RSA {name}", finess, {name: pair(finess, 2024, STAYS)[0]}, stays=chained(STAYS, False), lines=_counted([name]))
    for name in ("a.ano", "a.ANO", "a.ano.txt", "a.txt", "a.csv"):
        finess = ground.finess()
        yield Parcel(
            f"ANO {name}", finess, {name: pair(finess, 2024, STAYS)[1]}, refused={name: {"ano_file_without_rsa"}}, lines=_counted([name])
        )


@mutation("pair: odd names", "files", "paired by name, by hospital and year, or by month: all stays have their person")
def _names(ground: Ground) -> Iterator[Parcel]:
    for a, b in (
        ("a.RSA", "a.ANO"),
        ("a.rsa.txt", "a.ano.txt"),
        ("a.txt", "b.txt"),
        ("a", "b"),
        ("x.csv", "y.csv"),
        ("a.ano", "a.rsa"),
        ("rsa/a.rsa", "ano/b.ano"),
        ("x y!z.rsa", "x y!z.ano"),
        ("é.rsa", "é.ano"),
        ("日本.rsa", "日本.ano"),
        (".rsa", ".ano"),
        ("a.rsa.rsa", "a.ano"),
        ("T_MCO24B.csv", "T_MCO24C.csv"),
        ("[a]*.rsa", "[a]*.ano"),
    ):
        finess = ground.finess()
        first, second = pair(finess, 2024, STAYS)
        if "*" in a:
            a, b = a.replace("*", "x"), b.replace("*", "x")
        yield Parcel(f"{a}, {b}", finess, {a: first, b: second}, stays=chained(STAYS), lines=_counted([a, b]))


@mutation("pair: a third file", "files", "the pair is read; the third is accounted for under its reason")
def _third(ground: Ground) -> Iterator[Parcel]:
    for name, reason, ranks in (("b.ano", "ano_file_without_rsa", range(5)), ("c.ano", "already_in", STAYS)):
        finess = ground.finess()
        first, second = pair(finess, 2024, STAYS)
        files = {"a.rsa": first, "a.ano": second, name: pair(finess, 2024, ranks)[1]}
        refused = {name: {reason, "ano_file_without_rsa"} if reason == "already_in" else {reason}}
        yield Parcel(f"another ANO of {len(ranks)}", finess, files, stays=chained(STAYS), refused=refused, lines={name: len(ranks)})


@mutation("landing: files of another kind", "files", "listed as unknown with no line; the pair beside them is read")
def _others(ground: Ground) -> Iterator[Parcel]:
    sheet = io.BytesIO()
    with zipfile.ZipFile(sheet, "w") as archive:
        archive.writestr(zipfile.ZipInfo("xl/workbook.xml"), "<x/>")
    others = {
        "notes.txt": b"to do\n",
        ".DS_Store": b"\0\0\0\1Bud1",
        "Thumbs.db": b"\xd0\xcf\x11\xe0",
        "desktop.ini": b"[x]\r\n",
        "a.pdf": b"%PDF-1.7",
        "empty": b"",
        "empty.csv": b"",
        "a.csv": b"a;b\n1;2\n",
        "one": b"\n",
        "zeros.bin": bytes(5000),
        "random.bin": ground.random.randbytes(5000),
        "long.txt": b"x" * 200_000,
        "utf16.txt": "à faire\n".encode("utf-16"),
        "a.parquet": b"PAR1",
        "b.parquet": b"PAR1" + bytes(50) + b"PAR1",
        "a.json": b"{}",
        "a.sas7bdat": bytes(512),
        "a.tra": b"1;2;3\n",
        "quotes.csv": b'"' * 3000,
        "ETA_NUM.csv": b"ETA_NUM\n1\n",
        "tabs.txt": b"\t" * 100,
        "mark.txt": b"\xef\xbb\xbf",
        "lines.txt": b"\n" * 1000,
        "nel.csv": b"\x85\x0b\x0c",
    }
    for name, content in others.items():
        finess = ground.finess()
        files = {name: content, "p.rsa": pair(finess, 2024, STAYS)[0], "p.ano": pair(finess, 2024, STAYS)[1]}
        yield Parcel(name, finess, files, stays=chained(STAYS), lines={name: 0, "p.rsa": 3, "p.ano": 3})
    finess = ground.finess()
    files = {"a.xlsx": sheet.getvalue(), "p.rsa": pair(finess, 2024, STAYS)[0], "p.ano": pair(finess, 2024, STAYS)[1]}
    yield Parcel("a.xlsx", finess, files, stays=chained(STAYS), lines={"a.xlsx!xl/workbook.xml": 0})
