-- Grain: one person drawn x what is asked x stay that counts for it.
-- For a stratum: the stays of the deciding rule, and those that say the condition is there. For a criterion: its own.
WITH criterion AS (
  SELECT drawn.question_no, drawn.person_id, definition_criterion.criterion_no
  FROM drawn
  INNER JOIN definition_criterion ON drawn.kind = 'criterion' AND drawn.value = definition_criterion.criterion_id
  WHERE definition_criterion.condition = $condition
  UNION
  SELECT drawn.question_no, drawn.person_id, definition_member.criterion_no
  FROM drawn
  INNER JOIN person_stratum ON drawn.person_id = person_stratum.person_id
  INNER JOIN definition_rule
    ON person_stratum.condition = definition_rule.condition
    AND (person_stratum.rule_id = definition_rule.rule_id OR definition_rule.purpose = 'population')
  INNER JOIN definition_member
    ON definition_rule.condition = definition_member.condition AND definition_rule.rule_id = definition_member.rule_id
  WHERE drawn.kind = 'stratum' AND person_stratum.condition = $condition AND person_stratum.year = $year
)

SELECT
  criterion.question_no,
  stay.finess,
  stay.field,
  stay.entry_date,
  stay.exit_date,
  stay.source_file,
  stay.source_line,
  string_agg(DISTINCT criterion_window.criterion_id, ', ' ORDER BY criterion_window.criterion_id) AS criteria
FROM criterion
INNER JOIN criterion_window ON criterion.criterion_no = criterion_window.criterion_no AND criterion_window.year = $year
INNER JOIN stay_event
  ON criterion.person_id = stay_event.person_id
  AND criterion_window.event_no = stay_event.event_no
  AND stay_event.exit_date <= criterion_window.index_date
  AND stay_event.exit_date > criterion_window.after_date
INNER JOIN stay ON stay_event.stay_id = stay.stay_id
GROUP BY
  criterion.question_no, stay.stay_id, stay.finess, stay.field, stay.entry_date, stay.exit_date, stay.source_file, stay.source_line
