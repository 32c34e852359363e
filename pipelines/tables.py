"""The tables that Python makes: what SQL files may read beside each other.

Belongs here: which tables are written together, by whom, from what. Not here: SQL tables (sql/) nor how they are written (strata/).
"""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.session import Session

_FILES_PER_LINE = 50  # a national landing folder holds thousands


@dataclass(frozen=True)
class Writer:
    """One step in Python. tables: name -> meaning. reads: tables that must be built before. stage: what a person is told."""

    name: str
    tables: dict[str, str]
    write: Callable[[Session], None]
    stage: tuple[str, str]
    reads: tuple[str, ...] = ()


def _extract(session: Session) -> None:
    from strata.ingest.load import ingest
    from strata.ingest.warehouse.notices import beyond

    read = itertools.count(1)

    def count_file(_name: str) -> None:
        if (files := next(read)) % _FILES_PER_LINE == 0:
            session.tell((f"  {files} fichiers…", f"  {files} files…"))

    report = ingest(session.config.path("landing"), session.connection, count_file)
    for notice in report.notices:
        session.tell(notice)
    for warning in (*report.warnings, *beyond(session.connection, session.config.years.last)):
        session.warn(warning)
    if refused := len(report.refused_files):
        session.tell((f"  fichiers refusés : {refused} (strata check dit pourquoi)", f"  files refused: {refused} (strata check says why)"))


def _inputs(session: Session) -> None:
    from strata.ingest.user.tables import load_user_tables

    paths = {name: session.config.path(name) for name in ("territories", "population", "tariffs")}
    optional = {name: session.config.path(name) for name in ("crosswalk", "nomenclatures") if getattr(session.config.paths, name)}
    for notice in load_user_tables(session.connection, **paths, **optional):
        session.tell(notice)


def _deaths(session: Session) -> None:
    from strata.ingest.user.deaths import load_deaths

    for notice in load_deaths(session.connection, session.config.path("deaths")):
        session.tell(notice)


def _settings(session: Session) -> None:
    from strata.settings import write_settings

    write_settings(session.connection, session.config)


def _definitions(session: Session) -> None:
    from strata.definitions.folder import write_definitions

    write_definitions(session.connection, session.config)


def _reference(session: Session) -> None:
    from strata.reference.nation import load_reference

    load_reference(session.connection, session.config)


WRITERS = (
    Writer(
        "extract",
        {
            "read_stay": "Stays as read from the extracts, one row per accepted stay.",
            "read_unit": "Medical units of the stays, as read.",
            "read_diagnosis": "Associated diagnoses, as read.",
            "read_procedure": "Acts, as read.",
            "read_group": "Parts of SMR and HAD stays that have a tariff of their own, as read.",
            "pseudonym": "Pseudonym of each person: the only table that holds it.",
            "quarantine": "Lines set aside, each with its reason.",
            "read_file": "Files seen, with lines in = accepted + quarantined + refused.",
            "read_slice": "(hospital, field of care, year) now held, and from which transmission.",
            "read_slice_file": "Lines of each file in each of these slices.",
            "person_secret": "Tells the secret of local files from another one; says nothing of it.",
            "read_care": "Ambulatory care as read (DCIR): acts, tests, drugs, other services, with signed quantities.",
            "read_beneficiary": "Beneficiaries as read (IR_BEN_R): several rows where a person has several pseudonyms.",
            "read_ald": "Exemptions for long-term illness as read (IR_IMB_R), renewals apart.",
            "read_cartography": "Tops of the CNAM cartography that are set, as read.",
            "read_person_slice": "What is held of each table about persons, and from which files.",
            "read_person_file": "Lines of each file in each slice of a table about persons.",
            "archive_entry": "What the archives of the landing folder hold, told by their bytes: they need not be unzipped again.",
        },
        _extract,
        ("Lecture des extractions…", "Reading the extracts…"),
    ),
    Writer(
        "inputs",
        {
            "territory": "Territories as lists of PMSI geographic codes.",
            "territory_straddle": "Residents of codes that two territories share, counted where the whole code is.",
            "postcode": "PMSI geographic code of each postcode, for residences told by postcode; empty without a crosswalk.",
            "population": "Residents by year, place, sex and age.",
            "tariff_ghs": "Public GHS tariffs by year, euros.",
            "tariff_ghs_private": "Private GHS tariffs by year, euros (fees of physicians not included).",
            "tariff_gmt": "Public GMT tariffs of rehabilitation by year, euros.",
            "tariff_ght": "Public GHT tariffs of home hospitalisation by year, euros a day.",
            "tariff_supplement": "Public tariffs of the daily supplements, euros.",
            "nomenclature": "Codes that exist, by nomenclature; empty unless a user brings some.",
        },
        _inputs,
        ("Lecture des territoires, populations et tarifs…", "Reading territories, populations and tariffs…"),
    ),
    Writer(
        "deaths",
        {"user_death": "Dates of death that a user brings, persons of the extract only."},
        _deaths,
        ("Décès apportés…", "Deaths brought…"),
        reads=("pseudonym",),
    ),
    Writer(
        "settings",
        {
            "setting": "The choices of strata.toml that SQL reads, one row.",
            "reporting_year": "Years to publish, their index date and look-back.",
            "age_band": "Age bands.",
            "stay_filter": "Stay filters and the use each one acts on.",
            "care_filter": "Filters of ambulatory care and the use each one acts on.",
            "coding_marker": "Code extensions whose filling is watched.",
            "movement_term": "Weight of the national row in a probability of movement, and members that a place needs, one row.",
            "follow_up_term": "Members that a stratum needs for its follow-up to be told, one row.",
            "use_measure": "Measures of hospital use and what each is a part of.",
            "condition_union": "Conditions whose persons are also counted together.",
            "territory_group": "Places made of several territories.",
            "characteristic": "What is told of the persons of a condition: sex, ages, criteria.",
            "unvalued_session": "Sessions that keep no value when rendered for another hospital.",
            "duplicate_finess": "Geographic FINESS that repeat stays of their legal hospital.",
            "accepted_gap": "Hospital-years declared absent or cut short.",
            "declared_hospital": "Hospitals that strata.toml names, by field of care.",
            "declared_care": "Until when ambulatory care is complete, one row where it is declared (NULL: it cannot serve).",
        },
        _settings,
        ("Réglages…", "Settings…"),
        reads=("read_slice", "read_stay", "read_person_slice"),
    ),
    Writer(
        "definition_tables",
        {
            "definition": "Conditions and the version of their definition.",
            "definition_code": "Codes of every list.",
            "definition_event": "Events a stay can show.",
            "definition_clause": "Clauses of the events.",
            "definition_term": "Terms of the clauses: a code list in a position.",
            "definition_criterion": "Events counted over a look-back.",
            "definition_rule": "Rules that give a stratum or a risk level.",
            "definition_member": "Criteria of each rule and their weights.",
            "definition_cartography": "Tops of the CNAM cartography that stand beside a status or a criterion of ours.",
            "definition_act": "Acts of follow-up that the calendar of a condition expects.",
            "definition_act_way": "Ways an act of follow-up is shown: by a code, by a speciality, or both.",
            "definition_act_code": "Codes and specialities of each way.",
            "definition_act_expected": "How often an act is expected, by stratum.",
            "definition_act_quarter": "Acts expected of one person in a quarter, by stratum.",
            "definition_type_group": "Events that speak for a type.",
            "definition_type_rule": "Types, in order of precedence.",
            "definition_type_term": "Conditions of each type.",
        },
        _definitions,
        ("Définitions…", "Definitions…"),
    ),
    Writer(
        "reference",
        {
            "reference_cell": "National rates and mean costs by age, sex and stratum.",
            "reference_total": "Crude national figures.",
            "reference_spread": "Where the nation's territories lie: quartiles, over-dispersion; empty without a pack that says so.",
            "reference_pack": "Name, hash and terms of the pack in use; empty without one.",
        },
        _reference,
        ("Référence nationale…", "National reference…"),
        reads=("national_cell", "flow_year", "setting", "reporting_year", "age_band", "definition", "territory"),
    ),
)

PYTHON_TABLES = frozenset(table for writer in WRITERS for table in writer.tables)
