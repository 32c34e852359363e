"""The clinical text read once more, from latent facts: what each stay shows, and what a person is at 31 December.

Belongs here: an own reading of the open definitions, on meanings (tables/facts.csv), never on code lists. Not here: which
readings of a person are compared, and what is ambiguous (truth.py).
"""

from dataclasses import dataclass

import numpy as np

from strata.synthetic.dates import day
from strata.synthetic.stays import Table
from strata.synthetic.tables import bits, fact_bits, rows

ADULT, RISK_AGE_T2D, RISK_AGE_HF, UNSAID_TYPE_AGE = 18, 45, 65, 45
NOBODY, STRICT, EXTENDED = 0, 5, 6  # beside the strata 1-4
LOOKBACK_YEARS = 5
SYSTEMS = ("eye", "kidney", "neuro", "foot", "coronary", "cerebro", "pad")
T2D_COMORBIDITIES = ("hta", "bmi_35", "dyslipidaemia", "apnoea", "fatty_liver", "af", "copd", "mild_ckd")
HF_COMORBIDITIES = ("af", "ckd_3", "diabetes", "copd", "bmi_35", "anaemia", "valve")
TYPES = ("type_1", "type_2", "type_secondary", "type_unsaid")


@dataclass(frozen=True)
class Shown:
    """What the stays of some persons show, one row per stay, sorted by person then exit; `person` counts from 0."""

    person: np.ndarray
    persons: int
    exit: np.ndarray
    age: np.ndarray
    died: np.ndarray
    is_session: np.ndarray
    sessions: np.ndarray
    mask: np.ndarray  # meanings, any position
    main: np.ndarray  # meanings as a main diagnosis
    decompensation: np.ndarray
    episode: np.ndarray  # number of the episode, -1 for a session
    intensive_episode: np.ndarray
    admitted_for_t2d: np.ndarray
    is_acute: np.ndarray  # an MCO stay: acute events are seen there only
    is_contact: np.ndarray  # an ambulatory act of psychiatry: its codes count, but it is no stay

    def has(self, *words: str) -> np.ndarray:
        """Whether a stay shows one of these meanings in any position."""
        return (self.mask & bits(*words)) > 0

    def has_main(self, *words: str) -> np.ndarray:
        """Whether a main diagnosis of a stay means one of these."""
        return (self.main & bits(*words)) > 0


def meanings_of_stays(stay: Table, codes: tuple[Table, ...], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Per stay, the meanings in any position and those of its main diagnoses; codes are the tables unit, das and act.

    key is 'fact' (what was written) or 'latent' (what was so).
    """
    unit = codes[0]
    dp, dr = ("dp", "dr") if key == "fact" else ("latent_dp", "latent_dr")
    anywhere, as_main = fact_bits("means"), fact_bits("means_as_main")
    mask = anywhere[stay[dp]] | anywhere[stay[dr]] | _ghm_bits()[stay["ghm_root"]]
    main = as_main[stay[dp]].copy()
    for table in codes:
        np.bitwise_or.at(mask, table["stay"], anywhere[table[key]])
    np.bitwise_or.at(main, unit["stay"], as_main[unit[key]])
    np.bitwise_or.at(mask, unit["stay"], anywhere[unit["related"]])
    return mask, main


def _ghm_bits() -> np.ndarray:
    return np.array([bits(*row["means"].split()) for row in rows("ghm")], dtype=np.uint64)


def show(stay: Table, mask: np.ndarray, main: np.ndarray, person: np.ndarray, persons: int) -> Shown:
    """The rows of one reading; `person` counts from 0 and the stays are sorted by person, then exit."""
    session = stay["session"]
    i50_beside = (mask & bits("i50")) > 0
    is_main = (main & bits("hf_main")) > 0
    is_paired = ((main & bits("hf_paired")) > 0) & i50_beside
    acute = (stay["nights"] >= 1) | stay["urgent"] | stay["died"]
    decompensation = ~session & acute & (is_main | is_paired)
    episode = _episodes(stay, person)
    intensive = np.zeros(episode.max(initial=0) + 2, dtype=bool)
    intensive[episode[stay["intensive"] & ~session]] = True
    admitted = ((main & bits("t2_admission")) > 0) & (stay["nights"] >= 1)
    return Shown(
        person, persons, stay["exit"], stay["age"], stay["died"], session, stay["sessions"], mask, main,
        decompensation, episode, intensive[episode], admitted, stay["is_acute"], stay["is_contact"],
    )  # fmt: skip


def _episodes(stay: Table, person: np.ndarray) -> np.ndarray:
    """The number of the episode of each stay; -1 for sessions and outside MCO. A day between two stays, or a transfer, does not end one."""
    here = np.flatnonzero(~stay["session"] & stay["is_acute"])
    here = here[np.lexsort((stay["exit"][here], stay["entry"][here], person[here]))]
    owner, entry, leaving = person[here].astype(np.int64), stay["entry"][here], stay["exit"][here]
    reach = np.maximum.accumulate(leaving + owner * 100_000)
    begins = np.ones(len(here), dtype=bool)
    arrives = np.isin(stay["entry_mode"][here], [b"7", b"0"])
    begins[1:] = (owner[1:] != owner[:-1]) | ((entry[1:] + owner[1:] * 100_000 > reach[:-1] + 1) & ~arrives[1:])
    episode = np.full(len(person), -1)
    episode[here] = np.cumsum(begins) - 1
    return episode


class Window:
    """The stays of everyone that ended in the `months` before 31 December of a year, that day included."""

    def __init__(self, shown: Shown, year: int, months: int) -> None:
        self._shown = shown
        self._inside = (shown.exit >= day(year - months // 12 + 1)) & (shown.exit < day(year + 1))

    def any(self, flag: np.ndarray) -> np.ndarray:
        """Per person, whether a stay of the window has the flag."""
        return self.count(flag) > 0

    def has(self, *words: str) -> np.ndarray:
        """Per person, whether a stay of the window shows one of these meanings."""
        return self.any(self._shown.has(*words))

    def count(self, flag: np.ndarray) -> np.ndarray:
        """Per person, the stays of the window that have the flag."""
        return np.bincount(self._shown.person[self._inside & flag], minlength=self._shown.persons)

    def distinct(self, flag: np.ndarray, value: np.ndarray) -> np.ndarray:
        """Per person, the distinct values of the flagged stays of the window."""
        here = np.flatnonzero(self._inside & flag)
        pairs = np.unique(self._shown.person[here].astype(np.int64) * 2**32 + value[here])
        return np.bincount((pairs >> 32).astype(np.int64), minlength=self._shown.persons)

    def everyone(self) -> np.ndarray:
        """Per person, whether there is any stay in the window (contacts are none)."""
        return self.any(~self._shown.is_contact)

    def age_at_first(self, flag: np.ndarray) -> np.ndarray:
        """Per person, the age at the first flagged stay of the window (999 without one)."""
        here = np.flatnonzero(self._inside & flag)
        age = np.full(self._shown.persons, 999)
        age[self._shown.person[here][::-1]] = self._shown.age[here][::-1]  # the stays are in order of exit: the first wins
        return age


def in_stock(shown: Shown, age: np.ndarray, year: int) -> np.ndarray:
    """Adults not known to be dead at 31 December."""
    dead = np.zeros(shown.persons, dtype=bool)
    dead[shown.person[shown.died & (shown.exit < day(year + 1))]] = True
    return (age >= ADULT) & ~dead


def chronic_dialysis(shown: Shown, last_year: Window, variant: str) -> np.ndarray:
    """Two distinct days of acts or sessions in twelve months, or once the status beside CKD 5."""
    dialysis, status = shown.has("dialysis"), shown.has("dialysis_status") & shown.has("ckd_5")
    two_days = last_year.distinct(dialysis, shown.exit) >= 2
    if variant == "session_days":
        two_days |= last_year.any(dialysis & (shown.sessions >= 2))
    return two_days | last_year.any(status)


def severe_metabolic(shown: Shown, variant: str) -> np.ndarray:
    """Stays for a diabetic coma, ketoacidosis or hypoglycaemia; the last only with diabetes in the same stay, or on the person."""
    with_diabetes = shown.has(*TYPES) | (variant == "hypoglycaemia_apart")
    return ~shown.is_session & (shown.has_main("metabolic") | (shown.has_main("metabolic_if_diabetic") & with_diabetes))


def t2d(shown: Shown, age: np.ndarray, year: int, variant: str = "") -> np.ndarray:
    """Per person: stratum 1-4 of type 2 diabetes, STRICT or EXTENDED risk, or NOBODY."""
    five, two, one = (Window(shown, year, months) for months in (60, 24, 12))
    stratum = np.select([_t2d_4(shown, five, two, one, variant), _t2d_3(shown, five, two, variant), _t2d_2(shown, five, two)], [4, 3, 2], 1)
    diabetic = five.has(*TYPES)
    risky = five.has("t2_risk") | five.any(shown.has_main("t2_risk"))
    strict = risky | (five.has("overweight") & (age >= RISK_AGE_T2D))
    extended = five.everyone() & (age >= RISK_AGE_T2D)
    risk = np.where(strict, STRICT, np.where(extended, EXTENDED, NOBODY))
    found = np.where(_is_type_2(shown, five, age), stratum, np.where(diabetic, NOBODY, risk))
    return np.where(in_stock(shown, age, year), found, NOBODY).astype(np.int8)


def _is_type_2(shown: Shown, five: Window, age: np.ndarray) -> np.ndarray:
    """The type by majority of the stays, as section 1.4 settles it; contacts do not vote: alone, they are a type not said."""
    n1, n2 = (five.count(shown.has(name) & ~shown.is_contact) for name in ("type_1", "type_2"))
    first_age = five.age_at_first(shown.has(*TYPES))
    by_majority = (2 * n2 > n1 + n2) | ((n1 == n2) & (first_age >= 40))
    ketoacidosis = five.any(shown.has_main("t1_ketoacidosis"))
    overruled = ((first_age < 30) & (n1 >= 1)) | ((n1 >= 2) & ketoacidosis & (first_age < 40))
    in_stays = shown.has("type_unsaid") & ~shown.is_contact
    unsaid_only = (five.any(in_stays) | five.any(shown.is_contact & shown.has(*TYPES))) & (age >= UNSAID_TYPE_AGE)
    unsaid_only &= ~five.any(shown.has("type_secondary") & ~shown.is_contact)
    return np.where(n1 + n2 > 0, by_majority & ~overruled, unsaid_only)


def _systems(five: Window, shown: Shown) -> np.ndarray:
    """Organ systems: "multiple complications" is two when nothing else is known, and one more otherwise."""
    known = sum(five.has(name).astype(np.int64) for name in SYSTEMS if name != "cerebro")
    known = known + (five.has("cerebro") | five.any(shown.has_main("cerebro")))
    return np.minimum(7, known + np.where(five.has("multiple_complications"), np.where(known == 0, 2, 1), 0))


def _t2d_4(shown: Shown, five: Window, two: Window, one: Window, variant: str) -> np.ndarray:
    stroke = shown.has_main("stroke")
    meets = chronic_dialysis(shown, one, variant) | five.has("graft") | five.has("amputation") | five.has("blind")
    meets |= two.any(shown.decompensation) | two.any(stroke) | (five.any(stroke) & five.has("sequel"))
    return meets | (_systems(five, shown) >= 3) | (two.count(severe_metabolic(shown, variant)) >= 2)


def _t2d_3(shown: Shown, five: Window, two: Window, variant: str) -> np.ndarray:
    return (_systems(five, shown) >= 1) | (two.count(severe_metabolic(shown, variant)) == 1)


def _t2d_2(shown: Shown, five: Window, two: Window) -> np.ndarray:
    comorbidities = sum(five.has(name).astype(np.int64) for name in T2D_COMORBIDITIES)
    return two.has("insulin") | five.has("other_complication") | two.any(shown.admitted_for_t2d) | (comorbidities >= 2)


def hf(shown: Shown, age: np.ndarray, year: int, variant: str = "") -> np.ndarray:
    """Per person: stratum 1-4 of heart failure, STRICT or EXTENDED risk, or NOBODY."""
    five, two, one = (Window(shown, year, months) for months in (60, 24, 12))
    counts = [window.distinct(shown.decompensation, shown.episode) for window in (five, two, one)]
    stratum = np.select([_hf_4(shown, five, two, one, counts, variant), _hf_3(shown, five, two, counts), _hf_2(five, counts)], [4, 3, 2], 1)
    cardiotoxic = five.any(shown.has("chemo") & shown.has("cardiotoxic_cancer"))
    infarction_or_stroke = five.any(shown.has_main("hf_risk"))
    strict = five.has("hf_risk", "diabetes") | cardiotoxic | infarction_or_stroke
    extended = five.everyone() & (age >= RISK_AGE_HF)
    risk = np.where(strict, STRICT, np.where(extended, EXTENDED, NOBODY))
    found = np.where(five.has("hf"), stratum, risk)
    return np.where(in_stock(shown, age, year), found, NOBODY).astype(np.int8)


def _hf_4(shown: Shown, five: Window, two: Window, one: Window, counts: list[np.ndarray], variant: str) -> np.ndarray:
    with_i50 = shown.has("i50")
    meets = (counts[2] >= 2) | (counts[1] >= 3) | two.any(shown.has("shock") & with_i50 & shown.is_acute)
    meets |= five.has("heart_graft") | five.has("assist") | five.any(shown.has("temporary_assist") & with_i50)
    return meets | chronic_dialysis(shown, one, variant) | one.has("palliative")


def _hf_3(shown: Shown, five: Window, two: Window, counts: list[np.ndarray]) -> np.ndarray:
    meets = (counts[2] == 1) | (counts[0] >= 2) | two.any(shown.decompensation & shown.intensive_episode)
    return meets | five.has("ckd_4_5") | (two.has("valve_intervention") & (counts[1] >= 1))


def _hf_2(five: Window, counts: list[np.ndarray]) -> np.ndarray:
    comorbidities = sum(five.has(name).astype(np.int64) for name in HF_COMORBIDITIES)
    return (counts[0] == 1) | five.has("crt_icd") | five.has("low_lvef") | (comorbidities >= 2)
