-- Grain: one row for the warehouse.
-- What the extract declares to cover against what it holds. A hospital seen before and after a year, or until a month earlier than the
-- last complete one, makes totals too low in silence. accepted_gap: the hospital-years that strata.toml declares.
WITH lifetime AS (
  SELECT
    finess,
    field,
    min(year) AS first_year,
    max(year) AS last_year
  FROM read_slice
  GROUP BY finess, field
),
year_held AS (
  SELECT DISTINCT field, year FROM read_slice
),
last_held AS (
  SELECT field, max(year) AS year FROM year_held GROUP BY field
),
missing AS (
  SELECT lifetime.finess, lifetime.field, year_held.year
  FROM lifetime
  INNER JOIN year_held
    ON lifetime.field = year_held.field AND year_held.year > lifetime.first_year AND year_held.year < lifetime.last_year
  LEFT JOIN read_slice
    ON lifetime.finess = read_slice.finess AND lifetime.field = read_slice.field AND year_held.year = read_slice.year
  WHERE read_slice.slice_id IS NULL
),
cut_short AS (
  SELECT read_slice.finess, read_slice.field, read_slice.year
  FROM read_slice
  LEFT JOIN reporting_year ON read_slice.year = reporting_year.year
  WHERE read_slice.form = 'atih' AND read_slice.month < coalesce(extract(MONTH FROM reporting_year.index_date), 12)
),
absent_at_the_end AS (
  SELECT lifetime.finess, lifetime.field, last_held.year
  FROM lifetime
  INNER JOIN last_held ON lifetime.field = last_held.field AND lifetime.last_year = last_held.year - 1
),
gap AS (
  SELECT finess, field, year, 'missing' AS kind FROM missing
  UNION ALL
  SELECT finess, field, year, 'cut_short' AS kind FROM cut_short
  UNION ALL
  SELECT finess, field, year, 'absent_at_the_end' AS kind FROM absent_at_the_end
)
SELECT
  count(*) FILTER (WHERE gap.kind = 'missing') AS missing_hospital_years,
  count(*) FILTER (WHERE gap.kind = 'cut_short') AS hospital_years_cut_short,
  count(*) FILTER (WHERE gap.kind = 'absent_at_the_end') AS hospitals_absent_at_the_end
FROM gap
LEFT JOIN accepted_gap ON gap.field = accepted_gap.field AND gap.finess = accepted_gap.finess AND gap.year = accepted_gap.year
WHERE accepted_gap.finess IS NULL
