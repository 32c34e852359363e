-- Grain: one set of criteria of a condition that somebody meets x range of ages in which the same rules may hold.
-- What the rules that hold come to: of each purpose the one that decides (status_rule).
-- Follows: criterion_bit definition_member definition_rule
WITH step AS (
  SELECT condition, age_min FROM definition_rule
  UNION
  SELECT condition, CAST(0 AS SMALLINT) AS age_min FROM definition
),

age AS (
  SELECT condition, age_min AS age_from, lead(age_min) OVER (PARTITION BY condition ORDER BY age_min) AS age_until
  FROM step
)

SELECT
  criteria_rule.condition,
  condition_bit.condition_no,
  criteria_rule.criteria,
  age.age_from,
  coalesce(age.age_until, 32767) AS age_until,
  bool_or(criteria_rule.purpose = 'population') AS is_in_population,
  bool_or(criteria_rule.purpose = 'known') AS is_known,
  min(CASE WHEN criteria_rule.purpose = 'stratum' THEN status_rule.status_no END) AS stratum_status_no,
  min(CASE WHEN criteria_rule.purpose = 'at_risk' THEN status_rule.status_no END) AS risk_status_no
FROM criteria_rule
INNER JOIN age
  ON criteria_rule.condition = age.condition
  AND CASE WHEN criteria_rule.condition = age.condition THEN criteria_rule.age_min <= age.age_from ELSE false END
INNER JOIN condition_bit ON criteria_rule.condition = condition_bit.condition
LEFT JOIN status_rule ON criteria_rule.condition = status_rule.condition AND criteria_rule.rule_id = status_rule.rule_id
GROUP BY criteria_rule.condition, condition_bit.condition_no, criteria_rule.criteria, age.age_from, age.age_until
