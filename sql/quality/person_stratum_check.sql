-- Grain: one row for the warehouse.
-- One status per person, condition and year; a stratum 1 to 4 for the diseased and for nobody else. Counts that must be zero.
WITH status_row AS (
  SELECT person_id, condition, year, count(*) AS copies
  FROM person_stratum
  GROUP BY person_id, condition, year
)
SELECT
  (SELECT count(*) FROM status_row WHERE copies > 1) AS persons_twice,
  count(*) FILTER (WHERE status NOT IN ('diseased', 'at_risk_strict', 'at_risk_extended')) AS unknown_status,
  count(*) FILTER (WHERE (status = 'diseased') <> (stratum BETWEEN 1 AND 4)) AS stratum_unlike_status,
  count(*) FILTER (WHERE stratum IS NULL OR status IS NULL OR definition_id IS NULL) AS incomplete_rows
FROM person_stratum
