-- Grain: one act of an accepted week: of the CCAM, or of rehabilitation (CSARR, CSAR from 2025), which have neither phase nor activity.
-- day_offset: days since the entry into the medical unit, as the form says (not into the stay).
WITH ranked AS (
    SELECT finess, stay_number, unit_number,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY unit_number) AS SMALLINT) AS unit_rank
    FROM sound_smr_week
),
act AS (
    SELECT finess, stay_number, unit_number, 'ccam' AS system, code, phase, activity, day_offset, executions FROM sound_smr_week_procedure
    UNION ALL
    SELECT finess, stay_number, unit_number, 'csarr' AS system, code, CAST(NULL AS VARCHAR) AS phase, CAST(NULL AS VARCHAR) AS activity,
           day_offset, executions
    FROM sound_smr_week_csarr
    UNION ALL
    SELECT finess, stay_number, unit_number, 'csar' AS system, code, CAST(NULL AS VARCHAR) AS phase, CAST(NULL AS VARCHAR) AS activity,
           day_offset, executions
    FROM sound_smr_week_csar
)
SELECT k.group_no, k.line, w.unit_rank, x.system, x.code, x.phase, x.activity, x.day_offset, x.executions
FROM act AS x
JOIN ranked AS w ON w.finess = x.finess AND w.stay_number = x.stay_number AND w.unit_number = x.unit_number
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
