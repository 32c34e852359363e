-- Grain: one event of a definition.
-- Events that ask exactly the same of a stay, in one condition or in several, are looked for once, under the smallest of their numbers:
-- shown_no. It is the event_no of code_term, stay_event and care_event.
WITH asked AS (
  SELECT
    definition_event.event_no,
    definition_event.traits_all,
    definition_event.traits_any,
    definition_event.traits_none,
    string_agg(
      concat_ws('.', definition_term.clause, definition_term.term, definition_term.list_id, definition_term.position), ' '
      ORDER BY definition_term.clause, definition_term.term, definition_term.list_id, definition_term.position
    ) AS terms
  FROM definition_event
  LEFT JOIN definition_term ON definition_event.event_no = definition_term.event_no
  GROUP BY definition_event.event_no, definition_event.traits_all, definition_event.traits_any, definition_event.traits_none
)

SELECT
  event_no,
  min(event_no) OVER (PARTITION BY traits_all, traits_any, traits_none, terms) AS shown_no
FROM asked
