"""The pypmsi reader (a library under AGPL: installed by hand, never a dependency), measured by read_rsa.py --pypmsi PYTHON.

Runs in that other environment, which needs nothing of ours. Belongs here: calling it as its documentation says.
"""

import sys
import tempfile
from pathlib import Path

from measure_reader import main

YEAR = 2024
FIXED_AND_VARIABLE = 4  # its `typi`: every zone, without its streams


def to_memory(path: str) -> int:
    """Its three tables; number of acts, without the empty rows that stand for those it loses when the last byte of a line is blank."""
    from pypmsi import irsa

    return irsa(0, YEAR, 12, "", typi=FIXED_AND_VARIABLE, tdiag=False, filepath=path)["actes"]["cdccam"].count()


def to_parquet(path: str) -> int:
    """The same, written."""
    from pypmsi import irsa

    tables = irsa(0, YEAR, 12, "", typi=FIXED_AND_VARIABLE, tdiag=False, filepath=path)
    with tempfile.TemporaryDirectory() as folder:
        for name, table in tables.items():
            table.write_parquet(Path(folder) / f"{name}.parquet")
    return tables["actes"]["cdccam"].count()


if __name__ == "__main__":
    main({"to_memory": to_memory, "to_parquet": to_parquet}, sys.argv[1:])
