"""One parcel: the files one hospital brings, what is wrong with them, and what must become of every line.

Belongs here: the shape of an expectation. Not here: making files, or comparing with what happened (judge.py).
"""

from dataclasses import dataclass, field

STAY_KEY, PERSON = "555", "K"  # how every stay number and pseudonym of the corpus begins: they must show in no message
SECRET_CODE = "SECRET"  # the main diagnosis of every stay


@dataclass
class Parcel:
    """files lie in a folder of their own, named after the hospital, so that parcels read together stay independent.

    File names below are relative to that folder, `a.zip!entry` for an entry.
    cases: how many malformed things are tried.
    stays: number of each stay that must be in -> whether it has its person (None: either).
    aside: (file, line) -> reasons, for one of which the line must be set aside.
    refused: file -> reasons, for one of which it must be refused; '' when it may be taken.
    lines: file -> its lines as the maker counts them.
    is_exact: nothing else is set aside, refused or stored.
    """

    name: str
    finess: str
    files: dict[str, bytes]
    cases: int = 1
    stays: dict[str, bool | None] = field(default_factory=dict)
    aside: dict[tuple[str, int], set[str]] = field(default_factory=dict)
    refused: dict[str, set[str]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    is_exact: bool = True
