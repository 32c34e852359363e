"""Who each stay of a hospital's own files belongs to: RSA -> TRA -> VID-HOSP -> key of the person.

Belongs here: joining what is already read, and setting aside the lines that contradict each other or belong to no stay.
Not here: reading them (tra.py, vid_hosp.py), the hash (person_key.py), which files go together (atih/transmissions.py).

Several VID-HOSP lines of one administrative stay: when they agree the first is kept, when they disagree none is.
A TRA line whose dates are not those of the .ano is set aside, and with it the way to the person: the .ano wins.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from strata.ingest.lines.line_faults import FileRead

KEYS = pa.schema([("stay_number", pa.string()), ("pseudonym", pa.string()), ("entry_date", pa.date32()), ("exit_date", pa.date32())])


def person_keys(stay_numbers: pa.ChunkedArray, tra: FileRead, vid_hosp: FileRead | None = None, ano: pa.Table | None = None) -> pa.Table:
    """One row per stay that has a TRA line (KEYS): its dates, and its person where VID-HOSP names one (else NULL).

    stay_numbers: those of the RSA accepted; tra, vid_hosp: what their readers give, whose lines are set aside here;
    ano: stay_number, entry_date, exit_date of the .ano, where there is one.
    """
    tra.set_aside(pc.invert(pc.is_in(tra.rows.column("stay_number"), value_set=_values(stay_numbers))), "tra_without_rsa")
    if ano is not None:
        tra.set_aside(_disagrees(tra.rows, ano), "tra_disagrees")
    columns = {name: tra.rows.column(name) for name in KEYS.names if name != "pseudonym"}
    columns["pseudonym"] = persons_of(tra.rows.column("nas"), vid_hosp)
    return pa.Table.from_arrays([columns[name] for name in KEYS.names], schema=KEYS)


def persons_of(nas: pa.ChunkedArray, vid_hosp: FileRead | None) -> pa.ChunkedArray:
    """The key of the person of each administrative stay (NULL: unknown); a grouped RSS begins here. Lines of VID-HOSP are set aside."""
    if vid_hosp is None:
        return pa.chunked_array([pa.nulls(len(nas), pa.string())])
    _settle(vid_hosp, nas)
    rows = vid_hosp.rows
    return rows.column("pseudonym").take(pc.index_in(nas, value_set=_values(rows.column("nas")), skip_nulls=True))


def _settle(vid_hosp: FileRead, nas: pa.ChunkedArray) -> None:
    """Leave one line per administrative stay that is in use."""
    vid_hosp.set_aside(pc.invert(pc.is_in(vid_hosp.rows.column("nas"), value_set=_values(nas))), "nas_without_stay")
    again = vid_hosp.rows.filter(pc.is_in(vid_hosp.rows.column("nas"), value_set=_repeated(vid_hosp.rows.column("nas"))))
    if len(again):
        counted = again.group_by("nas").aggregate([("pseudonym", "count_distinct"), ("line", "min")])
        several = counted.filter(pc.greater(counted.column("pseudonym_count_distinct"), 1)).column("nas")
        vid_hosp.set_aside(pc.is_in(vid_hosp.rows.column("nas"), value_set=_values(several)), "identities_disagree")
        later = pc.invert(pc.is_in(again.column("line"), value_set=_values(counted.column("line_min"))))
        vid_hosp.set_aside(pc.is_in(vid_hosp.rows.column("line"), value_set=_values(again.column("line").filter(later))), "repeated_nas")


def _repeated(values: pa.ChunkedArray) -> pa.Array:
    """The values that are there more than once: few, where grouping all of them would take as much memory as the file."""
    encoded = values.combine_chunks().dictionary_encode()
    counts = np.bincount(encoded.indices.to_numpy(), minlength=len(encoded.dictionary))
    return encoded.dictionary.filter(pa.array(counts > 1))


def _disagrees(tra: pa.Table, ano: pa.Table) -> pa.ChunkedArray:
    """Whether a TRA line gives other dates than the .ano; a date that the .ano leaves blank contradicts nothing."""
    place = pc.index_in(tra.column("stay_number"), value_set=_values(ano.column("stay_number")))
    differs = [pc.not_equal(tra.column(name), ano.column(name).take(place)) for name in ("entry_date", "exit_date")]
    return pc.or_(*(pc.fill_null(one, False) for one in differs))


def _values(column: pa.ChunkedArray) -> pa.Array:
    return pc.drop_null(column).combine_chunks() if isinstance(column, pa.ChunkedArray) else pc.drop_null(column)
