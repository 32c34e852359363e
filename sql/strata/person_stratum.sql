-- Grain: one person x condition x reporting year with a status: alive at the index date, adult, resident.
-- Diseased: in the population and of its type; the stratum is that of the highest rule that holds. At risk: not known to have the
-- condition in any type, and a risk rule holds; strict wins over extended. rule_id is the deciding rule.
-- Buckets: person_id
-- Years: person_rule person_state person_type
WITH held AS (
  SELECT
    person_id,
    condition,
    year,
    bool_or(purpose = 'population') AS is_in_population,
    bool_or(purpose = 'known') AS is_known,
    min(CASE WHEN purpose = 'stratum' THEN priority END) AS stratum_priority,
    min(CASE WHEN purpose = 'at_risk' THEN priority END) AS risk_priority
  FROM person_rule
  GROUP BY person_id, condition, year
),

decided AS (
  SELECT
    held.person_id,
    held.condition,
    held.year,
    definition.definition_id,
    definition.age_min,
    CASE
      WHEN held.is_in_population AND (definition.population_type IS NULL OR definition.population_type = person_type.person_type)
        THEN held.stratum_priority
      WHEN NOT held.is_known THEN held.risk_priority
    END AS priority
  FROM held
  INNER JOIN definition ON held.condition = definition.condition
  LEFT JOIN person_type
    ON held.person_id = person_type.person_id AND held.condition = person_type.condition AND held.year = person_type.year
)

-- The age stands beside the priority in one question: alone, it would be taken for a way to join every person with every condition.
SELECT
  decided.person_id,
  decided.condition,
  decided.year,
  CAST(CASE definition_rule.purpose WHEN 'stratum' THEN definition_rule.outcome ELSE '0' END AS SMALLINT) AS stratum,
  CASE definition_rule.purpose WHEN 'stratum' THEN 'diseased' ELSE 'at_risk_' || definition_rule.outcome END AS status,
  decided.definition_id,
  person_state.territory_id,
  definition_rule.rule_id
FROM decided
INNER JOIN definition_rule ON decided.condition = definition_rule.condition AND decided.priority = definition_rule.priority
INNER JOIN person_state ON decided.person_id = person_state.person_id AND decided.year = person_state.year
WHERE person_state.is_alive AND CASE WHEN decided.priority IS NOT NULL THEN person_state.age_years >= decided.age_min ELSE false END
