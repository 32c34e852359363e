"""RSA and ANO lines written in plain Python from the layout tables, by ATIH field names: the oracle of the reader's tests.

Shares no code with strata: it reads the CSV tables itself. Fields nobody reads hold letters, so that a shifted column shows.
"""

import csv
import random
from functools import cache
from pathlib import Path

FORMATS = Path(__file__).parents[2] / "strata" / "formats"
RSA_YEARS = {"224": (2017, 2018), "225": (2019,), "226": (2020, 2021), "227": (2022,), "228": (2023, 2024), "229": (2025,)}
ANO_OF_YEAR = {2017: "794", 2018: "869", 2019: "914", 2020: "946", 2021: "946", **dict.fromkeys(range(2022, 2026), "1103")}
RSA_OF_YEAR = {year: version for version, years in RSA_YEARS.items() for year in years}
RETURNS = ("CRSECU", "CRDNAI", "CRSEXE", "CRNODA", "CRFUSHOSP", "CRFUSPMSI", "CRDTENT", "CRCDNAI", "CRCSEXE")
FINESS = "990000015"


@cache
def layout(family: str, version: str, zone: str) -> dict[str, tuple[int, int, str]]:
    """ATIH field name -> (start from 0, width, kind) in one zone."""
    with (FORMATS / f"{family}.csv").open(encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["zone"] == zone and row[version]]
    spans = {row["field"]: [int(part) for part in row[version].split(":")] for row in rows}
    return {row["field"]: (spans[row["field"]][0] - 1, spans[row["field"]][1], row["kind"]) for row in rows}


def record(family: str, version: str, zone: str, values: dict[str, object], filling: str = "z") -> str:
    """One record; text to the left, numbers to the right with zeros, None as blanks, the rest as `filling`."""
    fields = layout(family, version, zone)
    unknown = set(values) - set(fields)
    assert not unknown, unknown
    width = max(start + width for start, width, _ in fields.values())
    cells = [filling] * width
    for name, (start, size, kind) in fields.items():
        if name in values:
            cells[start : start + size] = cell(values[name], size, kind)
    return "".join(cells)


def cell(value: object, width: int, kind: str) -> str:
    if value is None:
        return " " * width
    text = str(value)
    assert len(text) <= width, (text, width)
    return text.rjust(width, "0") if kind == "integer" and text.isdigit() else text.ljust(width)


def rsa_line(version: str, stay: dict, filling: str = "z") -> str:
    """stay: 'fixed' values, 'autpgv' and 'rdth' lists of values, 'units': [{'um': values, 'da': [code], 'actes': [values]}]."""
    units = stay["units"]
    das = [{"DAS": code} for unit in units for code in unit["da"]]
    acts = [act for unit in units for act in unit["actes"]]
    ums = [{**unit["um"], "NBDIAGAS": len(unit["da"]), "NBACTE": len(unit["actes"])} for unit in units]
    zones = {"autpgv": stay["autpgv"], "rdth": stay["rdth"], "um": ums, "da": das, "actes": acts}
    counts = {"NBAUTPGV": "autpgv", "NB_RDTH": "rdth", "NBRUM": "um", "NDAS": "da", "NA": "actes"}
    fixed = {name: len(zones[zone]) for name, zone in counts.items()} | {"NOVRSA": version} | stay["fixed"]
    parts = [record("mco_rsa", version, "fixed", fixed, filling)]
    parts += [record("mco_rsa", version, zone, values, filling) for zone, rows in zones.items() for values in rows]
    return "".join(parts)


def ano_line(version: str, values: dict[str, object], filling: str = " ") -> str:
    return record("mco_ano", version, "fixed", values, filling)


class Draw:
    """Random stays, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def one(self, options: object) -> object:
        return self.random.choice(list(options))  # type: ignore[call-overload]

    def number(self, digits: int) -> int | None:
        return self.one((None, 0, self.random.randrange(10**digits), 10**digits - 1))  # type: ignore[return-value]

    def code(self, width: int = 6) -> str:
        return "".join(str(self.one("ABEIKNRZ0123456789+")) for _ in range(self.random.randint(3, width)))

    def stay(self, year: int, number: int, most: int = 99) -> dict:
        """A stay that ends in `year`, with 1 to 9 units, up to `most` diagnoses and acts in all."""
        units = [self.unit(rank + 1) for rank in range(self.random.randint(1, 9))]
        for _ in range(int(str(self.one((0, 1, most, self.random.randint(0, most)))))):
            units[self.random.randrange(len(units))]["da"].append(self.code())
        for _ in range(int(str(self.one((0, 1, most, self.random.randint(0, most)))))):
            units[self.random.randrange(len(units))]["actes"].append(self.act())
        autpgv = [{"TYPAUTPGV": self.code(3)[:2]} for _ in range(self.random.randint(0, 4))]
        rdth = [{"GHS_RDTH": "9610", "NB_SUP_RDTH": 3} for _ in range(self.random.randint(0, 3))]
        return {"fixed": self.fixed(year, number), "units": units, "autpgv": autpgv, "rdth": rdth}

    def fixed(self, year: int, number: int) -> dict[str, object]:
        version = RSA_OF_YEAR[year]
        widths = layout("mco_rsa", version, "fixed")
        values: dict[str, object] = {"NOFINESS": FINESS, "CLE_RSA": f"{number:010d}", "ANSOR": year}
        values["MOISSOR"] = f"{self.random.randint(1, 12):02d}"
        values |= {"RSACMD": self.one(("05", "28")), "RSATYPE": self.one("CKMZ"), "RSANUM": "09", "RSACOMPX": self.one("1234JTZ")}
        for name in ("ECHPMSI", "PROV", "SCHPMSI", "DEST", "TYPESEJ", "SEXE", "SEJINFBI", "GENAUTORSA"):
            values[name] = self.one((None, "1", "8", "B"))
        for name in NUMBERS:
            if name in widths:
                values[name] = self.number(widths[name][1])
        return values | {
            "CDGEO": self.one(("75001", "2A004", "91C04")),
            "NOGHS": "1187",
            "DP": self.code(),
            "DR": self.one((None, self.code())),
        }

    def unit(self, rank: int) -> dict:
        um = {"NSEQRUM": f"{rank:02d}", "NOHOP1": "990000023", "DPUM": self.code(), "DRUM": self.one((None, self.code()))}
        um |= {"TYPAUT1": self.one((None, "01A", "07B")), "TYPAUT2": self.one((None, "16")), "DUREESEJPART": self.number(4)}
        return {"um": um, "da": [], "actes": []}

    def act(self) -> dict[str, object]:
        values = {"DELAI": self.number(3), "CDCCAM": "DEQP003", "PHASE": self.one("012"), "ACT": self.one("1245"), "NBEXEC": self.number(2)}
        return values | {"INDVAL": self.one((None, "1"))}

    def ano(self, year: int, month: int, number: int) -> dict[str, object]:
        """Entry on any day of the last month, or the very day of exit."""
        day = self.random.randint(1, 28)
        exit_ = f"{day:02d}{month:02d}{year}"
        entry = self.one((exit_, f"01{month:02d}{year}", f"29{12 if month == 1 else month - 1:02d}{year - 1 if month < 3 else year}"))
        values = {name: self.one("00001") for name in RETURNS}
        values |= {"NOFINESS": FINESS, "MOISSORT": f"{month:02d}", "ANNEESORT": year, "CLE_RSA": f"{number:010d}"}
        return values | {
            "NOANON": self.one((None, f"P{number:016d}")),
            "DTENT": self.entry(str(entry)),
            "DTSORT": exit_,
            "FACTAM": self.one((None, "1", "3")),
        }

    @staticmethod
    def entry(text: str) -> str:
        """29 February only where it exists."""
        return text.replace("2902", "2802") if text[:4] == "2902" and int(text[4:]) % 4 else text


NUMBERS = (
    *("AGEAN", "AGEJR", "DUREE", "NBSEANCE", "NBJRBS", "NBJREXB", "NBSUPHS", "NBSUPREA", "NBSUPSI", "NBSUPSTF"),
    *("NBSUPSTFPOLY", "NBSUPSRC", "NBSUPREP", "NBSUPNN1", "NBSUPNN2", "NBSUPNN3"),
)


def plain_stay(year: int = 2024, number: int = 1, das: tuple[str, ...] = ("E119", "I500"), acts: int = 2) -> dict:
    """A small ordinary stay: one unit, two diagnoses, two acts; nothing drawn."""
    act = {"DELAI": 1, "CDCCAM": "DEQP003", "PHASE": "0", "ACT": "1", "NBEXEC": 1, "INDVAL": "1"}
    um = {"NSEQRUM": "01", "NOHOP1": "990000023", "DPUM": "I500", "DRUM": None, "TYPAUT1": None, "TYPAUT2": None, "DUREESEJPART": 3}
    fixed = {
        "NOFINESS": FINESS,
        "CLE_RSA": f"{number:010d}",
        "ANSOR": year,
        "MOISSOR": "06",
        "RSACMD": "05",
        "RSATYPE": "M",
        "RSANUM": "09",
    }
    fixed |= {
        "RSACOMPX": "2",
        "AGEAN": 71,
        "AGEJR": None,
        "SEXE": "1",
        "ECHPMSI": "8",
        "PROV": None,
        "SCHPMSI": "8",
        "DEST": None,
        "DUREE": 3,
    }
    fixed |= {
        "CDGEO": "75001",
        "NOGHS": "1187",
        "DP": "I500",
        "DR": None,
        "TYPESEJ": None,
        "GENAUTORSA": None,
        "SEJINFBI": "0",
        "NBSEANCE": None,
    }
    fixed |= {name: 0 for name in NUMBERS if name not in fixed and name in layout("mco_rsa", RSA_OF_YEAR[year], "fixed")}
    return {"fixed": fixed, "units": [{"um": um, "da": list(das), "actes": [act] * acts}], "autpgv": [], "rdth": []}


def plain_ano(year: int = 2024, number: int = 1) -> dict[str, object]:
    values: dict[str, object] = dict.fromkeys(RETURNS, "0")
    values |= {"NOFINESS": FINESS, "MOISSORT": "06", "ANNEESORT": year, "CLE_RSA": f"{number:010d}", "NOANON": f"P{number:016d}"}
    return values | {"DTENT": f"0206{year}", "DTSORT": f"0506{year}", "FACTAM": "1"}
