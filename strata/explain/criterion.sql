-- Grain: one criterion of the condition.
-- What it asks (number, what is counted, months back: never more than the look-back) and what was met; nothing of the latter when it is not.
-- is_evaluated: whether the extract can show it; a criterion that cannot be shown is unknown, not unmet.
SELECT
  definition_criterion.criterion_no,
  definition_criterion.criterion_id,
  definition_criterion.label_fr,
  definition_criterion.label_en,
  definition_event.event_id,
  beside.event_id AS episode_event_id,
  definition_criterion.counted,
  definition_criterion.at_least,
  criterion_window.months,
  criterion_source.source,
  criterion_source.is_evaluated,
  person_evidence.criterion_no IS NOT NULL AS is_met,
  person_evidence.events,
  person_evidence.first_date,
  person_evidence.last_date,
  person_evidence.expires_on
FROM definition_criterion
INNER JOIN criterion_window ON definition_criterion.criterion_no = criterion_window.criterion_no
INNER JOIN definition_event ON definition_criterion.event_no = definition_event.event_no
LEFT JOIN definition_event AS beside ON definition_criterion.episode_event_no = beside.event_no
INNER JOIN criterion_source ON definition_criterion.criterion_no = criterion_source.criterion_no
LEFT JOIN person_evidence ON definition_criterion.criterion_no = person_evidence.criterion_no
ORDER BY definition_criterion.criterion_no
