"""The SNDS tables about persons: ambulatory care (DCIR), beneficiaries, long-term illness, cartography, and their own truth.

Belongs here: what the ill receive outside the hospital, under which pseudonyms people are known, and how SNDS tables show it.
Not here: illness (history.py), stays (stays.py, snds.py). The stays of the ATIH form never see any of this.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from strata.synthetic.care_record import CareRecord
from strata.synthetic.chance import Chance, quota
from strata.synthetic.dates import NEVER, day, month_of, year_of
from strata.synthetic.dirt import PSEUDONYM_OK
from strata.synthetic.follow_up import draw_follow_up, follow_up_truth
from strata.synthetic.history import Cases
from strata.synthetic.people import People
from strata.synthetic.record import Record, pseudonyms
from strata.synthetic.stays import Table, take
from strata.synthetic.tables import column, rows

FIELD = "dcir"
SEVERAL_PSEUDONYMS, TWINS = 0.04, 0.012  # of the persons; twins of one sex share a pseudonym
REVERSED, FOR_INFORMATION, PUBLIC, SUPPLEMENTED = 0.03, 0.02, 0.015, 0.05  # of the lines
SUPPLEMENT_CENTS = 500
REPEATED = 5  # first rows of each file of DCIR that stand there twice, their nine keys and all
NOBODY_DEAD, OPEN_END = "1600-01-01", "2099-12-31"  # as SNDS writes "no date" and, in older rows, "no end"
RENEWED_AFTER_YEARS = 5
CARTOGRAPHY_VERSION = "G10"
EXEMPT, ACCIDENT = 41, 11  # IR_ETM_V
ARCHIVED_AFTER_YEARS = 3
AFFINED = {"bio": ("BIO_PRS_IDE", "BIO_ACT_QSN", "BIO_ORD_NUM"), "cam": ("CAM_PRS_IDE", "", "CAM_ORD_NUM"),
           "pha": ("PHA_PRS_C13", "PHA_ACT_QSN", "PHA_ORD_NUM")}  # fmt: skip
SYSTEM = {"prs": "prs", "bio": "nabm", "cam": "ccam", "pha": "cip13"}


AnyRecord = TypeVar("AnyRecord", Record, CareRecord)


@dataclass(frozen=True)
class Known:
    """Under which names people are known. earlier: blank, or the pseudonym they had before `change`; twin: who shares a pseudonym."""

    main: np.ndarray
    earlier: np.ndarray
    change: np.ndarray
    is_twin: np.ndarray
    death: np.ndarray

    def pseudonym(self, person: np.ndarray, then: np.ndarray) -> np.ndarray:
        """The pseudonym of each person on a day."""
        is_earlier = (self.earlier[person] != b"") & (then < self.change[person])
        return np.where(is_earlier, self.earlier[person], self.main[person])


def draw_known(chance: Chance, people: People, stay: Table, years: range) -> Known:
    """Names and deaths of everyone: several pseudonyms for some, twins for others (never both), deaths in and out of hospital."""
    count = len(people)
    shuffled = chance.stream("names").permutation(count)
    several, twins = np.split(shuffled, [max(2, round(SEVERAL_PSEUDONYMS * count))])
    names = pseudonyms(chance, count)
    earlier = np.zeros(count, dtype="S17")
    earlier[several] = np.char.replace(names[several], b"SYNTHETIC", b"SYNTHOLD_")
    change = day(years.start) + (chance.uniform("change of name", count) * (day(years.stop) - day(years.start))).astype(np.int64)
    is_twin = np.zeros(count, dtype=bool)
    is_twin[twins[: max(2, round(TWINS * count))]] = True
    death = people.death.astype(np.int64)
    died = stay["died"] & (stay["exit"] < NEVER)
    np.minimum.at(death, stay["person"][died], stay["exit"][died])  # scripted persons have no drawn death
    return Known(names, earlier, change, is_twin, death)


def renamed(record: AnyRecord, known: Known) -> AnyRecord:
    """The same stays, each under the pseudonym of its day: what the SNDS form of the hospital files holds."""
    stay = record.stay
    ok = stay["pseudonym_state"] == PSEUDONYM_OK
    name = np.where(ok, known.pseudonym(stay["person"], stay["exit"]), stay["pseudonym"])
    return replace(record, stay={**stay, "pseudonym": name.astype("S17")})


def write_persons(out: Path, chance: Chance, people: People, cases: Cases, known: Known, years: range) -> None:
    """OUT/snds/landing/ER_*, IR_BEN_R*, IR_IMB_R, CT_*; OUT/truth_{identity,death,ald,care,follow_up}.parquet."""
    landing = out / "snds" / "landing"
    lines = draw_lines(chance, people, cases, known, years)
    for flow_year in np.unique(year_of(lines["flow"])).tolist():
        write_dcir(landing, take(lines, np.flatnonzero(year_of(lines["flow"]) == flow_year)), known, flow_year)
    write_beneficiaries(landing, people, known, years)
    ald = draw_ald(chance, cases, known, years)
    write_ald(landing, chance, ald, known)
    write_cartography(landing, cases, known, years[-1])
    _truth(out / "truth_identity.parquet", identity_truth(known))
    _truth(out / "truth_death.parquet", death_truth(people, known, years))
    _truth(out / "truth_ald.parquet", ald_truth(ald, known))
    _truth(out / "truth_care.parquet", care_truth(lines, known))
    made = follow_up_truth(lines, known.is_twin, lambda person: known.main[person].astype("U"))
    _truth(out / "truth_follow_up.parquet", {name: pa.array(values) for name, values in made.items()})


def draw_lines(chance: Chance, people: People, cases: Cases, known: Known, years: range) -> Table:
    """Every line of care: drawn services, acts of follow-up, their reversals, lines that must not count. Sorted by flow, person and day."""
    drawn = [_item_lines(chance, number, row, people, cases, known, years) for number, row in enumerate(rows("ambulatory"))]
    line = {name: np.concatenate([one[name] for one in drawn]) for name in drawn[0]}
    line["flow"] = _first_of_month(line["day"], 1 + (chance.uniform("delay", len(line["day"])) ** 4 * 8).astype(np.int64))
    line = _with_copies(chance, line)
    more = _follow_up_lines(chance, people, cases, known, years)
    line = {name: np.concatenate([line[name], more[name]]) for name in line}
    return take(line, np.lexsort((line["kind"], line["item"], line["day"], line["person"], line["flow"])))


def _follow_up_lines(chance: Chance, people: People, cases: Cases, known: Known, years: range) -> Table:
    """Acts of follow-up with what they cost and the flow that brings them: a reversal, or a second payment, some months later."""
    condition = np.array([case["condition"] for case in rows("profiles")])[cases.profile]
    line = draw_follow_up(chance, people, cases, condition, known.death, years)
    cents = np.round(column("ambulatory", "euros") * 100).astype(np.int64)[line["item"]]
    delay = 1 + (chance.uniform("follow-up delay", len(line["day"])) ** 4 * 5).astype(np.int64) + (line["kind"] == REVERSAL)
    return {**line, "cents": cents * line["quantity"], "flow": _first_of_month(line["day"], delay)}


def _item_lines(chance: Chance, number: int, row: dict[str, str], people: People, cases: Cases, known: Known, years: range) -> Table:
    """The lines of one item: a Poisson number a person and year of illness, on days the person is alive."""
    condition = np.array([case["condition"] for case in rows("profiles")])[cases.profile]
    chosen = np.isin(condition, ("t2d", "hf") if row["who"] == "all" else (row["who"],))
    person, first = np.unique(cases.person[chosen], return_index=True)
    onset = cases.onset[chosen][first]
    year = np.tile(np.array(years), len(person))
    person, onset = np.repeat(person, len(years)), np.repeat(onset, len(years))
    stream = chance.stream(f"care {row['item']}")
    times = np.where(year >= onset, stream.poisson(float(row["per_year"]), len(person)), 0)
    person, year = np.repeat(person, times), np.repeat(year, times)
    start = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    when = start + (stream.random(len(person)) * 365).astype(np.int64)
    alive = (when < known.death[person]) & (when >= people.birth[person])
    person, when = person[alive], when[alive]
    cents = np.full(len(person), round(float(row["euros"]) * 100))
    return {"person": person, "day": when, "item": np.full(len(person), number), "quantity": np.ones(len(person), dtype=np.int64),
            "cents": cents, "kind": np.full(len(person), PLAIN)}  # fmt: skip


PLAIN, REVERSAL, SUPPLEMENT, INFORMATION, HOSPITAL = range(5)


def _first_of_month(days: np.ndarray, months: np.ndarray) -> np.ndarray:
    """The first day of the month that comes `months` later."""
    return (days.astype("datetime64[D]").astype("datetime64[M]") + months).astype("datetime64[D]").astype(np.int64)


def _with_copies(chance: Chance, line: Table) -> Table:
    """With reversals (later, negative), supplements (euros only), lines for information and lines of public hospitals."""
    stream = chance.stream("care copies")
    plain = np.arange(len(line["day"]))
    parts = [line]
    for kind, share in ((REVERSAL, REVERSED), (SUPPLEMENT, SUPPLEMENTED), (INFORMATION, FOR_INFORMATION), (HOSPITAL, PUBLIC)):
        copied = take(line, np.sort(quota(stream, plain, share, 5)))
        copied["kind"] = np.full(len(copied["day"]), kind)
        if kind == REVERSAL:
            copied["quantity"], copied["cents"] = -copied["quantity"], -copied["cents"]
            copied["flow"] = _first_of_month(copied["flow"], np.ones(len(copied["flow"]), dtype=np.int64))
        if kind == SUPPLEMENT:
            copied = take(copied, np.flatnonzero(np.array([row["table"] for row in rows("ambulatory")])[copied["item"]] == "prs"))
            copied["cents"] = np.full(len(copied["day"]), SUPPLEMENT_CENTS)
        parts.append(copied)
    return {name: np.concatenate([part[name] for part in parts]) for name in line}


def write_dcir(landing: Path, line: Table, known: Known, flow_year: int) -> None:
    """The five tables of one year of flow."""
    as_parquet = flow_year % 2 == 0
    key = _nine_keys(line)
    services = pa.table({**key, **_service_columns(line, known)})
    _write(landing / f"ER_PRS_F_{flow_year}", pa.concat_tables([services, services.slice(0, REPEATED)]), as_parquet)
    table = np.array([row["table"] for row in rows("ambulatory")])[line["item"]]
    codes = np.array([row["code"] for row in rows("ambulatory")])[line["item"]]
    for name, (code, quantity, order) in AFFINED.items():
        here = pa.array(np.flatnonzero(table == name))
        columns = {code: pa.array(codes[table == name])}
        columns |= {quantity: pa.array(line["quantity"][table == name])} if quantity else {"CAM_ACT_COD": pa.array(["1"] * len(here))}
        columns[order] = pa.array(np.ones(len(here), dtype=np.int64))
        own = {place: values.take(here) for place, values in key.items()}
        details = pa.table({**own, **columns})
        _write(landing / f"ER_{name.upper()}_F_{flow_year}", pa.concat_tables([details, details.slice(0, REPEATED)]), as_parquet)
    hospital = pa.array(np.flatnonzero(line["kind"] == HOSPITAL))
    own = {place: values.take(hospital) for place, values in key.items()}
    indicator = pa.array(np.ones(len(hospital), dtype=np.int64))
    _write(landing / f"ER_ETE_F_{flow_year}", pa.table({**own, "ETE_IND_TAA": indicator}), as_parquet)


def _nine_keys(line: Table) -> dict[str, pa.Array]:
    """The key of a line: its flow, and a number within it."""
    count = len(line["day"])
    flow = pa.array(line["flow"].astype("datetime64[D]"))
    treated = pa.array((line["flow"] - 9).astype("datetime64[D]"))
    ones = pa.array(np.ones(count, dtype=np.int64))
    number = pa.array(np.arange(count) // 3 + 1)
    return {
        "FLX_DIS_DTD": flow, "FLX_TRT_DTD": treated, "FLX_EMT_TYP": ones, "FLX_EMT_NUM": ones, "FLX_EMT_ORD": ones,
        "ORG_CLE_NUM": pa.array(["01C990990"] * count), "DCT_ORD_NUM": number, "PRS_ORD_NUM": pa.array(np.arange(count) % 3 + 1),
        "REM_TYP_AFF": ones,
    }  # fmt: skip


def _service_columns(line: Table, known: Known) -> dict[str, pa.Array]:
    """What a line of ER_PRS_F says beside its key."""
    count, item = len(line["day"]), line["item"]
    supplement, information = line["kind"] == SUPPLEMENT, line["kind"] == INFORMATION
    return {
        "BEN_NIR_PSA": pa.array(known.pseudonym(line["person"], line["day"]).astype("U")),
        "BEN_RNG_GEM": pa.array(np.ones(count, dtype=np.int64)),
        "EXE_SOI_DTD": pa.array(line["day"].astype("datetime64[D]")),
        "PRS_NAT_REF": pa.array(column("ambulatory", "service", int)[item]),
        "PRS_ACT_QTE": pa.array(line["quantity"]),
        "BSE_REM_BSE": _euros(np.where(supplement, 0, line["cents"])),
        "CPL_REM_BSE": _euros(np.where(supplement, line["cents"], 0)),
        "CPL_MAJ_TOP": pa.array(np.where(supplement, 2, 0)),
        "DPN_QLF": pa.array(np.where(information, 71, 0)),
        "PRS_DPN_QLP": pa.array(np.where(information & (item % 2 == 0), 71, 0)),
        "PSE_SPE_COD": pa.array(column("ambulatory", "speciality", int)[item]),
        "PSE_ACT_NAT": pa.array(column("ambulatory", "profession", int)[item]),
    }


def write_beneficiaries(landing: Path, people: People, known: Known, years: range) -> None:
    """IR_BEN_R and IR_BEN_R_ARC: a row a pseudonym, a second row for the twin of one of them."""
    has_earlier = np.flatnonzero(known.earlier != b"")
    twins = np.flatnonzero(known.is_twin)
    person = np.concatenate([np.arange(len(people)), has_earlier, twins])
    name = np.concatenate([known.main, known.earlier[has_earlier], known.main[twins]])
    rank = np.concatenate([np.ones(len(people) + len(has_earlier)), np.full(len(twins), 2)]).astype(np.int64)
    identity = np.char.add(b"SYNTHIDEN", np.char.zfill(person.astype("S8"), 8))
    identity[len(people) + len(has_earlier) :] = np.char.replace(identity[len(people) + len(has_earlier) :], b"IDEN", b"TWIN")
    death = known.death[person].copy()
    death[len(people) + len(has_earlier) :] = NEVER  # the twin lives
    table = _beneficiary_table(people, person, name, rank, identity, death)
    archived = year_of(np.minimum(death, day(years.stop))) < years.stop - ARCHIVED_AFTER_YEARS
    _write(landing / "IR_BEN_R", table.filter(pa.array(~archived)), as_parquet=True)
    _write(landing / "IR_BEN_R_ARC", table.filter(pa.array(archived)), as_parquet=False)


def _beneficiary_table(
    people: People, person: np.ndarray, name: np.ndarray, rank: np.ndarray, identity: np.ndarray, death: np.ndarray
) -> pa.Table:
    dead = death < NEVER
    day_of_death = np.where(dead, np.minimum(death, day(2100)).astype("datetime64[D]").astype("U10"), NOBODY_DEAD)
    return pa.table(
        {
            "BEN_NIR_PSA": pa.array(name.astype("U")),
            "BEN_RNG_GEM": pa.array(rank),
            "BEN_NIR_ANO": pa.array(identity.astype("U")),
            "BEN_IDT_ANO": pa.array(identity.astype("U")),
            "BEN_CDI_NIR": pa.array(["00"] * len(person)),
            "BEN_SEX_COD": pa.array(people.sex[person].astype(np.int64)),
            "BEN_NAI_ANN": pa.array(year_of(people.birth[person])),
            "BEN_NAI_MOI": pa.array(month_of(people.birth[person])),
            "BEN_DCD_DTE": pa.array(day_of_death),
            "BEN_RES_DPT": pa.array(["099"] * len(person)),
            "BEN_RES_COM": pa.array(["001"] * len(person)),
        }
    )


def draw_ald(chance: Chance, cases: Cases, known: Known, years: range) -> Table:
    """Exemptions, one row a person and illness: first day, day after the last one (NEVER: open), number of the row of tables/ald.csv."""
    condition = np.array([case["condition"] for case in rows("profiles")])[cases.profile]
    parts = []
    for number, row in enumerate(rows("ald")):
        here = np.flatnonzero(condition == row["condition"])
        here = here[chance.uniform(f"ald {number}", len(here)) * 100 < float(row["percent"])]
        here = here[cases.onset[here] < years.stop]
        start = (cases.onset[here] - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
        start = start + (chance.uniform(f"ald day {number}", len(here)) * 365).astype(np.int64)
        alive = start < np.minimum(known.death[cases.person[here]], day(years.stop))
        is_open = chance.uniform(f"ald end {number}", len(here)) < 0.5
        span = np.where(start < day(2011), 365 * 30, 365 * RENEWED_AFTER_YEARS * 2)
        end = np.where(is_open, NEVER, start + span)
        parts.append((cases.person[here][alive], start[alive], end[alive], np.full(int(alive.sum()), number)))
    return dict(zip(("person", "start", "end", "case"), (np.concatenate(values) for values in zip(*parts))))


def write_ald(landing: Path, chance: Chance, ald: Table, known: Known) -> None:
    """IR_IMB_R: the exemption cut into renewals that follow each other, repeated rows, and rows of an accident at work."""
    count = len(ald["person"])
    half = ald["start"] + 365 * RENEWED_AFTER_YEARS
    everyone = np.arange(count)
    again, accident = everyone[everyone % 9 == 0], everyone[everyone % 11 == 0]
    row = np.concatenate([everyone, everyone, again, accident])
    second = np.concatenate([np.zeros(count), np.ones(count), np.ones(len(again)), np.ones(len(accident))]).astype(bool)
    kind = np.concatenate([np.full(count * 2 + len(again), EXEMPT), np.full(len(accident), ACCIDENT)])
    start = np.where(second, half[row], ald["start"][row])
    end = np.where(second, ald["end"][row] - 1, half[row] - 1)
    person, case = ald["person"][row], ald["case"][row]
    written = np.minimum(end, day(2098)).astype("datetime64[D]").astype("U10")
    table = pa.table(
        {
            "BEN_NIR_PSA": pa.array(known.pseudonym(person, start).astype("U")),
            "BEN_RNG_GEM": pa.array(np.ones(len(row), dtype=np.int64)),
            "IMB_ALD_NUM": pa.array(column("ald", "ald_number", int)[case]),
            "IMB_ALD_DTD": pa.array(start.astype("datetime64[D]")),
            "IMB_ALD_DTF": pa.array(np.where(end >= NEVER - 1, OPEN_END, written)),
            "IMB_ETM_NAT": pa.array(kind),
            "MED_MTF_COD": pa.array(np.array([one["cim10_code"] for one in rows("ald")])[case]),
        }
    )
    _write(landing / "IR_IMB_R", table.take(pa.array(chance.stream("ald rows").permutation(len(row)))), as_parquet=False)


def write_cartography(landing: Path, cases: Cases, known: Known, year: int) -> None:
    """CT_IDE and CT_IND of one year: who is ill that year, alive on its first day."""
    condition = np.array([case["condition"] for case in rows("profiles")])[cases.profile]
    current = (cases.onset <= year) & (known.death[cases.person] >= day(year))
    person = np.unique(cases.person[current & np.isin(condition, ("t2d", "other", "hf"))])
    diabetic = np.isin(person, cases.person[current & np.isin(condition, ("t2d", "other"))])
    failing = np.isin(person, cases.person[current & (condition == "hf")])
    number = pa.array(np.char.add("CARTO", np.char.zfill(np.arange(len(person)).astype("U"), 13)))
    version = pa.array([CARTOGRAPHY_VERSION] * len(person))
    name = pa.array(known.pseudonym(person, np.full(len(person), day(year))).astype("U"))
    ranks = pa.array(np.ones(len(person), dtype=np.int64))
    identity = pa.table({"id_carto": number, "ben_nir_psa": name, "ben_rng_gem": ranks, "version": version})
    tops = {"top_FDiabet_ind": diabetic, "top_CvIC_chr": failing, "top_CvIC_aig": np.zeros(len(person), dtype=bool)}
    columns = {top: pa.array(is_set.astype(np.int64)) for top, is_set in tops.items()}
    _write(landing / f"CT_IDE_{year}_{CARTOGRAPHY_VERSION}", identity, as_parquet=False)
    _write(landing / f"CT_IND_{year}_{CARTOGRAPHY_VERSION}", pa.table({"id_carto": number, **columns, "version": version}), as_parquet=True)


def identity_truth(known: Known) -> dict[str, pa.Array]:
    """Every pseudonym and the main one of its person; is_shared: of twins."""
    has_earlier = np.flatnonzero(known.earlier != b"")
    person = np.concatenate([np.arange(len(known.main)), has_earlier])
    name = np.concatenate([known.main, known.earlier[has_earlier]])
    return {"pseudonym": _text(name), "person": _text(known.main[person]), "is_shared": pa.array(known.is_twin[person])}


def death_truth(people: People, known: Known, years: range) -> dict[str, pa.Array]:
    """Who died, when, and whether in hospital; twins left out."""
    dead = np.flatnonzero((known.death < NEVER) & ~known.is_twin)
    inside = people.dies_inside[dead] | (people.death[dead] >= NEVER)
    return {"person": _text(known.main[dead]), "death_date": _date(known.death[dead]), "in_hospital": pa.array(inside)}


def ald_truth(ald: Table, known: Known) -> dict[str, pa.Array]:
    """One row an episode; end_date NULL when open; twins left out."""
    here = np.flatnonzero(~known.is_twin[ald["person"]])
    case, end = ald["case"][here], ald["end"][here]
    return {
        "person": _text(known.main[ald["person"][here]]),
        "ald_number": pa.array(column("ald", "ald_number", int)[case]),
        "cim10_code": pa.array(np.array([one["cim10_code"] for one in rows("ald")])[case]),
        "start_date": _date(ald["start"][here]),
        "end_date": pa.array((np.minimum(end, day(2098)) - 1).astype("datetime64[D]"), mask=end >= NEVER),
    }


def care_truth(line: Table, known: Known) -> dict[str, pa.Array]:
    """One row a person, year of care, system and code that remains once reversals are off: quantity, base in cents; twins left out."""
    counts = np.isin(line["kind"], (PLAIN, REVERSAL, SUPPLEMENT)) & ~known.is_twin[line["person"]]
    line = take(line, np.flatnonzero(counts))
    key = (line["person"] * 10_000 + year_of(line["day"])) * 100 + _same_code()[line["item"]]
    cells, place = np.unique(key, return_inverse=True)
    quantity = np.bincount(place, weights=np.where(line["kind"] == SUPPLEMENT, 0, line["quantity"])).astype(np.int64)
    cents = np.bincount(place, weights=line["cents"]).astype(np.int64)
    item, year, person = cells % 100, cells // 100 % 10_000, cells // 1_000_000
    what = rows("ambulatory")
    return {
        "person": _text(known.main[person]),
        "year": pa.array(year.astype(np.int16)),
        "system": pa.array([SYSTEM[what[number]["table"]] for number in item.tolist()]),
        "code": pa.array([what[number]["code"] or what[number]["service"] for number in item.tolist()]),
        "quantity": pa.array(quantity),
        "base_cents": pa.array(cents),
    }


def _same_code() -> np.ndarray:
    """For each item, the first one that DCIR shows by the same code: who made it is another column."""
    shown = [(row["table"], row["code"] or row["service"]) for row in rows("ambulatory")]
    return np.array([shown.index(one) for one in shown])


def _text(values: np.ndarray) -> pa.Array:
    return pa.array(values.astype("U"))


def _date(days: np.ndarray) -> pa.Array:
    return pa.array(days.astype("datetime64[D]"))


def _euros(cents: np.ndarray) -> pa.Array:
    """Exact decimals from whole cents, of either sign."""
    halves = np.stack([cents.astype(np.int64), np.where(cents < 0, -1, 0)], axis=1)
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(cents), [None, pa.py_buffer(halves.tobytes())])


def _write(path: Path, table: pa.Table, as_parquet: bool) -> None:
    if as_parquet:
        pq.write_table(table, path.with_name(path.name + ".parquet"), compression="zstd")
    else:
        pacsv.write_csv(table, path.with_name(path.name + ".csv"), pacsv.WriteOptions(delimiter=";", quoting_style="needed"))


def _truth(path: Path, columns: dict[str, pa.Array]) -> None:
    table = pa.table(columns)
    pq.write_table(table.sort_by([(name, "ascending") for name in table.column_names]), path, compression="zstd")
