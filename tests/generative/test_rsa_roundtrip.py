"""Lines written by an independent generator, in every version of the formats, come back field for field."""

from datetime import date
from pathlib import Path

import pytest

from strata.ingest.archives import open_sources
from strata.ingest.atih.mco import read_atih
from strata.ingest.extract import Extract
from tests.support.rsa_lines import ANO_OF_YEAR, RETURNS, RSA_OF_YEAR, Draw, ano_line, rsa_line

STAYS = 60
TEXTS = {
    "finess": "NOFINESS",
    "stay_number": "CLE_RSA",
    "entry_mode": "ECHPMSI",
    "entry_provenance": "PROV",
    "exit_mode": "SCHPMSI",
    "exit_destination": "DEST",
    "stay_type": "TYPESEJ",
    "sex_code": "SEXE",
    "geo_code": "CDGEO",
    "ghs": "NOGHS",
    "exb_kind": "SEJINFBI",
    "dp": "DP",
    "dr": "DR",
    "year": "ANSOR",
    "age_years": "AGEAN",
    "age_days": "AGEJR",
    "exh_days": "NBJRBS",
    "exb_tenths": "NBJREXB",
    "supplement_hs": "NBSUPHS",
    "supplement_rea": "NBSUPREA",
    "supplement_si": "NBSUPSI",
    "supplement_src": "NBSUPSRC",
    "supplement_rep": "NBSUPREP",
    "supplement_nn1": "NBSUPNN1",
    "supplement_nn2": "NBSUPNN2",
    "supplement_nn3": "NBSUPNN3",
}
NOT_IN_RSA = (
    *("valuation_code", "cost_billed_eur", "billing_base_eur"),
    *("care_form", "presence_days", "presence_half_days", "is_unfinished"),
)


def _day(text: object) -> date:
    return date(int(str(text)[4:]), int(str(text)[2:4]), int(str(text)[:2]))


def _expected_stay(stay: dict, ano: dict | None, year: int) -> dict[str, object]:
    fixed = stay["fixed"]
    row = {name: fixed[field] for name, field in TEXTS.items()}
    row |= {"exit_month": int(fixed["MOISSOR"]), "ghm": "".join(fixed[name] for name in ("RSACMD", "RSATYPE", "RSANUM", "RSACOMPX"))}
    row |= {"nights": fixed["DUREE"] or 0, "sessions": fixed["NBSEANCE"] or 0, "automatic_rsa": fixed["GENAUTORSA"] or "0"}
    parts = [value for value in (fixed["NBSUPSTF"], fixed.get("NBSUPSTFPOLY")) if value is not None]
    row |= {"supplement_stf": sum(parts) if parts else None, "unit_count": len(stay["units"]), "format_version": RSA_OF_YEAR[year]}
    row |= {"field": "mco", "source_file": "x.rsa"} | dict.fromkeys(NOT_IN_RSA)
    if ano is None:
        return row | {"pseudonym": None, "chaining_codes": " " * 9, "entry_date": None, "exit_date": None, "billable": None}
    codes = "".join(str(ano[name]) for name in RETURNS)
    row |= {"pseudonym": ano["NOANON"], "chaining_codes": codes, "billable": ano["FACTAM"]}
    return row | {"entry_date": _day(ano["DTENT"]), "exit_date": _day(ano["DTSORT"])}


def _written(folder: Path, year: int, seed: int) -> tuple[list[dict], list[dict | None]]:
    draw = Draw(seed)
    stays = [draw.stay(year, number) for number in range(1, STAYS + 1)]
    anos: list[dict | None] = [draw.ano(year, int(stay["fixed"]["MOISSOR"]), number) for number, stay in enumerate(stays, 1)]
    anos[7] = None
    newline = str(draw.one(("\n", "\r\n")))
    rsa = newline.join(rsa_line(RSA_OF_YEAR[year], stay) for stay in stays)
    ano_lines = [ano_line(ANO_OF_YEAR[year], ano) for ano in anos if ano]
    draw.random.shuffle(ano_lines)
    (folder / "x.rsa").write_bytes(rsa.encode("ascii") + draw.random.choice((b"", newline.encode())))
    (folder / "x.ano").write_bytes(newline.join(ano_lines).encode("ascii"))
    return stays, anos


@pytest.fixture(params=sorted(RSA_OF_YEAR), scope="module")
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[int, list[dict], list[dict | None], Extract]:
    folder = tmp_path_factory.mktemp("landing")
    stays, anos = _written(folder, request.param, seed=request.param)
    (extract,) = read_atih(open_sources(folder))
    return request.param, stays, anos, extract


def test_every_stay_comes_back_field_for_field(case: tuple[int, list[dict], list[dict | None], Extract]) -> None:
    year, stays, anos, extract = case
    rows = extract.tables["stay"].to_pylist()
    assert len(rows) == STAYS and extract.quarantine.num_rows == 0
    for line, (row, stay, ano) in enumerate(zip(rows, stays, anos), 1):
        assert row == _expected_stay(stay, ano, year) | {"line": line, "source_line": line}


def test_units_diagnoses_and_acts_keep_their_stay_and_unit(case: tuple[int, list[dict], list[dict | None], Extract]) -> None:
    _, stays, _, extract = case
    units, diagnoses, acts = [], [], []
    for line, stay in enumerate(stays, 1):
        for rank, unit in enumerate(stay["units"], 1):
            um, place = unit["um"], {"line": line, "unit_rank": rank}
            named = {"dp": um["DPUM"], "dr": um["DRUM"], "unit_finess": um["NOHOP1"], "nights": um["DUREESEJPART"]}
            units.append(place | named | {"authorisation_1": um["TYPAUT1"], "authorisation_2": um["TYPAUT2"]})
            diagnoses += [place | {"code": code} for code in unit["da"]]
            for act in unit["actes"]:
                told = {"system": "ccam", "code": act["CDCCAM"], "phase": act["PHASE"], "activity": act["ACT"]}
                acts.append(place | told | {"day_offset": act["DELAI"], "executions": act["NBEXEC"]})
    assert extract.tables["unit"].to_pylist() == units
    assert extract.tables["diagnosis"].to_pylist() == diagnoses
    assert extract.tables["procedure"].to_pylist() == acts


def test_every_line_is_accounted_for(case: tuple[int, list[dict], list[dict | None], Extract]) -> None:
    year, _, anos, extract = case
    rsa, ano = extract.files
    assert (rsa.format_version, ano.format_version) == (RSA_OF_YEAR[year], ANO_OF_YEAR[year])
    assert (rsa.lines, rsa.accepted, ano.lines, ano.accepted) == (STAYS, STAYS, STAYS - 1, len([one for one in anos if one]))
    assert (rsa.finess, rsa.year, rsa.month) == ("990000015", year, max(row["exit_month"] for row in extract.tables["stay"].to_pylist()))
