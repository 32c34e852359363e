-- Grain: one code seen in the extract x position x term of an event that it meets there.
-- The small table through which everything coded passes once (stay_event). terms: how many the clause asks for together.
-- valid_from and valid_to: when the code has the meaning of the list. traits_*: what the event asks of the stay.
-- Follows: definition_clause definition_code definition_event definition_term shown_event
SELECT DISTINCT
  definition_term.position,
  list_code.code,
  definition_term.event_no,
  definition_term.clause,
  definition_term.term,
  definition_clause.terms,
  list_code.valid_from,
  list_code.valid_to,
  definition_event.traits_all,
  definition_event.traits_any,
  definition_event.traits_none
FROM list_code
INNER JOIN definition_term ON list_code.list_id = definition_term.list_id
INNER JOIN definition_clause ON definition_term.event_no = definition_clause.event_no AND definition_term.clause = definition_clause.clause
INNER JOIN definition_event ON definition_term.event_no = definition_event.event_no
INNER JOIN shown_event ON definition_term.event_no = shown_event.event_no AND shown_event.event_no = shown_event.shown_no
