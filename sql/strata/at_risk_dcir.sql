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

-- Sets of criteria by which a rule of care may hold: of their persons alone the age is asked.
care_set AS (
  SELECT DISTINCT
    criteria_rule.condition,
    criteria_rule.criteria,
    condition_bit.block_no,
    condition_bit.block_shift,
    condition_bit.every_bit
  FROM criteria_rule
  INNER JOIN computable ON criteria_rule.condition = computable.condition
  INNER JOIN condition_bit ON criteria_rule.condition = condition_bit.condition
  WHERE criteria_rule.purpose = 'at_risk_dcir'
),

asked AS MATERIALIZED (
  SELECT
    person_criteria.person_id,
    person_criteria.year,
    care_set.condition,
    care_set.criteria
  FROM person_criteria
  INNER JOIN care_set
    ON person_criteria.block_no = care_set.block_no
    AND CAST((person_criteria.criteria >> care_set.block_shift) & care_set.every_bit AS BIGINT) = care_set.criteria
),

aged AS (
  SELECT person_id, year, age_years
  FROM person_residence
  WHERE person_id IN (SELECT person_id FROM asked)
),

held AS (
  SELECT
    asked.person_id,
    asked.condition,
    asked.year,
    bool_or(criteria_rule.purpose = 'known') AS is_known,
    min(CASE WHEN criteria_rule.purpose = 'at_risk_dcir' THEN criteria_rule.priority END) AS care_priority
  FROM asked
  INNER JOIN aged ON asked.person_id = aged.person_id AND asked.year = aged.year
  INNER JOIN criteria_rule ON asked.condition = criteria_rule.condition AND asked.criteria = criteria_rule.criteria
  -- one question, that names both sides (person_rule)
  WHERE CASE WHEN asked.criteria = criteria_rule.criteria THEN aged.age_years >= criteria_rule.age_min ELSE false END
  GROUP BY asked.person_id, asked.condition, asked.year
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
