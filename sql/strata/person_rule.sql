-- Grain: one person x condition x reporting year x rule that holds.
-- A rule holds when the weights of its criteria met reach its score. A criterion met alone may weigh otherwise (weight_alone).
WITH scored AS (
  SELECT
    person_evidence.person_id,
    person_evidence.year,
    definition_member.condition,
    definition_member.rule_id,
    CASE WHEN count(*) = 1 THEN max(definition_member.weight_alone) ELSE sum(definition_member.weight) END AS score
  FROM person_evidence
  INNER JOIN definition_member ON person_evidence.criterion_no = definition_member.criterion_no
  GROUP BY person_evidence.person_id, person_evidence.year, definition_member.condition, definition_member.rule_id
)

SELECT
  scored.person_id,
  scored.condition,
  scored.year,
  scored.rule_id,
  definition_rule.purpose,
  definition_rule.outcome,
  definition_rule.priority
FROM scored
INNER JOIN definition_rule ON scored.condition = definition_rule.condition AND scored.rule_id = definition_rule.rule_id
INNER JOIN person_state ON scored.person_id = person_state.person_id AND scored.year = person_state.year
WHERE scored.score >= definition_rule.min_score AND person_state.age_years >= definition_rule.age_min
