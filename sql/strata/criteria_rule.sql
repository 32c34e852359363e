-- Grain: one set of criteria of a condition that somebody meets x rule that they make hold, from an age on.
-- Many persons meet the same set: rules are added up once for each. A rule holds when the weights of its criteria met reach its score; a
-- criterion met alone may weigh otherwise (weight_alone).
-- Follows: criterion_bit definition_member definition_rule
WITH met AS (
  SELECT DISTINCT
    condition_bit.condition,
    CAST((block.criteria >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria
  FROM (SELECT DISTINCT block_no, criteria FROM person_criteria) AS block
  INNER JOIN condition_bit ON block.block_no = condition_bit.block_no
  WHERE ((block.criteria >> condition_bit.block_shift) & condition_bit.every_bit) <> 0
),

scored AS (
  SELECT
    met.condition,
    met.criteria,
    definition_member.rule_id,
    CASE WHEN count(*) = 1 THEN max(definition_member.weight_alone) ELSE sum(definition_member.weight) END AS score
  FROM met
  INNER JOIN criterion_bit ON met.condition = criterion_bit.condition AND (met.criteria & criterion_bit.bit) <> 0
  INNER JOIN definition_member ON criterion_bit.criterion_no = definition_member.criterion_no
  GROUP BY met.condition, met.criteria, definition_member.rule_id
)

SELECT
  scored.condition,
  scored.criteria,
  definition_rule.rule_id,
  definition_rule.purpose,
  definition_rule.outcome,
  definition_rule.priority,
  definition_rule.age_min
FROM scored
INNER JOIN definition_rule ON scored.condition = definition_rule.condition AND scored.rule_id = definition_rule.rule_id
WHERE scored.score >= definition_rule.min_score
