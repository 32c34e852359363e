"""One hospital's own files, end to end: persons found through TRA and VID-HOSP are those of the truth, and no identity is left anywhere."""

import hashlib
import hmac
import json
import shutil
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pytest

from strata.ingest.load import IngestReport

PERSONS, SEED = 12_000, 2_029
SECRET = "a secret of the tests only"
HOSPITAL, KEYED = "990100013", range(2022, 2026)
NAMED = ("", "said_twice", "named_here", "rss_says_less", "ano_missing")  # what the truth says of a stay whose person the files name
STRATA = """SELECT pseudonym, condition, CAST(s.year AS INTEGER) AS year, status, CAST(stratum AS INTEGER) AS stratum, rule_id, territory_id
            FROM person_stratum AS s JOIN pseudonym USING (person_id) JOIN reporting_year AS r ON r.year = s.year WHERE r.is_stock"""


@dataclass(frozen=True)
class Local:
    """project: OUT/local, run. reference: the same hospital and years from the national files, to the strata. said: all printed."""

    out: Path
    project: Path
    published: Path
    reference: Path
    said: list[str]

    @property
    def truth(self) -> pl.DataFrame:
        """A row per stay, with the key its person must have."""
        return pl.read_parquet(self.out / "identities.parquet").with_columns(
            pl.struct("number", "birth_date", "sex").map_elements(key_of, return_dtype=pl.String).alias("key")
        )

    def query(self, text: str, project: Path | None = None) -> pl.DataFrame:
        with duckdb.connect(str((project or self.project) / "warehouse" / "strata.duckdb"), read_only=True) as connection:
            return connection.sql(text).pl()


def key_of(identity: dict[str, str]) -> str:
    """As documented: HMAC-SHA256 of the number, the birth date (ddmmyyyy) and the sex, its first 32 letters."""
    year, month, day = identity["birth_date"].split("-")
    message = f"{identity['number']}{day}{month}{year}{identity['sex']}"
    return hmac.new(SECRET.encode(), message.encode(), hashlib.sha256).hexdigest()[:32]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    from pipelines.runner import run
    from strata.config import load
    from strata.synthetic import write_country

    out = tmp_path_factory.mktemp("local")
    write_country(out, persons=PERSONS, years=range(2017, 2026), formats=("atih", "local"), seed=SEED)
    reference = out / "reference"
    shutil.copytree(out / "local", reference, ignore=shutil.ignore_patterns("landing"))
    (reference / "landing").mkdir()
    for year in KEYED:
        for archive in (out / "atih" / "landing").glob(f"{HOSPITAL}.{year}.12.*"):
            shutil.copy(archive, reference / "landing")
    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRATA_PERSON_KEY", SECRET)
        result = run(load(out / "local" / "strata.toml"), progress=said.append)
        run(load(reference / "strata.toml"), progress=said.append, until="strata")  # only they are compared
    assert result.publication is not None
    yield Local(out, out / "local", result.publication, reference, said)


def test_each_stay_has_the_person_the_truth_says_or_none(local: Local) -> None:
    stays = local.query("""SELECT CAST(year AS INTEGER) AS year, stay_number, pseudonym FROM read_stay LEFT JOIN pseudonym USING (person_id)
                           WHERE year >= 2022 AND year <> 2023""")  # the stays of the RSS have numbers of their own
    both = local.truth.with_columns(pl.col("year").cast(pl.Int32)).join(stays, on=["year", "stay_number"], suffix="_found")
    expected = both.select(pl.when(pl.col("trouble").is_in(NAMED)).then("key").alias("key"))["key"]
    assert len(both) > 300
    assert both["pseudonym_found"].eq_missing(expected).all()


def test_persons_are_the_distinct_identities_of_the_truth(local: Local) -> None:
    """The year of the RSS included, whose stays have numbers of their own."""
    named = local.truth.filter(pl.col("trouble").is_in(NAMED))
    found = local.query("SELECT DISTINCT pseudonym FROM read_stay JOIN pseudonym USING (person_id) WHERE year >= 2022")["pseudonym"]
    assert len(found) > 200
    assert set(found) == set(named["key"])
    assert local.truth["trouble"].n_unique() >= 12  # the files do hold every trouble


def test_each_year_says_how_its_persons_are_keyed(local: Local) -> None:
    keys = dict(local.query("SELECT year, person_key FROM read_slice").rows())
    assert keys == {**dict.fromkeys((2020, 2021), "noanon"), **dict.fromkeys(KEYED, "hash")}
    held = local.query("SELECT max(lookback_years) AS held FROM reporting_year")["held"][0]
    assert held == 3


def test_strata_are_those_of_the_same_persons_in_the_stays_of_that_hospital(local: Local) -> None:
    truth = local.truth
    unclear = set(truth.filter(~pl.col("trouble").is_in(["", "said_twice"]))["pseudonym"])
    clear = truth.filter(~pl.col("pseudonym").is_in(list(unclear))).select("pseudonym", "key").unique()
    found = local.query(STRATA).rename({"pseudonym": "key"}).join(clear, on="key").drop("key")
    expected = local.query(STRATA, local.reference).join(clear.select("pseudonym"), on="pseudonym")
    names = expected.columns
    assert len(expected) > 60
    assert found.select(names).sort(names).equals(expected.sort(names))


def test_nothing_expected_is_published_and_the_reason_is_coverage(local: Local) -> None:
    rows = pl.read_parquet(local.published / "indicators.parquet")
    assert rows["expected"].null_count() == rows["ratio"].null_count() == len(rows) > 100
    for name in ("prevalence", "persons_vs_expected", "cost_vs_expected"):
        found = rows.filter(pl.col("indicator_id") == name)
        assert set(found["status"]) == {"not_computable"} and set(found["reason"]) == {"coverage"}
    assert rows.filter((pl.col("indicator_id") == "persons") & (pl.col("status") == "ok")).height > 0
    pages = [page.read_text(encoding="utf-8") for page in (local.published / "dashboard").rglob("*.html")]
    assert any("file active résidente, nos établissements" in page for page in pages)


def test_stays_of_an_rss_have_no_cost_and_the_filter_counts_them(local: Local) -> None:
    costs = local.query("SELECT count(*) AS stays, count(cost_standard_eur) AS priced FROM stay WHERE year = 2023").row(0)
    assert costs[0] > 50 and costs[1] == 0
    refused = local.query("SELECT stays FROM rejected WHERE reason = 'not_valued' AND year = 2023")["stays"]
    assert refused.sum() == costs[0]


def test_every_line_of_every_file_is_accounted_for(local: Local) -> None:
    files = local.query("SELECT family, lines, accepted, quarantined, refused FROM read_file")
    assert {"mco_tra", "vid_hosp", "mco_rum"} <= set(files["family"])
    assert (files["lines"] == files["accepted"] + files["quarantined"] + files["refused"]).all()
    reasons = set(local.query("SELECT reason FROM quarantine")["reason"])
    assert {"no_identity", "unusable_identity", "newborn_of_mother", "twin_identity", "identities_disagree", "repeated_nas"} <= reasons


def test_no_identity_is_in_the_warehouse_the_publication_or_what_was_said(local: Local) -> None:
    canaries = canaries_of(local)
    assert len(canaries) > 600
    assert hits(local.out / "local" / "landing", canaries) > 100  # the search finds them where they are
    assert hits(local.project / "warehouse", canaries) == 0
    assert hits(local.published.parent, canaries) == 0
    assert not [word for word in canaries if any(word.decode() in line for line in local.said)]


def test_no_identity_is_in_any_cell_of_the_warehouse(local: Local) -> None:
    """The database compresses its text: its bytes alone prove nothing."""
    with duckdb.connect(str(local.project / "warehouse" / "strata.duckdb"), read_only=True) as connection:
        columns = connection.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE data_type = 'VARCHAR' AND schema_name = 'main' AND NOT internal"
        ).fetchall()
        pattern = "[12][0-9]{4}99[0-9]{6}|(^|[^0-9])20[0-9]{2}S[0-9]{8}|IPP[0-9]{8}"
        found = {
            (table, column): connection.execute(
                f'SELECT count(*) FROM "{table}" WHERE regexp_matches("{column}", ?)', [pattern]
            ).fetchall()[0][0]
            for table, column in columns
        }
        seen = connection.execute("SELECT regexp_matches('x1500199123456', ?)", [pattern]).fetchall()[0][0]
    assert seen and len(columns) > 100
    assert {place: count for place, count in found.items() if count} == {}


def canaries_of(local: Local) -> list[bytes]:
    """Every identity number of the files, the secret, and some administrative and hospital identifiers."""
    numbers = {number.encode() for number in local.truth["number"]}
    lines = b"".join(path.read_bytes() for path in (local.project / "landing").rglob("*.vidhosp.txt")).split(b"\n")
    others = {line[28:48].strip() for line in lines if line} | {line[353:373].strip() for line in lines if line}
    return sorted(numbers | {other for other in others if other} | {SECRET.encode()})


def hits(folder: Path, canaries: list[bytes]) -> int:
    """How many canaries occur in the bytes of the files of a folder: all are looked for at once."""
    words = [canary.decode("latin-1") for canary in canaries]
    found: set[str] = set()
    for path in folder.rglob("*"):
        if path.is_file():
            content = pl.Series([path.read_bytes().decode("latin-1")])
            found.update(content.str.extract_many(words, overlapping=True).explode().drop_nulls())
    return len(found)


def test_without_the_secret_nothing_of_the_year_is_stored_and_the_error_names_nobody(
    local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from strata.errors import StrataError
    from strata.ingest.load import ingest

    monkeypatch.delenv("STRATA_PERSON_KEY", raising=False)
    shutil.copytree(local.project / "landing" / "2024", tmp_path / "landing")
    said: list[str] = []
    with pytest.raises(StrataError, match="STRATA_PERSON_KEY") as raised:
        ingest(tmp_path / "landing", tmp_path / "warehouse" / "strata.duckdb", said.append)
    text = "".join(traceback.format_exception(raised.value)) + json.dumps(said)
    canaries = canaries_of(local)
    assert not [canary for canary in canaries if canary.decode() in text]
    assert hits(tmp_path / "warehouse", canaries) == 0
    with duckdb.connect(str(tmp_path / "warehouse" / "strata.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM read_slice").fetchall() == [(0,)]


def test_another_secret_is_refused_and_changes_nothing(local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from strata.errors import StrataError
    from strata.ingest.load import ingest

    monkeypatch.setenv("STRATA_PERSON_KEY", SECRET)
    shutil.copytree(local.project / "landing" / "2024", tmp_path / "landing" / "2024")
    ingest(tmp_path / "landing", tmp_path / "warehouse" / "strata.duckdb")
    shutil.copytree(local.project / "landing" / "2025", tmp_path / "landing" / "2025")
    monkeypatch.setenv("STRATA_PERSON_KEY", "another secret of the tests")
    with pytest.raises(StrataError, match="STRATA_PERSON_KEY"):
        ingest(tmp_path / "landing", tmp_path / "warehouse" / "strata.duckdb")
    with duckdb.connect(str(tmp_path / "warehouse" / "strata.duckdb"), read_only=True) as connection:
        assert connection.execute("SELECT year FROM read_slice").fetchall() == [(2024,)]


def test_an_rss_beside_its_rsa_is_named_and_not_read(local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from strata.ingest.load import ingest

    monkeypatch.setenv("STRATA_PERSON_KEY", SECRET)
    landing, warehouse = tmp_path / "landing", tmp_path / "warehouse" / "strata.duckdb"
    shutil.copytree(local.project / "landing" / "2023", landing)
    first = ingest(landing, warehouse)
    assert reasons(first) == {"mco_rum": None, "vid_hosp": None}
    archive = next((local.out / "atih" / "landing").glob(f"{HOSPITAL}.2023.12.*"))
    shutil.copy(archive, landing)
    read = {"mco_rsa": None, "mco_ano": None, "vid_hosp": "named_by_ano"}
    assert reasons(ingest(landing, warehouse)) == read | {"mco_rum": "superseded"}
    assert reasons(ingest(landing, tmp_path / "other" / "strata.duckdb")) == read | {"mco_rum": "rss_beside_rsa"}
    (landing / archive.name).unlink()
    (landing / f"{HOSPITAL}.2023.12.rss.grp.txt").write_bytes((landing / f"{HOSPITAL}.2023.12.rss.grp.txt").read_bytes() + b"\n")
    assert reasons(ingest(landing, warehouse))["mco_rum"] == "rss_beside_rsa"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        assert connection.execute("SELECT DISTINCT format_version FROM read_stay").fetchall() == [("228",)]
        assert connection.execute("SELECT count(*) FROM read_file WHERE lines <> accepted + quarantined + refused").fetchall() == [(0,)]


def reasons(report: IngestReport) -> dict[str, str | None]:
    """family -> why its file is not taken."""
    return {file.family: file.reason for file in report.files}
