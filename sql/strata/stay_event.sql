-- Grain: one stay x one event of a definition that it shows.
-- An event is a choice of clauses; a clause is a set of terms (code lists in positions) that the same stay must show together;
-- the stay must also have the traits asked for. An event without a clause asks for no code: any stay shows it.
-- `days`: how many days of the event the stay stands for (its sessions, or the distinct days of its acts).
WITH term_met AS (
  SELECT
    stay_list.stay_id,
    definition_term.event_no,
    definition_term.clause,
    definition_term.term,
    count(DISTINCT stay_list.day_offset) AS days
  FROM stay_list
  INNER JOIN definition_term ON stay_list.list_id = definition_term.list_id AND stay_list.position = definition_term.position
  INNER JOIN stay
    ON stay_list.stay_id = stay.stay_id
    AND stay.exit_date >= stay_list.valid_from
    AND stay.exit_date <= stay_list.valid_to
  WHERE stay.counts_for_person
  GROUP BY stay_list.stay_id, definition_term.event_no, definition_term.clause, definition_term.term
),

clause_met AS (
  SELECT
    term_met.stay_id,
    term_met.event_no,
    max(term_met.days) AS days
  FROM term_met
  INNER JOIN definition_clause ON term_met.event_no = definition_clause.event_no AND term_met.clause = definition_clause.clause
  GROUP BY term_met.stay_id, term_met.event_no, term_met.clause, definition_clause.terms
  HAVING count(*) = definition_clause.terms
),

shown AS (
  SELECT
    stay_id,
    event_no,
    max(days) AS days
  FROM clause_met
  GROUP BY stay_id, event_no
  UNION ALL
  SELECT
    stay.stay_id,
    definition_event.event_no,
    0 AS days
  FROM stay
  CROSS JOIN definition_event
  WHERE definition_event.event_no NOT IN (SELECT event_no FROM definition_clause)
)

SELECT
  stay.person_id,
  stay.stay_id,
  shown.event_no,
  stay.entry_date,
  stay.exit_date,
  CAST(greatest(shown.days, CASE WHEN stay.is_session THEN stay.sessions ELSE 0 END, 1) AS SMALLINT) AS days
FROM shown
INNER JOIN stay ON shown.stay_id = stay.stay_id
INNER JOIN definition_event ON shown.event_no = definition_event.event_no
WHERE
  stay.counts_for_person
  AND (stay.traits & definition_event.traits_all) = definition_event.traits_all
  AND (definition_event.traits_any = 0 OR (stay.traits & definition_event.traits_any) > 0)
  AND (stay.traits & definition_event.traits_none) = 0
