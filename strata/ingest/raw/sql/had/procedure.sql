-- Grain: one CCAM act of an accepted sub-sequence. day_offset: days since the start of the sub-sequence until 2020, of the stay from 2021.
WITH ranked AS (
    SELECT finess, stay_number, sequence_number, unit_number,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY sequence_number, unit_number) AS SMALLINT) AS unit_rank
    FROM sound_had_period
)
SELECT k.group_no, k.line, w.unit_rank, 'ccam' AS system, x.code, x.phase, x.activity, x.day_offset, x.executions
FROM sound_had_procedure AS x
JOIN ranked AS w
  ON w.finess = x.finess AND w.stay_number = x.stay_number AND w.sequence_number = x.sequence_number AND w.unit_number = x.unit_number
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
