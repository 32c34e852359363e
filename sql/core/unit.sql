-- Grain: one part of one stay: medical unit (RUM) in MCO, week (RHA) in SMR, sub-sequence in HAD, sequence or ambulatory act in PSY.
-- Where the stay passed: geographic FINESS, the authorisations of the unit (intensive care, stroke unit…), nights spent there.
-- Slices: stay_id
SELECT
  stay_id,
  unit_rank,
  unit_finess,
  authorisation_1,
  authorisation_2,
  nights
FROM read_unit
