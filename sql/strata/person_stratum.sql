-- Grain: one person x condition x reporting year with a status: alive at the index date, adult, resident.
-- Diseased: in the population and of its type; the stratum is that of the highest rule that holds. At risk: not known to have the
-- condition in any type, and a risk rule holds; strict wins over extended. rule_id is the deciding rule.
-- Buckets: person_id
-- Years: person_criteria person_state person_type
WITH aged AS (
  SELECT
    person_criteria.person_id,
    person_criteria.year,
    person_criteria.block_no,
    person_criteria.criteria,
    person_state.age_years,
    person_state.territory_id
  FROM person_criteria
  INNER JOIN person_state ON person_criteria.person_id = person_state.person_id AND person_criteria.year = person_state.year
  WHERE person_state.is_alive
),

met AS (
  SELECT
    aged.person_id,
    condition_bit.condition,
    aged.year,
    CAST((aged.criteria >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria,
    aged.age_years,
    aged.territory_id
  FROM aged
  INNER JOIN condition_bit ON aged.block_no = condition_bit.block_no
  WHERE ((aged.criteria >> condition_bit.block_shift) & condition_bit.every_bit) <> 0
),

-- The ages stand in one question that names both sides: alone, they would be taken for a way to join every person with every set.
held AS (
  SELECT
    met.person_id,
    met.condition,
    met.year,
    met.territory_id,
    criteria_status.is_in_population,
    criteria_status.is_known,
    criteria_status.stratum_priority,
    criteria_status.risk_priority,
    definition.definition_id,
    definition.population_type
  FROM met
  INNER JOIN criteria_status ON met.condition = criteria_status.condition AND met.criteria = criteria_status.criteria
  INNER JOIN definition ON met.condition = definition.condition
  WHERE
    CASE
      WHEN met.criteria = criteria_status.criteria
        THEN
          met.age_years >= criteria_status.age_from
          AND met.age_years < criteria_status.age_until
          AND met.age_years >= definition.age_min
      ELSE false
    END
),

decided AS (
  SELECT
    held.person_id,
    held.condition,
    held.year,
    held.territory_id,
    held.definition_id,
    CASE
      WHEN held.is_in_population AND (held.population_type IS NULL OR held.population_type = person_type.person_type)
        THEN held.stratum_priority
      WHEN NOT held.is_known THEN held.risk_priority
    END AS priority
  FROM held
  LEFT JOIN person_type
    ON held.person_id = person_type.person_id AND held.condition = person_type.condition AND held.year = person_type.year
)

SELECT
  decided.person_id,
  decided.condition,
  decided.year,
  CAST(CASE definition_rule.purpose WHEN 'stratum' THEN definition_rule.outcome ELSE '0' END AS SMALLINT) AS stratum,
  CASE definition_rule.purpose WHEN 'stratum' THEN 'diseased' ELSE 'at_risk_' || definition_rule.outcome END AS status,
  decided.definition_id,
  decided.territory_id,
  definition_rule.rule_id
FROM decided
INNER JOIN definition_rule ON decided.condition = definition_rule.condition AND decided.priority = definition_rule.priority
