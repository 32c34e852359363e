-- Grain: one associated diagnosis or factor of an accepted sequence, or of an ambulatory act.
WITH ranked AS (
    SELECT finess, stay_number, unit_number,
           CAST(row_number() OVER (PARTITION BY finess, stay_number ORDER BY unit_number) AS SMALLINT) AS unit_rank
    FROM sound_psy_sequence
)
SELECT k.group_no, k.line, w.unit_rank, x.code
FROM sound_psy_sequence_diagnosis AS x
JOIN ranked AS w ON w.finess = x.finess AND w.stay_number = x.stay_number AND w.unit_number = x.unit_number
JOIN stay_key AS k ON k.raw_table = 'psy_sequence' AND k.finess = x.finess AND k.stay_number = x.stay_number
UNION ALL
SELECT k.group_no, k.line, CAST(1 AS SMALLINT) AS unit_rank, x.code
FROM sound_psy_contact_diagnosis AS x
JOIN sound_psy_contact AS a ON a.finess = x.finess AND a.stay_identifier = x.stay_identifier AND a.stay_number = x.stay_number
JOIN stay_key AS k ON k.raw_table = 'psy_contact' AND k.file_no = a.file_no AND k.row_no = a.row_no
