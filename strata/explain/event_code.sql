-- Grain: one stay x event it shows x code that shows it, in one position (and on one day, for an act).
-- Only the terms of clauses that hold whole: half of a "together" shows nothing.
WITH clause_held AS (
  SELECT
    event_term.stay_id,
    event_term.event_no,
    event_term.clause
  FROM event_term
  INNER JOIN definition_clause ON event_term.event_no = definition_clause.event_no AND event_term.clause = definition_clause.clause
  GROUP BY event_term.stay_id, event_term.event_no, event_term.clause, definition_clause.terms
  HAVING count(DISTINCT event_term.term) = definition_clause.terms
)

SELECT
  clause_held.stay_id,
  clause_held.event_no,
  stay_code.position,
  stay_code.code,
  stay_code.day_offset,
  min(list_code.list_id) AS list_id
FROM clause_held
INNER JOIN stay ON clause_held.stay_id = stay.stay_id
INNER JOIN definition_term ON clause_held.event_no = definition_term.event_no AND clause_held.clause = definition_term.clause
INNER JOIN stay_code ON clause_held.stay_id = stay_code.stay_id AND definition_term.position = stay_code.position
INNER JOIN list_code
  ON definition_term.list_id = list_code.list_id
  AND stay_code.system = list_code.system
  AND stay_code.code = list_code.code
  AND stay.exit_date >= list_code.valid_from
  AND stay.exit_date <= list_code.valid_to
GROUP BY clause_held.stay_id, clause_held.event_no, stay_code.position, stay_code.code, stay_code.day_offset
ORDER BY clause_held.stay_id, clause_held.event_no, stay_code.position, stay_code.code, stay_code.day_offset
