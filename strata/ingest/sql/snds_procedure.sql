-- Grain: one accepted row of T_MCOaaA, of an accepted stay. The unit of an act does not exist in SNDS.
SELECT k.group_no, k.line, CAST(NULL AS SMALLINT) AS unit_rank, x.code, x.phase, x.activity, x.day_offset, x.executions
FROM T_MCOaaA AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
WHERE NOT EXISTS (
    SELECT 1 FROM problem AS p WHERE p.family = 'T_MCOaaA' AND p.file_no = x.file_no AND p.row_no = x.row_no
)
