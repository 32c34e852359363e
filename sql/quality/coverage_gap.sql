-- Grain: one hospital-year of a field of care included x one way in which it is not what strata.toml says or the other years show.
-- missing: held before and after, not then. cut_short: sent until a month earlier than the last complete one (of a year that
-- comes after it, nothing is expected yet). absent_at_the_end: held in the year before the last, not in the last. declared_absent: named in
-- [coverage.*] hospitals and not held in a year that others have.
-- undeclared: held, and not named where hospitals are. What [coverage.*] accepted_gaps names is not here.
-- FINESS numbers name hospitals, not persons: they may be shown.
WITH included AS (
  SELECT
    read_slice.slice_id,
    read_slice.field,
    read_slice.finess,
    read_slice.year,
    read_slice.form,
    read_slice.month,
    CASE
      WHEN read_slice.year < extract(YEAR FROM setting.data_through) THEN 12
      WHEN read_slice.year = extract(YEAR FROM setting.data_through) THEN extract(MONTH FROM setting.data_through)
      ELSE 0
    END AS month_expected
  FROM read_slice
  CROSS JOIN setting
  WHERE setting.fields LIKE '%' || read_slice.field || '%'
),
lifetime AS (
  SELECT
    field,
    finess,
    min(year) AS first_year,
    max(year) AS last_year
  FROM included
  GROUP BY field, finess
),
year_held AS (
  SELECT DISTINCT field, year FROM included
),
last_held AS (
  SELECT field, max(year) AS year FROM year_held GROUP BY field
),
missing AS (
  SELECT lifetime.field, lifetime.finess, year_held.year
  FROM lifetime
  INNER JOIN year_held
    ON lifetime.field = year_held.field AND year_held.year > lifetime.first_year AND year_held.year < lifetime.last_year
  LEFT JOIN included
    ON lifetime.field = included.field AND lifetime.finess = included.finess AND year_held.year = included.year
  WHERE included.slice_id IS NULL
),
cut_short AS (
  SELECT field, finess, year
  FROM included
  WHERE form = 'atih' AND month < month_expected
),
absent_at_the_end AS (
  SELECT lifetime.field, lifetime.finess, last_held.year
  FROM lifetime
  INNER JOIN last_held ON lifetime.field = last_held.field AND lifetime.last_year = last_held.year - 1
),
declared_absent AS (
  SELECT declared_hospital.field, declared_hospital.finess, year_held.year
  FROM declared_hospital
  INNER JOIN year_held ON declared_hospital.field = year_held.field
  LEFT JOIN included
    ON declared_hospital.field = included.field AND declared_hospital.finess = included.finess AND year_held.year = included.year
  WHERE included.slice_id IS NULL
),
undeclared AS (
  SELECT included.field, included.finess, included.year
  FROM included
  LEFT JOIN declared_hospital ON included.field = declared_hospital.field AND included.finess = declared_hospital.finess
  WHERE declared_hospital.finess IS NULL AND included.field IN (SELECT field FROM declared_hospital)
),
gap AS (
  SELECT 'missing' AS kind, field, finess, year FROM missing
  UNION ALL
  SELECT 'cut_short' AS kind, field, finess, year FROM cut_short
  UNION ALL
  SELECT 'absent_at_the_end' AS kind, field, finess, year FROM absent_at_the_end
  UNION ALL
  SELECT 'declared_absent' AS kind, field, finess, year FROM declared_absent
  UNION ALL
  SELECT 'undeclared' AS kind, field, finess, year FROM undeclared
)
SELECT gap.kind, gap.field, gap.finess, gap.year
FROM gap
LEFT JOIN accepted_gap ON gap.field = accepted_gap.field AND gap.finess = accepted_gap.finess AND gap.year = accepted_gap.year
WHERE accepted_gap.finess IS NULL
