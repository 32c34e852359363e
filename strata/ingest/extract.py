"""What every reader gives back, whatever the form of the files: the tables as read, before any judgement.

Belongs here: the Arrow schemas and the object that carries them. Not here: reading (atih/mco.py, snds/stay_sets.py) or storing (load.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import pyarrow as pa

MONEY = pa.decimal128(12, 2)
_SUPPLEMENTS = ("hs", "rea", "si", "stf", "src", "rep", "nn1", "nn2", "nn3")

STAY = pa.schema(
    [
        ("line", pa.int64()),  # line of the stay in its file: the key of this extract
        ("field", pa.string()),
        ("finess", pa.string()),
        ("year", pa.int16()),
        ("stay_number", pa.string()),
        ("format_version", pa.string()),
        ("pseudonym", pa.string()),  # NULL when blank
        ("chaining_codes", pa.string()),
        ("entry_date", pa.date32()),
        ("exit_date", pa.date32()),
        ("exit_month", pa.int16()),
        *((name, pa.string()) for name in ("entry_mode", "entry_provenance", "exit_mode", "exit_destination")),
        *((name, pa.string()) for name in ("stay_type", "automatic_rsa", "sex_code")),
        ("age_years", pa.int16()),
        ("age_days", pa.int16()),
        ("geo_code", pa.string()),
        ("ghm", pa.string()),
        ("ghs", pa.string()),
        ("nights", pa.int16()),
        ("sessions", pa.int16()),
        ("exh_days", pa.int16()),
        ("exb_kind", pa.string()),
        ("exb_tenths", pa.int16()),
        *((f"supplement_{name}", pa.int16()) for name in _SUPPLEMENTS),
        ("dp", pa.string()),
        ("dr", pa.string()),
        ("unit_count", pa.int16()),
        ("billable", pa.string()),
        ("valuation_code", pa.string()),
        ("cost_billed_eur", MONEY),
        ("care_form", pa.string()),  # outside MCO: 'full' 'day' 'night' 'session' 'home' 'contact'
        ("presence_days", pa.int16()),
        ("presence_half_days", pa.int16()),
        ("is_unfinished", pa.bool_()),  # still in at the end of the file: exit_date is the last day seen
        ("billing_base_eur", MONEY),  # what a public hospital bills by daily rates (STC): never the value of a stay
        ("source_file", pa.string()),
        ("source_line", pa.int32()),
    ]
)
UNIT = pa.schema(
    [
        ("line", pa.int64()),
        ("unit_rank", pa.int16()),
        ("dp", pa.string()),
        ("dr", pa.string()),
        ("unit_finess", pa.string()),
        ("authorisation_1", pa.string()),
        ("authorisation_2", pa.string()),
        ("nights", pa.int16()),
    ]
)
DIAGNOSIS = pa.schema([("line", pa.int64()), ("unit_rank", pa.int16()), ("code", pa.string())])
PROCEDURE = pa.schema(
    [
        ("line", pa.int64()),
        ("unit_rank", pa.int16()),
        ("system", pa.string()),  # 'ccam', or what rehabilitation is coded in: 'csarr', 'csar' (from 2025)
        ("code", pa.string()),
        ("phase", pa.string()),
        ("activity", pa.string()),
        ("day_offset", pa.int16()),
        ("executions", pa.int16()),
    ]
)
GROUP = pa.schema(  # a part of a stay with a tariff of its own: GME and GMT of SMR, GHPC and GHT of HAD
    [
        ("line", pa.int64()),
        ("unit_rank", pa.int16()),
        ("group_code", pa.string()),
        ("tariff_code", pa.string()),
        ("days", pa.int16()),
        ("home", pa.string()),
    ]
)
QUARANTINE = pa.schema([("source_file", pa.string()), ("source_line", pa.int32()), ("reason", pa.string())])
FILE_LINES = pa.schema(  # of a set of several hospitals: lines of each file that are in its stays
    [("finess", pa.string()), ("year", pa.int16()), ("source_file", pa.string()), ("sha256", pa.string()), ("lines", pa.int64())]
)

SCHEMAS = {"stay": STAY, "unit": UNIT, "diagnosis": DIAGNOSIS, "procedure": PROCEDURE, "group": GROUP}


@dataclass
class FileSeen:
    """One file or archive entry, as the receipt accounts for it: lines = accepted + quarantined + refused.

    source_file is relative to the landing folder; an archive entry is `archive.zip!entry`.
    is_unverified: read by a layout that no source confirms (families.csv).
    """

    source_file: str
    sha256: str
    family: str
    format_version: str | None = None
    finess: str | None = None
    year: int | None = None
    month: int | None = None
    lines: int = 0
    accepted: int = 0
    quarantined: int = 0
    refused: int = 0
    reason: str | None = None
    is_unverified: bool = False


@dataclass
class Extract:
    """Stays of one or more hospitals and years read together (one archive, or one year of SNDS tables).

    tables: 'stay', 'unit', 'diagnosis', 'procedure', 'group', each with the schema above; `line` joins them.
    """

    form: str  # 'atih' | 'snds'
    field: str  # 'mco' | 'smr' | 'had' | 'psy'
    tables: dict[str, pa.Table]
    quarantine: pa.Table
    files: list[FileSeen] = dataclass_field(default_factory=list)
    person_key: str = "noanon"  # what its pseudonyms are: 'noanon', or 'hash' (local files)
    file_lines: pa.Table | None = None  # FILE_LINES; None when its files are of the one hospital-year there is

    def hospital_years(self) -> list[tuple[str, int]]:
        """(finess, year) of its stays, in order."""
        pairs = self.tables["stay"].select(["finess", "year"]).group_by(["finess", "year"]).aggregate([]).to_pylist()
        return sorted((pair["finess"], pair["year"]) for pair in pairs)

    def persons(self) -> pa.Table:
        """(line, pseudonym) of its stays, NULL included."""
        return self.tables["stay"].select(["line", "pseudonym"])

    def pieces(self) -> Iterator[dict[str, pa.Table]]:
        """Its tables, all the rows of a stay in one piece: here a single piece."""
        yield self.tables
