-- Grain: one person drawn x what is asked of them: a stratum, or a criterion.
-- Persons are put in an order that the seed alone decides (md5 of seed, question and person), and the first ones are taken: the same warehouse
-- and seed give the same persons, on every machine. held: how many the first ones were taken from.
WITH claim AS (
  SELECT person_id, 'stratum' AS kind, CAST(stratum AS VARCHAR) AS value, $per_stratum AS wanted
  FROM person_stratum
  WHERE condition = $condition AND year = $year AND status = 'diseased'
  UNION ALL
  SELECT person_evidence.person_id, 'criterion' AS kind, person_evidence.criterion_id AS value, $per_criterion AS wanted
  FROM person_evidence
  INNER JOIN person_stratum
    ON person_evidence.person_id = person_stratum.person_id
    AND person_evidence.condition = person_stratum.condition
    AND person_evidence.year = person_stratum.year
  WHERE person_evidence.condition = $condition AND person_evidence.year = $year AND list_contains($criteria, person_evidence.criterion_id)
),

placed AS (
  SELECT
    person_id,
    kind,
    value,
    wanted,
    count(*) OVER (PARTITION BY kind, value) AS held,
    row_number() OVER (PARTITION BY kind, value ORDER BY md5(concat_ws(':', $seed, kind, value, person_id))) AS place
  FROM claim
)

SELECT person_id, kind, value, held
FROM placed
WHERE place <= wanted
