-- Grain: one accepted row of mco_unit, of an accepted stay.
SELECT k.group_no, k.line, x.unit_rank, x.dp, x.dr, x.unit_finess, x.authorisation_1, x.authorisation_2, x.nights
FROM sound_mco_unit AS x
JOIN stay_key AS k ON k.finess = x.finess AND k.stay_number = x.stay_number
