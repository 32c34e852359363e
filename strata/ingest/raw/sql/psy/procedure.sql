-- Grain: one CCAM act of an accepted stay. Its sequence is known since 2019 (unit_rank NULL before, or when it was set aside).
-- day_offset: days since the start of the sequence until 2020, of the stay from 2021.
WITH ranked AS (
    SELECT finess, stay_number, unit_number,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY unit_number) AS SMALLINT) AS unit_rank
    FROM sound_psy_sequence
)
SELECT k.group_no, k.line, w.unit_rank, 'ccam' AS system, x.code, x.phase, x.activity, x.day_offset, x.executions
FROM sound_psy_sequence_procedure AS x
JOIN stay_key AS k ON k.raw_table = 'psy_sequence' AND k.finess = x.finess AND k.stay_number = x.stay_number
LEFT JOIN ranked AS w ON w.finess = x.finess AND w.stay_number = x.stay_number AND w.unit_number = x.unit_number
