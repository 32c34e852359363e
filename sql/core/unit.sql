-- Grain: one medical unit (RUM) of one stay.
-- Where the stay passed: geographic FINESS, the authorisations of the unit (intensive care, stroke unit…), nights spent there.
SELECT
  stay_id,
  unit_rank,
  unit_finess,
  authorisation_1,
  authorisation_2,
  nights
FROM read_unit
