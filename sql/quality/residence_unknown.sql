-- Grain: one row per reporting year.
-- Persons with a usable stay in the calendar years of the look-back, and those of them whose residence is abroad or unknown:
-- they have no state, so they are in no cohort and in no cell.
-- The reporting years of a person are the bits of one number, so that each person is met once whatever the number of years.
-- Dense: person_id
WITH reporting AS (
  SELECT year, lookback_years, CAST(1 AS BIGINT) << CAST(row_number() OVER (ORDER BY year) - 1 AS INTEGER) AS bit
  FROM reporting_year
),

reached AS (
  SELECT calendar.year, bit_or(reporting.bit) AS bits
  FROM (SELECT DISTINCT year FROM person_year) AS calendar
  INNER JOIN reporting
    ON calendar.year <= reporting.year
    AND calendar.year > reporting.year - reporting.lookback_years
  GROUP BY calendar.year
),

seen AS (
  SELECT person_year.person_id, bit_or(reached.bits) AS bits
  FROM person_year
  INNER JOIN reached ON person_year.year = reached.year
  GROUP BY person_year.person_id
),

placed AS (
  SELECT person_residence.person_id, bit_or(reporting.bit) AS bits
  FROM person_residence
  INNER JOIN reporting ON person_residence.year = reporting.year
  GROUP BY person_residence.person_id
),

counted AS (
  SELECT seen.bits AS seen_bits, coalesce(placed.bits, 0) AS placed_bits, count(*) AS persons
  FROM seen
  LEFT JOIN placed ON seen.person_id = placed.person_id
  GROUP BY seen.bits, coalesce(placed.bits, 0)
)

SELECT
  reporting.year,
  CAST(sum(counted.persons) AS BIGINT) AS persons_seen,
  CAST(coalesce(sum(counted.persons) FILTER (WHERE (counted.placed_bits & reporting.bit) = 0), 0) AS BIGINT) AS persons
FROM reporting
INNER JOIN counted ON (counted.seen_bits & reporting.bit) <> 0
GROUP BY reporting.year
