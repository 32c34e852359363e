-- Grain: one row per reporting year.
-- Persons with a usable stay in the calendar years of the look-back, and those of them whose residence is abroad or unknown:
-- they have no state, so they are in no cohort and in no cell.
-- The reporting years of a person are the bits of one number, two a year (seen, placed), so that each person is met once whatever the
-- number of years, and what is seen and what is placed need not find each other.
-- Dense: person_id
-- Adds: person_year person_residence
-- Sums: persons_seen persons
WITH reporting AS (
  SELECT
    year,
    lookback_years,
    CAST(1 AS BIGINT) << CAST(2 * row_number() OVER (ORDER BY year) - 2 AS INTEGER) AS seen_bit,
    CAST(1 AS BIGINT) << CAST(2 * row_number() OVER (ORDER BY year) - 1 AS INTEGER) AS placed_bit
  FROM reporting_year
),

reached AS (
  SELECT calendar.year, bit_or(reporting.seen_bit) AS bits
  FROM (SELECT DISTINCT year FROM person_year) AS calendar
  INNER JOIN reporting
    ON calendar.year <= reporting.year
    AND calendar.year > reporting.year - reporting.lookback_years
  GROUP BY calendar.year
),

met AS (
  SELECT person_year.person_id, reached.bits
  FROM person_year
  INNER JOIN reached ON person_year.year = reached.year
  UNION ALL
  SELECT person_residence.person_id, reporting.placed_bit AS bits
  FROM person_residence
  INNER JOIN reporting ON person_residence.year = reporting.year
),

person_bits AS (
  SELECT person_id, bit_or(bits) AS bits
  FROM met
  GROUP BY person_id
),

counted AS (
  SELECT bits, count(*) AS persons
  FROM person_bits
  GROUP BY bits
)

SELECT
  reporting.year,
  CAST(sum(counted.persons) AS BIGINT) AS persons_seen,
  CAST(coalesce(sum(counted.persons) FILTER (WHERE (counted.bits & reporting.placed_bit) = 0), 0) AS BIGINT) AS persons
FROM reporting
INNER JOIN counted ON (counted.bits & reporting.seen_bit) <> 0
GROUP BY reporting.year
