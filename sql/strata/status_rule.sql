-- Grain: one rule that gives a status: a stratum or a level of risk.
-- status_no: its number, in the order of conditions and priorities, so that of the rules of a condition that hold the smallest decides.
-- Persons are kept with it (person_status).
SELECT
  CAST(row_number() OVER (ORDER BY definition_rule.condition, definition_rule.priority) AS SMALLINT) AS status_no,
  definition_rule.condition,
  definition_rule.rule_id,
  CAST(CASE definition_rule.purpose WHEN 'stratum' THEN definition_rule.outcome ELSE '0' END AS SMALLINT) AS stratum,
  CASE definition_rule.purpose WHEN 'stratum' THEN 'diseased' ELSE 'at_risk_' || definition_rule.outcome END AS status,
  definition.definition_id
FROM definition_rule
INNER JOIN definition ON definition_rule.condition = definition.condition
WHERE definition_rule.purpose IN ('stratum', 'at_risk')
