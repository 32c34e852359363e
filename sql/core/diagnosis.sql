-- Grain: one diagnosis of one stay, in one position.
-- The principal and related diagnosis of the stay (MCO only) and of each of its parts, and the associated diagnoses (docs/design.md,
-- "Fields of care": the part of an SMR stay is a week, its principal diagnosis the MMP, its related one the AE). unit_rank is NULL for the
-- stay's own, and for a DAS that comes from SNDS, where the unit is not known.
-- Slices: stay_id
SELECT stay_id, CAST(NULL AS SMALLINT) AS unit_rank, 'stay_dp' AS position, dp AS code FROM read_stay WHERE dp IS NOT NULL
UNION ALL
SELECT stay_id, CAST(NULL AS SMALLINT) AS unit_rank, 'stay_dr' AS position, dr AS code FROM read_stay WHERE dr IS NOT NULL
UNION ALL
SELECT stay_id, unit_rank, 'unit_dp' AS position, dp AS code FROM read_unit WHERE dp IS NOT NULL
UNION ALL
SELECT stay_id, unit_rank, 'unit_dr' AS position, dr AS code FROM read_unit WHERE dr IS NOT NULL
UNION ALL
SELECT stay_id, unit_rank, 'das' AS position, code FROM read_diagnosis
