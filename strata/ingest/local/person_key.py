"""The key of a person in local files: a keyed hash of an identity that is never kept.

Belongs here: the secret, which identity numbers can be used, and the hash. Not here: reading the lines that hold the identity
(vid_hosp.py), nor which stays they belong to (identity.py). The identity comes as bytes in memory and leaves as a hash: no message, no
table and no file holds a part of it.
"""

import hmac
import os

import duckdb
import numpy as np
import pyarrow as pa

from strata.errors import StrataError
from strata.ingest.lines.fixed_width import Array, is_blank

VARIABLE = "STRATA_PERSON_KEY"
FEWEST_BYTES = 16
KEY_BYTES = 16  # 128 bits of the hash, 32 hexadecimal letters: the chance that two persons of a country meet is below 1e-22
NUMBER_WIDTH = 13
MARK_BYTES = 4
_MAKE_ONE = 'python -c "import secrets; print(secrets.token_hex(32))"'
_ZERO, _NINE, _A, _B = (ord(letter) for letter in "09AB")
_CORSICA = 6  # place of the letter in 2A and 2B


def secret() -> bytes:
    """The secret of the environment. StrataError (usage) when it is missing or short, which says how to make and keep one."""
    value = os.environ.get(VARIABLE, "").encode("utf-8")
    if len(value) >= FEWEST_BYTES:
        return value
    why = (
        ("La variable n'est pas définie.", "The variable is not set.")
        if not value
        else (f"Le secret a moins de {FEWEST_BYTES} octets.", f"The secret has fewer than {FEWEST_BYTES} bytes.")
    )
    raise StrataError(
        what=(
            "Il manque le secret qui chiffre les identités de VID-HOSP.",
            "The secret that hashes the identities of VID-HOSP is missing.",
        ),
        where=VARIABLE,
        why=why,
        fix=(
            f"Créez-le une fois ({_MAKE_ONE}), définissez {VARIABLE} avant chaque lancement et gardez-en une copie dans le coffre de "
            "l'établissement : avec un autre secret, les années déjà lues ne se rejoignent plus.",
            f"Make one once ({_MAKE_ONE}), set {VARIABLE} before every run and keep a copy in the vault of the hospital: with another "
            "secret, the years already read no longer join.",
        ),
        is_usage=True,
    )


def hold_to(connection: duckdb.DuckDBPyConnection) -> None:
    """StrataError (usage) when the warehouse was keyed with another secret: persons would be counted twice. The first is remembered.

    What is remembered is a mark, 32 bits of a hash made with the secret: it tells two secrets apart and says nothing of either.
    """
    mark = hmac.digest(secret(), b"mark of the secret", "sha256")[:MARK_BYTES].hex()
    known = connection.execute("SELECT mark FROM person_secret").fetchall()
    if not known:
        connection.execute("INSERT INTO person_secret VALUES (?)", [mark])
    elif known != [(mark,)]:
        raise StrataError(
            what=("Le secret n'est pas celui des années déjà lues.", "The secret is not that of the years already read."),
            where=VARIABLE,
            why=(
                "Les personnes lues avec l'un et l'autre ne se rejoindraient pas, et seraient comptées deux fois.",
                "Persons read with one and the other would not join, and would be counted twice.",
            ),
            fix=(
                "Reprenez le secret gardé dans le coffre ; perdu, supprimez l'entrepôt et relisez toutes les années avec le nouveau.",
                "Take the secret kept in the vault; when it is lost, delete the warehouse and read every year again with the new one.",
            ),
            is_usage=True,
        )


def usable_numbers(numbers: Array, control: Array) -> Array:
    """For each row of `numbers` (n, 13), whether it can stand for a person; `control` (n, 2) is its check number, or blank.

    Thirteen digits (A or B after 2 for Corsica), a first digit of 1 to 8, twelve that are not all alike (0000…, 9999… stand for
    nobody), and the check number, where it is written, equal to 97 - number modulo 97.
    """
    digits, is_number = _digits(numbers)
    first = numbers[:, 0]
    is_one_person = (first > _ZERO) & (first < _NINE) & (numbers[:, 1:] != numbers[:, 1:2]).any(axis=1)
    remainder = np.zeros(len(numbers), dtype=np.int64)
    for column in digits.T:
        remainder = (remainder * 10 + column) % 97
    written, is_written = _digits(control)
    is_good = written[:, 0].astype(np.int64) * 10 + written[:, 1] == 97 - remainder
    return is_number & is_one_person & (is_blank(control) | (is_written & is_good))


def _digits(cells: Array) -> tuple[Array, Array]:
    """Digits of each row, Corsica as the check number counts it (2A is 19, 2B is 18), and whether the row is made of digits only."""
    digits = (cells - _ZERO).astype(np.uint8)
    if cells.shape[1] > _CORSICA:
        for letter, replaced in ((_A, 9), (_B, 8)):
            is_corsica = (cells[:, _CORSICA] == letter) & (cells[:, _CORSICA - 1] == ord("2"))
            digits[is_corsica, _CORSICA - 1], digits[is_corsica, _CORSICA] = 1, replaced
    return digits, np.asarray((digits < 10).all(axis=1))


def keys(secret_key: bytes, identities: Array) -> pa.StringArray:
    """The key of each row of `identities` (n, width): number, birth date and sex side by side. HMAC-SHA256, its first 32 letters.

    Each distinct identity is hashed once, by the standard library: about a microsecond, for the persons of one hospital-year.
    """
    rows = np.ascontiguousarray(identities)
    distinct, place = np.unique(rows.view(f"V{rows.shape[1]}").ravel(), return_inverse=True)
    hashed = [hmac.digest(secret_key, identity.tobytes(), "sha256")[:KEY_BYTES].hex() for identity in distinct]
    return pa.array(hashed, pa.string()).take(pa.array(place))
