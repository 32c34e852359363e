-- Grain: one row per reporting year.
-- Persons with a usable stay in the calendar years of the look-back, and those of them whose residence is abroad or unknown:
-- they have no state, so they are in no cohort and in no cell.
WITH seen AS (
  SELECT DISTINCT reporting_year.year, person_year.person_id
  FROM reporting_year
  INNER JOIN person_year
    ON person_year.year <= reporting_year.year
    AND person_year.year > reporting_year.year - reporting_year.lookback_years
)
SELECT
  seen.year,
  count(*) AS persons_seen,
  count(*) FILTER (WHERE person_state.person_id IS NULL) AS persons
FROM seen
LEFT JOIN person_state ON person_state.person_id = seen.person_id AND person_state.year = seen.year
GROUP BY seen.year
