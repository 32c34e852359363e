-- Grain: one accepted week of an SMR stay (RHA), numbered in the order of the stay.
-- nights: its days of presence, where the form of care has nights.
WITH ranked AS (
    SELECT finess, stay_number, mmp, ae, unit_finess, authorisation, hospitalisation_type,
           length(regexp_replace(concat(weekdays_present, weekend_days_present), '[^1]', '', 'g')) AS days,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY unit_number) AS SMALLINT) AS unit_rank
    FROM sound_smr_week
)
SELECT k.group_no, k.line, w.unit_rank, w.mmp AS dp, w.ae AS dr, w.unit_finess, w.authorisation AS authorisation_1,
       CAST(NULL AS VARCHAR) AS authorisation_2,
       CAST(CASE WHEN m.care_form IN ('full', 'night') THEN w.days ELSE 0 END AS SMALLINT) AS nights
FROM ranked AS w
JOIN stay_key AS k ON k.finess = w.finess AND k.stay_number = w.stay_number
LEFT JOIN care_form AS m ON m.field = 'smr' AND m.code = w.hospitalisation_type
