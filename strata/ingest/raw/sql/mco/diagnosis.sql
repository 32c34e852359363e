-- Grain: one accepted row of mco_diagnosis, of an accepted stay. The unit of an associated diagnosis does not exist in SNDS.
SELECT k.group_no, k.line, CAST(NULL AS SMALLINT) AS unit_rank, x.code
FROM sound_mco_diagnosis AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
