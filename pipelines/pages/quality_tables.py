"""What the extracts hold, what was set aside and how well it is coded: the tables that `strata check` prints and the quality page shows.

Belongs here: their titles, columns and queries over the warehouse. Not here: the counts (sql/quality), printing (commands/report.py),
the page (quality_page.py). No cell of an extract is in them but codes of a nomenclature.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.pages.private_page import FRENCH
from strata.ingest.reasons import reasons

Text = tuple[str, str]  # (French, English)
Choose = Callable[[str, str], str]
Found = tuple[list[str], list[tuple[Any, ...]]]  # names of columns, rows
# A copy, or a transmission older than what is held, is no fault.
REFUSED = "reason IS NOT NULL AND reason NOT IN ('already_in', 'superseded')"
_LINES_SHOWN = 20  # of those set aside: enough to find the fault, whatever their number


@dataclass(frozen=True)
class QualityTable:
    """One table. `{language}` in the query is fr or en; its first FROM is the table it needs.

    reading: how to read it, or what to do about it. reason: the place of a column of ingest reasons, written in words.
    has_fix: a last column says what to do. on_terminal: `strata check` prints it as well.
    """

    name: str
    title: Text
    heads: tuple[Text, ...]
    query: str
    reading: Text = ("", "")
    reason: int | None = None
    has_fix: bool = False
    on_terminal: bool = False

    @property
    def source(self) -> str:
        """The table of the warehouse it is read from."""
        return self.query.split("FROM ")[1].split()[0]

    def heads_shown(self) -> tuple[Text, ...]:
        """The heads, with that of the advice when there is one."""
        return (*self.heads, ("que faire", "what to do")) if self.has_fix else self.heads

    def rows(self, connection: duckdb.DuckDBPyConnection, language: str) -> list[list[str]]:
        """The cells as a terminal shows them: see told."""
        return self.told(self.found(connection, language), language)

    def found(self, connection: duckdb.DuckDBPyConnection, language: str) -> Found:
        """What the query gives."""
        found = connection.execute(self.query.replace("{language}", language))
        return [column[0] for column in found.description], found.fetchall()

    def told(self, found: Found, language: str, *, is_on_page: bool = False) -> list[list[str]]:
        """The same as texts; NULL is a dash. On a page the thousands of a number are apart, but in a year; a spreadsheet would take that
        for a text, and a terminal may lack the sign."""
        names, rows = found
        is_apart = [name != "year" and is_on_page for name in names]
        return [self._cells(row, is_apart, lambda french, english: french if language == "fr" else english) for row in rows]

    def _cells(self, row: tuple[Any, ...], is_apart: list[bool], choose: Choose) -> list[str]:
        cells = ["–" if cell is None else written(cell, apart, choose) for cell, apart in zip(row, is_apart, strict=True)]
        if self.reason is not None:
            cells[self.reason] = in_words(str(row[self.reason]), choose)
        return [*cells, what_to_do(str(row[self.reason or 0]), choose)] if self.has_fix else cells


def written(cell: Any, is_apart: bool, choose: Choose) -> str:
    """A cell as text; the decimals of a number follow a comma in French, so that a spreadsheet takes it for one."""
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        return str(cell)
    text = f"{cell:,}" if is_apart else str(cell)
    return choose(text.translate(FRENCH), text)


def in_words(code: str, choose: Choose) -> str:
    """A reason of ingest (`name` or `name: detail`) in one language."""
    name, _, detail = code.partition(": ")
    label = choose(*reasons()[name].label) if name in reasons() else name
    return f"{label} ({detail})" if detail else label


def what_to_do(code: str, choose: Choose) -> str:
    """What its reader can do about it."""
    name = code.partition(": ")[0]
    return choose(*reasons()[name].fix) if name in reasons() else ""


_LINES = (("lignes", "lines"), ("acceptées", "accepted"), ("quarantaine", "quarantined"), ("refusées", "refused"))
_HOSPITAL_YEAR = (("FINESS", "FINESS"), ("champ", "field"), ("année", "year"))
_STAYS = ("séjours", "stays")
TABLES = (
    QualityTable(
        "files_read",
        ("Fichiers lus", "Files read"),
        (("famille", "family"), ("fichiers", "files"), *_LINES),
        """SELECT family, count(*), sum(lines), sum(accepted), sum(quarantined), sum(refused)
           FROM read_file GROUP BY family ORDER BY family""",
        ("Lignes lues = acceptées + en quarantaine + refusées.", "Lines read = accepted + quarantined + refused."),
        on_terminal=True,
    ),
    QualityTable(
        "files_refused",
        ("Fichiers refusés", "Files refused"),
        (("fichier", "file"), ("motif", "reason")),
        f"SELECT source_file, reason FROM read_file WHERE {REFUSED} ORDER BY source_file",
        reason=1,
        has_fix=True,
        on_terminal=True,
    ),
    QualityTable(
        "files_unverified",
        ("Fichiers lus par un format qu'aucune source ne confirme", "Files read by a format that no source confirms"),
        (("fichier", "file"), ("famille", "family"), ("version", "version"), ("lignes", "lines")),
        "SELECT source_file, family, format_version, lines FROM read_file WHERE is_unverified ORDER BY source_file",
        (
            "Contrôler quelques séjours et les effectifs avant de publier.",
            "Check a few stays and the counts before publishing.",
        ),
        on_terminal=True,
    ),
    QualityTable(
        "quarantine_reasons",
        ("Lignes en quarantaine", "Lines quarantined"),
        (("motif", "reason"), ("lignes", "lines")),
        "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason",
        reason=0,
        has_fix=True,
        on_terminal=True,
    ),
    QualityTable(
        "quarantine",
        (f"Où elles sont (les {_LINES_SHOWN} premières)", f"Where they are (the first {_LINES_SHOWN})"),
        (("fichier", "file"), ("ligne", "line"), ("motif", "reason")),
        f"SELECT source_file, source_line, reason FROM quarantine ORDER BY source_file, source_line, reason LIMIT {_LINES_SHOWN}",
        reason=2,
        on_terminal=True,
    ),
    QualityTable(
        "coverage",
        ("Ce que l'extraction couvre", "What the extract covers"),
        (("année", "year"), ("champ", "field"), ("hôpitaux", "hospitals"), _STAYS, ("mois au moins", "months at least")),
        "SELECT year, field, count(*), sum(stays), min(months) FROM coverage_seen GROUP BY year, field ORDER BY year, field",
        on_terminal=True,
    ),
    QualityTable(
        "coverage_gap",
        ("Établissements-années qui ne sont pas ceux annoncés", "Hospital-years that are not those announced"),
        (*_HOSPITAL_YEAR, ("écart", "gap")),
        """SELECT finess, field, year, CASE kind || ' {language}'
             WHEN 'missing fr' THEN 'absent entre deux années' WHEN 'missing en' THEN 'missing between two years'
             WHEN 'cut_short fr' THEN 'transmission incomplète' WHEN 'cut_short en' THEN 'transmission cut short'
             WHEN 'absent_at_the_end fr' THEN 'absent la dernière année' WHEN 'absent_at_the_end en' THEN 'absent in the last year'
             WHEN 'declared_absent fr' THEN 'déclaré, absent' WHEN 'declared_absent en' THEN 'declared, absent'
             WHEN 'undeclared fr' THEN 'présent, non déclaré' WHEN 'undeclared en' THEN 'present, not declared' END
           FROM coverage_gap ORDER BY field, finess, year, 4""",
        on_terminal=True,
    ),
    QualityTable(
        "rejected",
        ("Séjours écartés d'au moins un usage", "Stays set aside from at least one use"),
        (("motif", "reason"), _STAYS),
        "SELECT label_{language}, sum(stays) FROM rejected INNER JOIN stay_filter USING (reason) GROUP BY ALL ORDER BY sum(stays) DESC, 1",
        ("Un séjour peut répondre à plusieurs motifs.", "A stay may meet several reasons."),
        on_terminal=True,
    ),
    QualityTable(
        "rejected_by_hospital",
        ("Les mêmes, par hôpital et par année", "The same, by hospital and year"),
        (*_HOSPITAL_YEAR, ("motif", "reason"), _STAYS, ("personnes", "persons")),
        """SELECT finess, field, year, label_{language}, stays, persons FROM rejected INNER JOIN stay_filter USING (reason)
           ORDER BY finess, field, year, stays DESC, 4""",
    ),
    QualityTable(
        "chaining",
        ("Chaînage", "Chaining"),
        (("année", "year"), _STAYS, ("rattachés, %", "followed, %")),
        "SELECT year, stays, round(100 * chained_share, 1) FROM chaining_check ORDER BY year",
        on_terminal=True,
    ),
    QualityTable(
        "hospital_year",
        ("Volume, chaînage et résidence par hôpital", "Volume, chaining and residence by hospital"),
        (
            *_HOSPITAL_YEAR,
            ("lignes", "rows"),
            _STAYS,
            ("rattachés, %", "followed, %"),
            ("résidence inconnue, %", "residence unknown, %"),
            ("sans coût, %", "without cost, %"),
        ),
        """SELECT finess, field, year, rows_read, stays, round(100 * chained_share, 1), round(100 * residence_unknown_share, 1),
                  round(100 * cost_unknown_share, 1)
           FROM hospital_year ORDER BY finess, field, year""",
    ),
    QualityTable(
        "coding",
        ("Intensité du codage", "Coding intensity"),
        (*_HOSPITAL_YEAR, ("séjours hors séances", "stays but sessions"), ("DAS par séjour", "DAS per stay")),
        "SELECT finess, field, year, stays, round(das_per_stay, 2) FROM coding_intensity ORDER BY finess, field, year",
        (
            "Un hôpital qui code davantage repère plus de personnes, dans des strates plus hautes : à lire avant toute évolution.",
            "A hospital that codes more finds more persons, in higher strata: read this before any trend.",
        ),
    ),
    QualityTable(
        "extensions",
        ("Extensions de codes renseignées", "Code extensions filled"),
        (*_HOSPITAL_YEAR, ("extension", "extension"), ("mentions", "mentions"), ("renseignées, %", "filled, %")),
        """SELECT DISTINCT finess, field, year, label_{language}, mentions, round(100 * filled_share, 1)
           FROM extension_filled INNER JOIN coding_marker USING (marker) ORDER BY finess, field, year, 4""",
    ),
    QualityTable(
        "drift",
        ("Écarts à l'année précédente", "Change from the year before"),
        (
            *_HOSPITAL_YEAR,
            ("séjours, rapport", "stays, ratio"),
            ("chaînage, points", "chaining, points"),
            ("DAS, rapport", "DAS, ratio"),
            ("extensions, points au plus", "extensions, points at most"),
        ),
        """SELECT finess, field, year, round(volume_ratio, 2), round(100 * chained_change, 1), round(das_ratio, 2),
                  round(100 * filled_change, 1)
           FROM drift ORDER BY finess, field, year""",
    ),
    QualityTable(
        "codes",
        ("Codes absents des nomenclatures apportées", "Codes unknown to the nomenclatures brought"),
        (
            ("nomenclature", "nomenclature"),
            ("champ", "field"),
            ("année", "year"),
            ("mentions", "mentions"),
            ("codes inconnus", "unknown codes"),
            ("mentions inconnues, %", "unknown mentions, %"),
        ),
        """SELECT system, field, year, mentions, unknown_codes, round(100 * unknown_share, 2)
           FROM code_check ORDER BY system, field, year""",
        (
            "Vide quand [paths] nomenclatures n'est pas renseigné : aucun code n'est alors contrôlé.",
            "Empty when [paths] nomenclatures is not set: no code is then checked.",
        ),
    ),
    QualityTable(
        "release_gate",
        ("Les strates annoncent-elles le coût de l'année suivante ?", "Do the strata foretell the cost of the year that follows?"),
        (
            ("année", "year"),
            ("définition", "definition"),
            ("base de coût", "cost basis"),
            ("personnes", "persons"),
            ("sexes où il croît (2)", "sexes where it rises (2)"),
            ("classes d'âge où il croît (4 sur 5)", "age bands where it rises (4 of 5)"),
            ("plus petit rapport entre strates voisines (1,3)", "least ratio of neighbouring strata (1.3)"),
            ("z de Jonckheere-Terpstra (3,09)", "z of Jonckheere-Terpstra (3.09)"),
            ("part de la plus petite strate, % (5)", "share of the smallest stratum, % (5)"),
            ("part de la plus grande, % (45)", "share of the largest, % (45)"),
        ),
        """SELECT year, definition_id, cost_basis, persons, sexes_rising, age_bands_rising, round(least_ratio, 2), round(trend_z, 1),
                  round(100 * smallest_share, 1), round(100 * largest_share, 1)
           FROM release_gate ORDER BY definition_id, cost_basis, year""",
        (
            "Porte de publication d'une définition (docs/explanation/validity.md) : bloquante sur une extraction nationale, à "
            "regarder ailleurs, où les effectifs d'une strate peuvent être trop petits pour elle. Des coûts synthétiques prouvent le code, "
            "pas la définition.",
            "Release gate of a definition (docs/explanation/validity.md): blocking on a national extract, to look at "
            "elsewhere, where a stratum may hold too few persons for it. Synthetic costs prove the code, not the definition.",
        ),
    ),
    QualityTable(
        "stratum_gradient",
        ("Coût de l'année suivante par strate, sexe et âge", "Cost of the year that follows by stratum, sex and age"),
        (
            ("année", "year"),
            ("maladie", "condition"),
            ("base de coût", "cost basis"),
            ("sexe ou âge", "sex or age"),
            ("strate", "stratum"),
            ("personnes", "persons"),
            ("coût moyen, €", "mean cost, €"),
        ),
        """SELECT year, condition, cost_basis, part_value, stratum, persons, round(mean_eur)
           FROM stratum_gradient ORDER BY condition, cost_basis, year, part, part_value, stratum""",
    ),
    QualityTable(
        "stratum_movement",
        ("Qui change de strate d'une année à la suivante, et pourquoi", "Who changes stratum from one year to the next, and why"),
        (
            ("année", "year"),
            ("maladie", "condition"),
            ("de", "from"),
            ("à", "to"),
            ("cause", "cause"),
            ("personnes", "persons"),
        ),
        """SELECT year, condition, from_stratum, to_stratum, CASE cause || ' {language}'
             WHEN 'new_evidence fr' THEN 'preuve nouvelle' WHEN 'new_evidence en' THEN 'new evidence'
             WHEN 'evidence_expired fr' THEN 'preuve expirée' WHEN 'evidence_expired en' THEN 'evidence expired'
             WHEN 'no_recent_event fr' THEN 'pas d''événement récent' WHEN 'no_recent_event en' THEN 'no recent event'
             WHEN 'type_changed fr' THEN 'autre type' WHEN 'type_changed en' THEN 'other type'
             WHEN 'death fr' THEN 'décès' WHEN 'death en' THEN 'death'
             WHEN 'entered fr' THEN 'pas vue auparavant' WHEN 'entered en' THEN 'not seen before'
             WHEN 'left fr' THEN 'résidence perdue' WHEN 'left en' THEN 'residence lost'
             WHEN 'moved fr' THEN 'autre territoire' WHEN 'moved en' THEN 'other territory'
             WHEN 'same_evidence fr' THEN 'mêmes preuves, autre lecture' WHEN 'same_evidence en' THEN 'same evidence, read otherwise'
             WHEN 'unchanged fr' THEN 'inchangée' WHEN 'unchanged en' THEN 'unchanged' END, persons
           FROM stratum_movement ORDER BY condition, year, from_stratum, to_stratum, persons DESC, 5""",
        (
            "Une preuve expirée ne dit rien de la personne : un code est sorti de la fenêtre. « Pas d'événement récent » peut être une "
            "amélioration, selon la règle (docs/explanation/validity.md).",
            "Evidence that expired says nothing of the person: a code left the window. 'No recent event' may be an improvement, depending "
            "on the rule (docs/explanation/validity.md).",
        ),
    ),
    QualityTable(
        "cartography",
        ("La cartographie de la CNAM à côté de nos définitions", "The CNAM cartography beside our definitions"),
        (
            ("année", "year"),
            ("maladie", "condition"),
            ("comparaison", "comparison"),
            ("chez nous", "ours"),
            ("à la CNAM", "CNAM's"),
            ("les deux", "both"),
            ("chez nous seulement", "ours only"),
            ("à la CNAM seulement", "CNAM's only"),
            ("dont adultes en vie vus à l'hôpital", "of them, living adults seen in hospital"),
            ("de la CNAM, retrouvées, %", "of CNAM's, found, %"),
            ("de la CNAM et vues, retrouvées, %", "of CNAM's and seen, found, %"),
            ("des nôtres, à la CNAM, %", "of ours, CNAM's, %"),
        ),
        """WITH summed AS (
             SELECT year, condition, comparison,
               coalesce(sum(persons) FILTER (WHERE level IN ('1', '2', '3', '4', 'met')), 0) AS ours, sum(persons_with_top) AS theirs,
               coalesce(sum(persons_with_top) FILTER (WHERE level IN ('1', '2', '3', '4', 'met')), 0) AS in_both,
               coalesce(sum(persons_with_top) FILTER (WHERE level IN ('not_found', 'at_risk_strict', 'at_risk_extended')), 0) AS missed
             FROM cartography_crosswalk GROUP BY year, condition, comparison),
           named AS (SELECT DISTINCT condition, comparison, label_{language} AS label FROM definition_cartography)
           SELECT year, summed.condition, label, ours, theirs, in_both, ours - in_both, theirs - in_both, missed,
             round(100 * in_both / NULLIF(theirs, 0), 1), round(100 * in_both / NULLIF(in_both + missed, 0), 1),
             round(100 * in_both / NULLIF(ours, 0), 1)
           FROM summed INNER JOIN named ON summed.condition = named.condition AND summed.comparison = named.comparison
           ORDER BY summed.condition, summed.comparison <> 'condition', summed.comparison, year""",
        (
            "Sans les tables CT_IND et CT_IDE dans l'extraction, rien ne peut être comparé et ce tableau est vide. Les tops ont leur "
            "propre contenu (médicaments, ALD, autres durées) : un écart n'est une erreur ni de l'un ni de l'autre "
            "(docs/explanation/validity.md). Petits effectifs exacts : usage interne.",
            "Without the tables CT_IND and CT_IDE in the extract, nothing can be compared and this table is empty. Tops have a content of "
            "their own (drugs, ALD, other periods): a gap is no error of either side (docs/explanation/validity.md). Small exact numbers: "
            "internal use.",
        ),
    ),
    QualityTable(
        "cartography_stratum",
        ("Les mêmes, par strate", "The same, by stratum"),
        (
            ("année", "year"),
            ("maladie", "condition"),
            ("niveau", "level"),
            ("personnes", "persons"),
            ("à la CNAM", "CNAM's"),
            ("à la CNAM, %", "CNAM's, %"),
        ),
        """SELECT year, condition, CASE level || ' {language}'
             WHEN 'at_risk_strict fr' THEN 'à risque, strict' WHEN 'at_risk_strict en' THEN 'at risk, strict'
             WHEN 'at_risk_extended fr' THEN 'à risque, étendu' WHEN 'at_risk_extended en' THEN 'at risk, extended'
             WHEN 'not_found fr' THEN 'vue, sans statut' WHEN 'not_found en' THEN 'seen, without a status'
             WHEN 'under_age fr' THEN 'trop jeune' WHEN 'under_age en' THEN 'too young'
             WHEN 'died fr' THEN 'décédée avant la date d''index' WHEN 'died en' THEN 'dead by the index date'
             WHEN 'not_seen fr' THEN 'pas vue à l''hôpital' WHEN 'not_seen en' THEN 'not seen in hospital'
             ELSE CASE '{language}' WHEN 'fr' THEN 'strate ' ELSE 'stratum ' END || level END, persons, persons_with_top,
             CASE WHEN level IN ('1', '2', '3', '4', 'at_risk_strict', 'at_risk_extended')
               THEN round(100 * persons_with_top / persons, 1) END
           FROM cartography_crosswalk WHERE comparison = 'condition' ORDER BY condition, year, level""",
        (
            "Des niveaux hors de la définition, seules les personnes que la CNAM compte sont dites.",
            "Of the levels outside the definition, only the persons whom the CNAM counts are told.",
        ),
    ),
    QualityTable(
        "risk_with_care",
        ("À risque strict, avec les soins de ville", "At strict risk, with ambulatory care"),
        (
            ("année", "year"),
            ("maladie", "condition"),
            ("à risque strict, tel que publié", "at strict risk, as published"),
            ("avec les soins de ville", "with ambulatory care"),
            ("de plus, %", "more, %"),
        ),
        """SELECT year, condition, persons, persons_with_care, round(100 * (persons_with_care - persons) / NULLIF(persons, 0), 1)
           FROM risk_with_care ORDER BY condition, year""",
        (
            "Ce que les médicaments délivrés ajoutent au risque ; les niveaux publiés n'en dépendent pas. Vide sans DCIR, ou sans la "
            "table des médicaments du projet (shared/drugs.csv) : ce niveau est alors inconnu. Petits effectifs exacts : usage interne.",
            "What dispensed drugs add to the risk; published levels do not depend on it. Empty without DCIR, or without the project's "
            "table of drugs (shared/drugs.csv): the level is then unknown. Small exact numbers: internal use.",
        ),
    ),
    QualityTable(
        "reconciliation",
        ("À rapprocher d'OVALIDE", "To hold against OVALIDE"),
        (
            *_HOSPITAL_YEAR,
            ("mois", "month"),
            ("lignes", "rows"),
            ("en erreur", "in error"),
            ("séances", "sessions"),
            _STAYS,
            ("nuits", "nights"),
            ("jours de présence", "presence days"),
            ("valorisés", "valued"),
            ("BR, €", "BR, €"),
            ("base standard, €", "standard base, €"),
        ),
        """SELECT finess, field, year, month, rows_read, rows_in_error, sessions, stays, nights, presence_days, valued_stays,
                  cost_billed_eur, cost_standard_eur
           FROM reconciliation ORDER BY finess, field, year, month""",
        (
            "Les séjours et les euros sont ceux que gardent nos filtres ; les lignes sont celles du fichier.",
            "Stays and euros are those that our filters keep; rows are those of the file.",
        ),
    ),
)
