-- Grain: a part of an accepted stay with a tariff of its own. Psychiatry has no activity tariff: there is none.
SELECT k.group_no, k.line, CAST(NULL AS SMALLINT) AS unit_rank, CAST(NULL AS VARCHAR) AS group_code, CAST(NULL AS VARCHAR) AS tariff_code,
       CAST(NULL AS SMALLINT) AS days, CAST(NULL AS VARCHAR) AS home
FROM stay_key AS k
WHERE false
