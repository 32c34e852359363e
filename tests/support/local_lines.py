"""TRA, VID-HOSP and RUM lines in plain Python from the layout tables: the oracle of the readers of a hospital's own files.

The identities are invented (department 99). Their keys are computed here with the standard library alone.
"""

import hashlib
import hmac

from tests.support.rsa_lines import FINESS, record

SECRET = b"a secret of the tests only"
NIR, BIRTH, SEX = "1500199123456", "02011950", "1"
OTHER_NIR, PARENT_NIR = "2481299654321", "2800699111222"
PLACEHOLDERS = ("0000000000000", "9999999999999", "1111111111111", "XXXXXXXXXXXXX", "9500199123456", "15001991234 6")


def check_number(nir: str) -> str:
    """The two digits behind an identity number; Corsica counts as 19 and 18."""
    return f"{97 - int(nir.replace('2A', '19').replace('2B', '18')) % 97:02d}"


def key_of(nir: str = NIR, birth: str = BIRTH, sex: str = SEX, secret: bytes = SECRET) -> str:
    """The key of a person as the documentation defines it."""
    return hmac.new(secret, f"{nir}{birth}{sex}".encode("ascii"), hashlib.sha256).hexdigest()[:32]


def tra_line(number: int, nas: str, entry: str = "01032024", exit_: str = "03032024", **changes: object) -> str:
    """The fixed form; dates as ddmmyyyy."""
    values = {
        "CLE_RSA": f"{number:010d}",
        "NORSS": f"{number:020d}",
        "NO_LIGNE_RSS": f"{number:010d}",
        "NAS": nas,
        "DTENT": entry,
        "DTSORT": exit_,
        "GHM1": "04M053",
    }
    return record("mco_tra", "82", "fixed", values | changes)


def tra_columns(number: int, nas: str, entry: str = "01032024", exit_: str = "03032024") -> str:
    """The ';' form, whose exit comes before the GHM."""
    return ";".join((f"{number:010d}", f"{number:020d}", nas.ljust(20), entry, exit_, "04M053", "hash@1#2"))


def vid_hosp_line(nas: str, version: str = "V014", blocks: int = 1, **changes: object) -> str:
    """A person known by the insured number, with its check number, unless `changes` (ATIH field names) says otherwise."""
    values: dict[str, object] = {
        "NIR_ASSURE": NIR, "NIR_INDIVIDUEL": None, "CLE_NIR_INDIVIDUEL": None, "INS": None, "DATE_NAISSANCE": BIRTH, "SEXE": SEX,
        "NAS": nas, "FORMAT": version, "FINESS": FINESS, "NAS_MERE": None, "NOUVEAU_NE_AVEC_MERE": None, "RANG_NAISSANCE": "1",
        "DATE_ENTREE": "01032024", "DATE_SORTIE": "03032024", "NB_DMT": f"{blocks:02d}",
    }  # fmt: skip
    values |= changes
    nir = values["NIR_ASSURE"]
    values.setdefault("CLE_NIR_ASSURE", check_number(str(nir)) if nir and str(nir).isdigit() else None)
    return record("vid_hosp", version, "fixed", values) + record("vid_hosp", version, "dmt", {}) * blocks


def rum_line(rss: int, entry: str, exit_: str, version: str = "122", das: tuple[str, ...] = (), acts: tuple[tuple[str, str], ...] = (),
             documentary: int = 0, nas: str = "NAS1", **changes: object) -> str:  # fmt: skip
    """One RUM; acts are (code, ddmmyyyy)."""
    values: dict[str, object] = {
        "NOCLAS": "11", "CDGHM": "05M092", "NOVERG": version, "NOVERR": f"0{version[1:]}", "NOFINESS": FINESS,
        "NORSS": f"{rss:020d}", "NAS": nas, "DTNAIS": BIRTH, "SXPMSI": SEX, "D8EEUE": entry, "MDEEUE": "8",
        "TYTRPR": None, "D8SOUE": exit_, "MDSOUE": "8", "TYTRDS": None, "CDRESI": "9A001", "NBSEAN": "00",
        "NBDAS": f"{len(das):02d}", "NBDAD": f"{documentary:02d}", "NBACTE": f"{len(acts):03d}",
        "DP": "I500", "DR": None,
    }  # fmt: skip
    zones = [record("mco_rum", version, "da", {"DAS": code}) for code in das]
    zones += [record("mco_rum", version, "dad", {"DAD": "E1120"})] * documentary
    for code, day in acts:
        zones.append(record("mco_rum", version, "actes", {"DTACTE": day, "CDCCAM": code, "PHASE": "0", "ACT": "1", "NBEXEC": "01"}))
    return record("mco_rum", version, "fixed", values | changes) + "".join(zones)


def blocks(*lines: str) -> list[bytes]:
    """A file as its readers take it, in two pieces so that a line is cut."""
    data = ("\n".join(lines) + "\n").encode("latin-1")
    return [data[: len(data) // 2], data[len(data) // 2 :]]
