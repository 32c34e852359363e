-- Grain: one stay x one event of a definition that it shows.
-- An event is a choice of clauses; a clause is a set of terms (code lists in positions) that the same stay must show together;
-- the stay must also have the traits asked for. An event without a clause asks for no code: any stay shows it.
-- Codes meet definitions here and nowhere else, by equality (code_term). Each row has what is needed of its stay, so that no stay is looked
-- for twice.
-- `days`: how many days of the event the stay stands for (its sessions, or the distinct days of its acts).
-- The rows of a person lie together, so that what is made range after range of persons finds them without looking through all.
-- Buckets: stay_id
-- Slices: stay_id
WITH coded AS NOT MATERIALIZED (
  SELECT stay_id, 'icd10' AS system, position, code, CAST(NULL AS SMALLINT) AS day_offset FROM diagnosis
  UNION ALL
  SELECT stay_id, 'ccam' AS system, 'act' AS position, code, day_offset FROM procedure
  UNION ALL
  SELECT stay_id, 'ghm' AS system, 'ghm' AS position, ghm AS code, CAST(NULL AS SMALLINT) AS day_offset FROM stay
  UNION ALL
  SELECT stay_id, 'unit' AS system, 'unit' AS position, authorisation_1 AS code, CAST(NULL AS SMALLINT) AS day_offset FROM unit
  UNION ALL
  SELECT stay_id, 'unit' AS system, 'unit' AS position, authorisation_2 AS code, CAST(NULL AS SMALLINT) AS day_offset FROM unit
  UNION ALL
  SELECT stay_id, 'supplement' AS system, 'supplement' AS position, 'rea' AS code, CAST(NULL AS SMALLINT) AS day_offset
  FROM read_stay
  WHERE supplement_rea > 0
  UNION ALL
  SELECT stay_id, 'supplement' AS system, 'supplement' AS position, 'stf' AS code, CAST(NULL AS SMALLINT) AS day_offset
  FROM read_stay
  WHERE supplement_stf > 0
  UNION ALL
  SELECT stay_id, 'supplement' AS system, 'supplement' AS position, 'src' AS code, CAST(NULL AS SMALLINT) AS day_offset
  FROM read_stay
  WHERE supplement_src > 0
),

-- Dates and traits are questions to the stay of a code, never a way to find one: one question, that names both sides.
hit AS NOT MATERIALIZED (
  SELECT
    stay.person_id,
    coded.stay_id,
    stay.entry_date,
    stay.exit_date,
    CASE WHEN stay.is_session THEN stay.sessions ELSE 0 END AS sessions,
    code_term.event_no,
    code_term.clause,
    code_term.terms,
    code_term.term,
    coded.day_offset
  FROM coded
  INNER JOIN code_term ON coded.code = code_term.code AND coded.position = code_term.position
  INNER JOIN stay ON coded.stay_id = stay.stay_id
  WHERE
    stay.counts_for_person
    AND CASE
      WHEN stay.exit_date >= code_term.valid_from AND stay.exit_date <= code_term.valid_to
        THEN
          (stay.traits & code_term.traits_all) = code_term.traits_all
          AND (code_term.traits_any = 0 OR (stay.traits & code_term.traits_any) > 0)
          AND (stay.traits & code_term.traits_none) = 0
      ELSE false
    END
),

-- Only acts have days of their own to count, and few clauses have several terms: the rest, which is nearly all, shows its event at once.
term_met AS (
  SELECT
    person_id,
    stay_id,
    entry_date,
    exit_date,
    sessions,
    event_no,
    clause,
    terms,
    term,
    CAST(count(DISTINCT day_offset) AS SMALLINT) AS days
  FROM hit
  WHERE terms > 1 OR day_offset IS NOT NULL
  GROUP BY person_id, stay_id, entry_date, exit_date, sessions, event_no, clause, terms, term
),

-- A clause holds when each of its terms is met.
clause_met AS (
  SELECT
    person_id,
    stay_id,
    entry_date,
    exit_date,
    sessions,
    event_no,
    max(days) AS days
  FROM term_met
  GROUP BY person_id, stay_id, entry_date, exit_date, sessions, event_no, clause, terms
  HAVING count(*) = terms
),

codeless AS (
  SELECT
    definition_event.event_no,
    definition_event.traits_all,
    definition_event.traits_any,
    definition_event.traits_none
  FROM definition_event
  INNER JOIN shown_event ON definition_event.event_no = shown_event.event_no AND shown_event.event_no = shown_event.shown_no
  LEFT JOIN definition_clause ON definition_event.event_no = definition_clause.event_no
  WHERE definition_clause.event_no IS NULL
),

shown AS (
  SELECT
    person_id,
    stay_id,
    event_no,
    entry_date,
    exit_date,
    sessions,
    CAST(0 AS SMALLINT) AS days
  FROM hit
  WHERE terms = 1 AND day_offset IS NULL
  UNION ALL
  SELECT
    person_id,
    stay_id,
    event_no,
    entry_date,
    exit_date,
    sessions,
    days
  FROM clause_met
),

stay_shown AS (
  SELECT
    person_id,
    stay_id,
    event_no,
    entry_date,
    exit_date,
    CAST(max(greatest(days, sessions, 1)) AS SMALLINT) AS days
  FROM shown
  GROUP BY person_id, stay_id, event_no, entry_date, exit_date
  UNION ALL
  SELECT
    stay.person_id,
    stay.stay_id,
    codeless.event_no,
    stay.entry_date,
    stay.exit_date,
    CAST(CASE WHEN stay.is_session THEN greatest(stay.sessions, 1) ELSE 1 END AS SMALLINT) AS days
  FROM stay
  CROSS JOIN codeless
  WHERE
    stay.counts_for_person
    AND (stay.traits & codeless.traits_all) = codeless.traits_all
    AND (codeless.traits_any = 0 OR (stay.traits & codeless.traits_any) > 0)
    AND (stay.traits & codeless.traits_none) = 0
)

SELECT
  person_id,
  stay_id,
  event_no,
  entry_date,
  exit_date,
  days
FROM stay_shown
ORDER BY person_id
