-- Grain: one accepted row of T_MCOaaUM, of an accepted stay.
SELECT k.group_no, k.line, x.unit_rank, x.dp, x.dr, x.unit_finess, x.authorisation_1, x.authorisation_2, x.nights
FROM T_MCOaaUM AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
WHERE NOT EXISTS (
    SELECT 1 FROM problem AS p WHERE p.family = 'T_MCOaaUM' AND p.file_no = x.file_no AND p.row_no = x.row_no
)
