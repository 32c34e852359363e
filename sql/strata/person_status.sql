-- Grain: one person x condition x reporting year with a status: alive at the index date, adult, resident.
-- Diseased: in the population and of its type; the stratum is that of the highest rule that holds. At risk: not known to have the
-- condition in any type, and a risk rule holds; strict wins over extended. status_no is the deciding rule, geo_no the residence: numbers
-- that person_stratum names.
-- Buckets: person_id
-- Years: person_criteria person_residence person_type
WITH aged AS (
  SELECT
    person_criteria.person_id,
    person_criteria.year,
    person_criteria.block_no,
    person_criteria.criteria,
    person_residence.age_years,
    person_residence.geo_no
  FROM person_criteria
  INNER JOIN person_residence ON person_criteria.person_id = person_residence.person_id AND person_criteria.year = person_residence.year
  WHERE person_residence.is_alive
),

met AS (
  SELECT
    aged.person_id,
    condition_bit.condition,
    aged.year,
    CAST((aged.criteria >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria,
    aged.age_years,
    aged.geo_no
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
    met.geo_no,
    criteria_status.is_in_population,
    criteria_status.is_known,
    criteria_status.stratum_status_no,
    criteria_status.risk_status_no,
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
    held.year,
    held.geo_no,
    CASE
      WHEN held.is_in_population AND (held.population_type IS NULL OR held.population_type = person_type.person_type)
        THEN held.stratum_status_no
      WHEN NOT held.is_known THEN held.risk_status_no
    END AS status_no
  FROM held
  LEFT JOIN person_type
    ON held.person_id = person_type.person_id AND held.condition = person_type.condition AND held.year = person_type.year
)

SELECT
  person_id,
  year,
  status_no,
  geo_no
FROM decided
WHERE status_no IS NOT NULL
