-- Grain: one stay x one event of a definition that it shows.
-- An event is a choice of clauses; a clause is a set of terms (code lists in positions) that the same stay must show together;
-- the stay must also have the traits asked for. An event without a clause asks for no code: any stay shows it.
-- Codes meet definitions here and nowhere else, by equality (code_term). Each row has what is needed of its stay, so that no stay is looked
-- for twice.
-- `days`: how many days of the event the stay stands for (its sessions, or the distinct days of its acts).
-- Buckets: stay_id
WITH coded AS (
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

-- Made before any stay is looked for: dates and traits are questions to the stay of a code, never a way to find one.
found AS MATERIALIZED (
  SELECT
    coded.stay_id,
    coded.day_offset,
    code_term.event_no,
    code_term.clause,
    code_term.terms,
    code_term.term,
    code_term.valid_from,
    code_term.valid_to,
    definition_event.traits_all,
    definition_event.traits_any,
    definition_event.traits_none
  FROM coded
  INNER JOIN code_term ON coded.code = code_term.code AND coded.position = code_term.position
  INNER JOIN definition_event ON code_term.event_no = definition_event.event_no
),

hit AS NOT MATERIALIZED (
  SELECT
    stay.person_id,
    stay.stay_id,
    stay.entry_date,
    stay.exit_date,
    CASE WHEN stay.is_session THEN stay.sessions ELSE 0 END AS sessions,
    found.event_no,
    found.clause,
    found.terms,
    found.term,
    found.day_offset
  FROM found
  INNER JOIN stay
    ON found.stay_id = stay.stay_id
    AND stay.exit_date >= found.valid_from
    AND stay.exit_date <= found.valid_to
  WHERE
    stay.counts_for_person
    AND (stay.traits & found.traits_all) = found.traits_all
    AND (found.traits_any = 0 OR (stay.traits & found.traits_any) > 0)
    AND (stay.traits & found.traits_none) = 0
),

-- Only acts have days of their own to count; the rest, which is nearly all, is not counted twice.
term_met AS NOT MATERIALIZED (
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
    0 AS days
  FROM hit
  WHERE day_offset IS NULL
  UNION ALL
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
    count(DISTINCT day_offset) AS days
  FROM hit
  WHERE day_offset IS NOT NULL
  GROUP BY person_id, stay_id, entry_date, exit_date, sessions, event_no, clause, terms, term
),

-- A clause holds when each of its terms has set its bit.
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
  HAVING bit_or(CAST(1 AS BIGINT) << term) = (CAST(2 AS BIGINT) << terms) - 2
),

codeless AS (
  SELECT
    definition_event.event_no,
    definition_event.traits_all,
    definition_event.traits_any,
    definition_event.traits_none
  FROM definition_event
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
    max(days) AS days
  FROM clause_met
  GROUP BY person_id, stay_id, event_no, entry_date, exit_date, sessions
  UNION ALL
  SELECT
    stay.person_id,
    stay.stay_id,
    codeless.event_no,
    stay.entry_date,
    stay.exit_date,
    CASE WHEN stay.is_session THEN stay.sessions ELSE 0 END AS sessions,
    0 AS days
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
  CAST(greatest(days, sessions, 1) AS SMALLINT) AS days
FROM shown
