-- Grain: one act zone of one stay.
-- Acts of the CCAM; those of rehabilitation (CSARR, CSAR: dozens a week of SMR) are in read_procedure alone.
-- Activity 4 (anaesthesia) repeats the act of activity 1: who counts acts must choose one of them.
-- Slices: stay_id
SELECT
  stay_id,
  unit_rank,
  code,
  phase,
  activity,
  day_offset
FROM read_procedure
WHERE system = 'ccam'
