-- Grain: one person x condition x reporting year whose status cannot be: nobody, where all is well.
-- copies: rows where there may be one; of them, those whose status is none of three, whose stratum does not go with the status (1 to 4 for
-- the diseased and for nobody else), and that lack something. What person_stratum_check adds up.
-- Years: person_stratum
WITH counted AS (
  SELECT
    person_id,
    condition,
    year,
    0 AS copies,
    CASE WHEN status NOT IN ('diseased', 'at_risk_strict', 'at_risk_extended') THEN 1 ELSE 0 END AS unknown_status,
    CASE WHEN (status = 'diseased') <> (stratum BETWEEN 1 AND 4) THEN 1 ELSE 0 END AS stratum_unlike_status,
    CASE WHEN stratum IS NULL OR status IS NULL OR definition_id IS NULL THEN 1 ELSE 0 END AS incomplete_rows
  FROM person_stratum
  WHERE
    status NOT IN ('diseased', 'at_risk_strict', 'at_risk_extended')
    OR (status = 'diseased') <> (stratum BETWEEN 1 AND 4)
    OR stratum IS NULL OR status IS NULL OR definition_id IS NULL
  UNION ALL
  SELECT person_id, condition, year, count(*) AS copies, 0 AS unknown_status, 0 AS stratum_unlike_status, 0 AS incomplete_rows
  FROM person_stratum
  GROUP BY person_id, condition, year
  HAVING count(*) > 1
)

SELECT
  person_id,
  condition,
  year,
  CAST(greatest(sum(copies), 1) AS BIGINT) AS copies,
  CAST(sum(unknown_status) AS BIGINT) AS unknown_status,
  CAST(sum(stratum_unlike_status) AS BIGINT) AS stratum_unlike_status,
  CAST(sum(incomplete_rows) AS BIGINT) AS incomplete_rows
FROM counted
GROUP BY person_id, condition, year
