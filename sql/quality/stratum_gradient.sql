-- Grain: one flow year x condition x cost basis x part of the members ('all' | 'sex' | 'age', and which) x stratum, empty ones included.
-- What the members of 31 December N-1 cost in year N, all causes, deaths kept, by the stratum they had then: does it rise with the stratum?
-- Prospective: the cost comes after the stratum, so that nobody is in a stratum because of it. Age in five bands, at the start of the year.
-- A cost basis without a euro in the year was not there to be measured, and has no row. largest_eur: of the dearest member.
-- Members are added up once, by sex and band; every part is made from these few rows.
WITH cell AS (
  SELECT
    year,
    condition,
    stratum,
    sex,
    age_band,
    count(*) AS persons,
    sum(cost_billed_eur) AS cost_billed_eur,
    max(cost_billed_eur) AS largest_billed_eur,
    sum(cost_standard_eur) AS cost_standard_eur,
    max(cost_standard_eur) AS largest_standard_eur
  FROM flow_member
  GROUP BY year, condition, stratum, sex, age_band
),

cost AS (
  SELECT
    year, condition, stratum, sex, age_band, 'billed_br' AS cost_basis,
    persons, cost_billed_eur AS cost_eur, largest_billed_eur AS largest_eur
  FROM cell
  UNION ALL
  SELECT
    year, condition, stratum, sex, age_band, 'standard' AS cost_basis,
    persons, cost_standard_eur AS cost_eur, largest_standard_eur AS largest_eur
  FROM cell
),

wide_band AS (
  SELECT
    age_band,
    CASE
      WHEN age_min < 50 THEN '<50'
      WHEN age_min < 65 THEN '50-64'
      WHEN age_min < 75 THEN '65-74'
      WHEN age_min < 85 THEN '75-84'
      ELSE '85+'
    END AS wide_band
  FROM age_band
),

part AS (
  SELECT year, condition, cost_basis, stratum, 'all' AS part, 'all' AS part_value, persons, cost_eur, largest_eur FROM cost
  UNION ALL
  SELECT year, condition, cost_basis, stratum, 'sex' AS part, sex AS part_value, persons, cost_eur, largest_eur FROM cost
  UNION ALL
  SELECT
    cost.year, cost.condition, cost.cost_basis, cost.stratum, 'age' AS part, wide_band.wide_band AS part_value,
    cost.persons, cost.cost_eur, cost.largest_eur
  FROM cost
  INNER JOIN wide_band ON cost.age_band = wide_band.age_band
),

measured AS (
  SELECT
    year,
    condition,
    cost_basis,
    part,
    part_value,
    stratum,
    CAST(sum(persons) AS BIGINT) AS persons,
    sum(cost_eur) AS cost_eur,
    max(largest_eur) AS largest_eur
  FROM part
  GROUP BY year, condition, cost_basis, part, part_value, stratum
),

valued AS (
  SELECT year, condition, cost_basis
  FROM cost
  GROUP BY year, condition, cost_basis
  HAVING sum(cost_eur) > 0
),

asked AS (
  SELECT valued.year, valued.condition, valued.cost_basis, asked_part.part, asked_part.part_value, stratum.stratum
  FROM valued
  CROSS JOIN (
    SELECT 'all' AS part, 'all' AS part_value
    UNION ALL
    SELECT 'sex' AS part, sex.sex AS part_value FROM (VALUES ('F'), ('M')) AS sex (sex)
    UNION
    SELECT 'age' AS part, wide_band AS part_value FROM wide_band
  ) AS asked_part
  CROSS JOIN (VALUES ('1'), ('2'), ('3'), ('4')) AS stratum (stratum)
)

SELECT
  asked.year,
  asked.condition,
  asked.cost_basis,
  asked.part,
  asked.part_value,
  asked.stratum,
  coalesce(measured.persons, 0) AS persons,
  measured.cost_eur,
  measured.largest_eur,
  CAST(measured.cost_eur AS DOUBLE) / NULLIF(measured.persons, 0) AS mean_eur
FROM asked
LEFT JOIN measured
  ON asked.year = measured.year
  AND asked.condition = measured.condition
  AND asked.cost_basis = measured.cost_basis
  AND asked.part = measured.part
  AND asked.part_value = measured.part_value
  AND asked.stratum = measured.stratum
