-- Grain: one question between a person and a status, in the order in which they are asked.
-- is_passed: the answer. fact_date, fact_number, fact_text: what it rests on. A status of the diseased needs the first seven and
-- `stratum`; a risk needs the first five, `not_known` and `at_risk`.
WITH usable AS (
  SELECT
    count(*) AS stays,
    count(*) FILTER (WHERE stay.counts_for_person) AS usable_stays,
    count(*) FILTER (
      WHERE stay.counts_for_person
      AND stay.exit_date <= reporting_year.index_date
      AND stay.exit_date + to_months(CAST(12 * reporting_year.lookback_years AS INTEGER)) > reporting_year.index_date
    ) AS recent_stays,
    max(CASE WHEN stay.counts_for_person AND stay.exit_date <= reporting_year.index_date THEN stay.exit_date END) AS last_date
  FROM reporting_year
  LEFT JOIN stay ON true
),

held AS (
  SELECT
    coalesce(bool_or(purpose = 'population'), false) AS is_in_population,
    coalesce(bool_or(purpose = 'known'), false) AS is_known,
    coalesce(bool_or(purpose = 'stratum'), false) AS has_stratum,
    coalesce(bool_or(purpose = 'at_risk'), false) AS has_risk
  FROM person_rule
),

described AS (
  SELECT
    usable.stays,
    usable.usable_stays,
    usable.recent_stays,
    usable.last_date,
    person_state.age_years,
    person_state.is_alive,
    person_state.person_id IS NOT NULL AS has_state,
    person.death_date,
    definition.age_min,
    definition.population_type,
    person_type.person_type,
    held.is_in_population,
    held.is_known,
    held.has_stratum,
    held.has_risk
  FROM usable
  CROSS JOIN definition
  CROSS JOIN held
  LEFT JOIN person_state ON true
  LEFT JOIN person ON true
  LEFT JOIN person_type ON true
)

SELECT 1 AS rank, 'usable_stay' AS gate, usable_stays > 0 AS is_passed, last_date AS fact_date, usable_stays AS fact_number,
  CAST(stays AS VARCHAR) AS fact_text
FROM described
UNION ALL
SELECT 2 AS rank, 'look_back' AS gate, recent_stays > 0 AS is_passed, last_date AS fact_date, recent_stays AS fact_number, NULL AS fact_text
FROM described
UNION ALL
SELECT 3 AS rank, 'residence' AS gate, has_state AS is_passed, NULL AS fact_date, NULL AS fact_number, NULL AS fact_text FROM described
UNION ALL
SELECT 4 AS rank, 'alive' AS gate, coalesce(is_alive, false) AS is_passed, death_date AS fact_date, NULL AS fact_number, NULL AS fact_text
FROM described
UNION ALL
SELECT 5 AS rank, 'age' AS gate, coalesce(age_years >= age_min, false) AS is_passed, NULL AS fact_date, age_years AS fact_number,
  CAST(age_min AS VARCHAR) AS fact_text
FROM described
UNION ALL
SELECT 6 AS rank, 'population' AS gate, is_in_population AS is_passed, NULL AS fact_date, NULL AS fact_number, NULL AS fact_text FROM described
UNION ALL
SELECT 7 AS rank, 'type' AS gate, coalesce(population_type IS NULL OR population_type = person_type, false) AS is_passed, NULL AS fact_date,
  NULL AS fact_number, person_type AS fact_text
FROM described
UNION ALL
SELECT 8 AS rank, 'stratum' AS gate, has_stratum AS is_passed, NULL AS fact_date, NULL AS fact_number, NULL AS fact_text FROM described
UNION ALL
SELECT 9 AS rank, 'not_known' AS gate, NOT is_known AS is_passed, NULL AS fact_date, NULL AS fact_number, NULL AS fact_text FROM described
UNION ALL
SELECT 10 AS rank, 'at_risk' AS gate, has_risk AS is_passed, NULL AS fact_date, NULL AS fact_number, NULL AS fact_text FROM described
ORDER BY rank
