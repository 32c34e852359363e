-- Grain: one move (condition, state before, state after) x criterion met on one side only.
-- change: 'appears' (met after only) or 'disappears'. deciding_persons: for how many of them it is one of the rule that decided on the side
-- where it is met.
WITH changed AS (
  SELECT moved.person_id, moved.condition, moved.state_before, moved.state_after, moved.rule_after AS rule_id,
    evidence.criterion_id, evidence.criterion_no, 'appears' AS change
  FROM moved
  INNER JOIN b.person_evidence AS evidence ON moved.person_id = evidence.person_id AND moved.condition = evidence.condition
  LEFT JOIN a.person_evidence AS other
    ON evidence.person_id = other.person_id AND evidence.condition = other.condition AND evidence.criterion_id = other.criterion_id
  WHERE other.person_id IS NULL
  UNION ALL
  SELECT moved.person_id, moved.condition, moved.state_before, moved.state_after, moved.rule_before AS rule_id,
    evidence.criterion_id, evidence.criterion_no, 'disappears' AS change
  FROM moved
  INNER JOIN a.person_evidence AS evidence ON moved.person_id = evidence.person_id AND moved.condition = evidence.condition
  LEFT JOIN b.person_evidence AS other
    ON evidence.person_id = other.person_id AND evidence.condition = other.condition AND evidence.criterion_id = other.criterion_id
  WHERE other.person_id IS NULL
),

member AS (
  SELECT 'appears' AS change, condition, rule_id, criterion_no FROM b.definition_member
  UNION ALL
  SELECT 'disappears' AS change, condition, rule_id, criterion_no FROM a.definition_member
)

SELECT
  changed.condition,
  changed.state_before,
  changed.state_after,
  changed.change,
  changed.criterion_id,
  count(*) AS persons,
  count(member.criterion_no) AS deciding_persons
FROM changed
LEFT JOIN member
  ON changed.change = member.change
  AND changed.condition = member.condition
  AND changed.rule_id = member.rule_id
  AND changed.criterion_no = member.criterion_no
GROUP BY changed.condition, changed.state_before, changed.state_after, changed.change, changed.criterion_id
ORDER BY changed.condition, changed.state_before, changed.state_after, deciding_persons DESC, persons DESC, changed.change, changed.criterion_id
