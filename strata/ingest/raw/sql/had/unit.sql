-- Grain: one accepted sub-sequence of a HAD stay (RAPSS), numbered in the order of the stay. Nobody sleeps at the hospital.
WITH ranked AS (
    SELECT finess, stay_number, dp, unit_finess,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY sequence_number, unit_number) AS SMALLINT) AS unit_rank
    FROM sound_had_period
)
SELECT k.group_no, k.line, w.unit_rank, w.dp, CAST(NULL AS VARCHAR) AS dr, w.unit_finess, CAST(NULL AS VARCHAR) AS authorisation_1,
       CAST(NULL AS VARCHAR) AS authorisation_2, CAST(0 AS SMALLINT) AS nights
FROM ranked AS w
JOIN stay_key AS k ON k.finess = w.finess AND k.stay_number = w.stay_number
