-- Grain: one person x condition x reporting year at strict risk once ambulatory care is looked at (rules of at_risk = "strict_dcir").
-- Strict risk as person_stratum has it, and persons whom only care puts at risk (is_added), whatever their extended level. Beside
-- person_stratum, not in it: published levels do not depend on whether DCIR is held. Empty where a criterion of these rules cannot be
-- shown (criterion_source): the level is then unknown, not equal to the strict one.
WITH computable AS (
  SELECT definition_member.condition
  FROM definition_member
  INNER JOIN definition_rule
    ON definition_member.condition = definition_rule.condition AND definition_member.rule_id = definition_rule.rule_id
  INNER JOIN criterion_source ON definition_member.criterion_no = criterion_source.criterion_no
  WHERE definition_rule.purpose = 'at_risk_dcir'
  GROUP BY definition_member.condition
  HAVING bool_and(criterion_source.is_evaluated)
),

strict AS (
  SELECT
    person_stratum.person_id,
    person_stratum.condition,
    person_stratum.year,
    person_stratum.definition_id,
    person_stratum.territory_id,
    person_stratum.rule_id
  FROM person_stratum
  INNER JOIN computable ON person_stratum.condition = computable.condition
  WHERE person_stratum.status = 'at_risk_strict'
),

held AS (
  SELECT
    person_rule.person_id,
    person_rule.condition,
    person_rule.year,
    bool_or(person_rule.purpose = 'known') AS is_known,
    min(CASE WHEN person_rule.purpose = 'at_risk_dcir' THEN person_rule.priority END) AS care_priority
  FROM person_rule
  INNER JOIN computable ON person_rule.condition = computable.condition
  GROUP BY person_rule.person_id, person_rule.condition, person_rule.year
),

added AS (
  SELECT
    held.person_id,
    held.condition,
    held.year,
    held.care_priority
  FROM held
  LEFT JOIN strict ON held.person_id = strict.person_id AND held.condition = strict.condition AND held.year = strict.year
  WHERE NOT held.is_known AND held.care_priority IS NOT NULL AND strict.person_id IS NULL
)

SELECT
  person_id,
  condition,
  year,
  definition_id,
  territory_id,
  rule_id,
  false AS is_added
FROM strict
UNION ALL
SELECT
  added.person_id,
  added.condition,
  added.year,
  definition.definition_id,
  person_state.territory_id,
  definition_rule.rule_id,
  true AS is_added
FROM added
INNER JOIN definition ON added.condition = definition.condition
INNER JOIN definition_rule ON added.condition = definition_rule.condition AND added.care_priority = definition_rule.priority
INNER JOIN person_state ON added.person_id = person_state.person_id AND added.year = person_state.year
WHERE person_state.is_alive AND person_state.age_years >= definition.age_min
