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
    condition_bit.condition_no,
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
    met.condition_no,
    met.year,
    met.geo_no,
    criteria_status.is_in_population,
    criteria_status.is_known,
    criteria_status.stratum_status_no,
    criteria_status.risk_status_no,
    definition.population_type IS NOT NULL AS is_of_a_type
  FROM met
  INNER JOIN criteria_status ON met.condition_no = criteria_status.condition_no AND met.criteria = criteria_status.criteria
  INNER JOIN definition ON criteria_status.condition = definition.condition
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

of_the_type AS (
  SELECT person_type.person_id, condition_bit.condition_no, person_type.year
  FROM person_type
  INNER JOIN definition ON person_type.condition = definition.condition AND person_type.person_type = definition.population_type
  INNER JOIN condition_bit ON person_type.condition = condition_bit.condition
),

decided AS (
  SELECT
    held.person_id,
    held.year,
    held.geo_no,
    CASE
      WHEN held.is_in_population AND (NOT held.is_of_a_type OR of_the_type.person_id IS NOT NULL) THEN held.stratum_status_no
      WHEN NOT held.is_known THEN held.risk_status_no
    END AS status_no
  FROM held
  -- few are asked for their type: the others are looked for under no number
  LEFT JOIN of_the_type
    ON CASE WHEN held.is_in_population AND held.is_of_a_type THEN held.person_id END = of_the_type.person_id
    AND held.condition_no = of_the_type.condition_no
    AND held.year = of_the_type.year
)

SELECT
  person_id,
  year,
  status_no,
  geo_no
FROM decided
WHERE status_no IS NOT NULL
