-- Grain: one diagnosis of an accepted week beside its MMP and AE: its FPPC (until it was no longer coded), or an associated diagnosis.
WITH ranked AS (
    SELECT finess, stay_number, unit_number, fppc,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY unit_number) AS SMALLINT) AS unit_rank
    FROM sound_smr_week
),
coded AS (
    SELECT finess, stay_number, unit_rank, fppc AS code FROM ranked WHERE fppc IS NOT NULL
    UNION ALL
    SELECT w.finess, w.stay_number, w.unit_rank, x.code
    FROM sound_smr_week_diagnosis AS x
    JOIN ranked AS w ON w.finess = x.finess AND w.stay_number = x.stay_number AND w.unit_number = x.unit_number
)
SELECT k.group_no, k.line, x.unit_rank, x.code
FROM coded AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
