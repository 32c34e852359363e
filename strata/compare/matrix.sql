-- Grain: one condition x state before x state after where somebody is.
-- State: a stratum, a level of risk, or none. Persons whose state is the same are here too; those who have none on either side are not.
WITH before AS (
  SELECT person_id, condition, CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS state FROM a.person_stratum
),

after AS (
  SELECT person_id, condition, CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS state FROM b.person_stratum
)

SELECT
  coalesce(before.condition, after.condition) AS condition,
  coalesce(before.state, 'none') AS state_before,
  coalesce(after.state, 'none') AS state_after,
  count(*) AS persons
FROM before
FULL JOIN after ON before.person_id = after.person_id AND before.condition = after.condition
GROUP BY ALL
ORDER BY ALL
