-- Grain: one accepted row of mco_procedure, of an accepted stay. The unit of an act does not exist in SNDS.
SELECT k.group_no, k.line, CAST(NULL AS SMALLINT) AS unit_rank, 'ccam' AS system, x.code, x.phase, x.activity, x.day_offset, x.executions
FROM sound_mco_procedure AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
