-- Grain: one person x condition whose state differs between the two definitions.
-- State: as in matrix.sql. With the rule that decided and the type settled on each side.
WITH before AS (
  SELECT person_id, condition, CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS state, rule_id
  FROM a.person_stratum
),

after AS (
  SELECT person_id, condition, CASE status WHEN 'diseased' THEN CAST(stratum AS VARCHAR) ELSE status END AS state, rule_id
  FROM b.person_stratum
),

compared AS (
  SELECT
    coalesce(before.person_id, after.person_id) AS person_id,
    coalesce(before.condition, after.condition) AS condition,
    coalesce(before.state, 'none') AS state_before,
    coalesce(after.state, 'none') AS state_after,
    before.rule_id AS rule_before,
    after.rule_id AS rule_after
  FROM before
  FULL JOIN after ON before.person_id = after.person_id AND before.condition = after.condition
)

SELECT
  compared.person_id,
  compared.condition,
  compared.state_before,
  compared.state_after,
  compared.rule_before,
  compared.rule_after,
  type_before.person_type AS type_before,
  type_after.person_type AS type_after
FROM compared
LEFT JOIN a.person_type AS type_before
  ON compared.person_id = type_before.person_id AND compared.condition = type_before.condition
LEFT JOIN b.person_type AS type_after
  ON compared.person_id = type_after.person_id AND compared.condition = type_after.condition
WHERE compared.state_before <> compared.state_after
