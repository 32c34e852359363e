-- Grain: one person x condition x reporting year with a status: alive at the index date, adult, resident.
-- Diseased: in the population and of its type; the stratum is that of the highest rule that holds. At risk: not known to have the
-- condition in any type, and a risk rule holds; strict wins over extended. rule_id is the deciding rule.
WITH candidate AS (
  SELECT
    person_state.person_id,
    person_state.year,
    person_state.territory_id,
    definition.condition,
    definition.definition_id,
    definition.population_type
  FROM person_state
  INNER JOIN definition ON person_state.age_years >= definition.age_min
  WHERE person_state.is_alive
),

held AS (
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
    candidate.person_id,
    candidate.condition,
    candidate.year,
    candidate.definition_id,
    candidate.territory_id,
    CASE
      WHEN held.is_in_population AND (candidate.population_type IS NULL OR candidate.population_type = person_type.person_type)
        THEN held.stratum_priority
      WHEN NOT held.is_known THEN held.risk_priority
    END AS priority
  FROM candidate
  INNER JOIN held
    ON candidate.person_id = held.person_id AND candidate.condition = held.condition AND candidate.year = held.year
  LEFT JOIN person_type
    ON candidate.person_id = person_type.person_id
    AND candidate.condition = person_type.condition
    AND candidate.year = person_type.year
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
