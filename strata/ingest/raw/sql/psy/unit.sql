-- Grain: one accepted sequence of a PSY stay (RPSA), numbered in the order of the stay; or one ambulatory act, the only unit of its stay.
WITH ranked AS (
    SELECT finess, stay_number, dp, unit_finess, activity_form, presence_days,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY unit_number) AS SMALLINT) AS unit_rank
    FROM sound_psy_sequence
)
SELECT k.group_no, k.line, w.unit_rank, w.dp, CAST(NULL AS VARCHAR) AS dr, w.unit_finess, CAST(NULL AS VARCHAR) AS authorisation_1,
       CAST(NULL AS VARCHAR) AS authorisation_2,
       CAST(CASE WHEN m.care_form IN ('full', 'night') THEN coalesce(w.presence_days, 0) ELSE 0 END AS SMALLINT) AS nights
FROM ranked AS w
JOIN stay_key AS k ON k.raw_table = 'psy_sequence' AND k.finess = w.finess AND k.stay_number = w.stay_number
LEFT JOIN care_form AS m ON m.field = 'psy' AND m.code = left(w.activity_form, 2)
UNION ALL
SELECT k.group_no, k.line, CAST(1 AS SMALLINT) AS unit_rank, a.dp, CAST(NULL AS VARCHAR) AS dr, a.unit_finess,
       CAST(NULL AS VARCHAR) AS authorisation_1, CAST(NULL AS VARCHAR) AS authorisation_2, CAST(0 AS SMALLINT) AS nights
FROM sound_psy_contact AS a
JOIN stay_key AS k ON k.raw_table = 'psy_contact' AND k.file_no = a.file_no AND k.row_no = a.row_no
