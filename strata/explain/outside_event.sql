-- Grain: one criterion x code shown outside stays within its window: ambulatory care, or a long-term illness.
-- Such an event has no hospital and no line of its own: the table of care adds several. expires_on: as for a stay that ends on its last day.
WITH seen AS (
  SELECT DISTINCT
    criterion_window.criterion_no,
    criterion_window.event_no,
    windowed_stay.exit_date,
    windowed_stay.months
  FROM windowed_stay
  INNER JOIN criterion_window ON windowed_stay.window_no = criterion_window.window_no
  WHERE windowed_stay.stay_id IS NULL
),

coded AS (
  SELECT 'care' AS position, system, code, care_date AS first_date, care_date AS last_date FROM care WHERE quantity > 0
  UNION ALL
  SELECT 'ald' AS position, 'icd10' AS system, cim10_code AS code, start_date AS first_date, coalesce(end_date, DATE '9999-12-30') AS last_date
  FROM ald
)

SELECT
  seen.criterion_no,
  seen.event_no,
  coded.first_date,
  seen.exit_date,
  coded.position,
  coded.code,
  min(definition_term.list_id) AS list_id,
  CAST(seen.exit_date + to_months(seen.months) AS DATE) AS expires_on
FROM seen
CROSS JOIN reporting_year
INNER JOIN definition_term ON seen.event_no = definition_term.event_no
INNER JOIN coded
  ON definition_term.position = coded.position
  AND coded.first_date <= reporting_year.index_date
  AND least(coded.last_date, reporting_year.index_date) = seen.exit_date
INNER JOIN list_code
  ON definition_term.list_id = list_code.list_id
  AND coded.system = list_code.system
  AND coded.code = list_code.code
  AND coded.first_date <= list_code.valid_to
  AND coded.last_date >= list_code.valid_from
GROUP BY seen.criterion_no, seen.event_no, coded.first_date, seen.exit_date, coded.position, coded.code, seen.months
ORDER BY seen.criterion_no, seen.exit_date DESC, coded.first_date, coded.code
