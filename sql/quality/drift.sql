-- Grain: one row per hospital x field of care x year that follows a year held.
-- How far a hospital moved from its own year before: volume (ratio), chaining, residence, coding (differences, in points or diagnoses).
-- An extension that nobody filled the year before has just come into use: that is the nomenclature's change, not the hospital's.
-- A hospital with fewer than 100 stays in either year is left out: its shares move by chance alone.
WITH measured AS (
  SELECT
    hospital_year.finess,
    hospital_year.field,
    hospital_year.year,
    hospital_year.stays,
    hospital_year.chained_share,
    hospital_year.residence_unknown_share,
    coding_intensity.das_per_stay,
    coding_intensity.insulin_filled_share,
    coding_intensity.ejection_fraction_filled_share
  FROM hospital_year
  LEFT JOIN coding_intensity
    ON hospital_year.finess = coding_intensity.finess
    AND hospital_year.field = coding_intensity.field
    AND hospital_year.year = coding_intensity.year
  WHERE hospital_year.stays >= 100
)

SELECT
  later.finess,
  later.field,
  later.year,
  later.stays,
  later.stays / earlier.stays::DOUBLE AS volume_ratio,
  later.chained_share - earlier.chained_share AS chained_change,
  later.residence_unknown_share - earlier.residence_unknown_share AS residence_unknown_change,
  later.das_per_stay / NULLIF(earlier.das_per_stay, 0) AS das_ratio,
  CASE WHEN earlier.insulin_filled_share > 0 THEN later.insulin_filled_share - earlier.insulin_filled_share END AS insulin_filled_change,
  CASE
    WHEN earlier.ejection_fraction_filled_share > 0 THEN later.ejection_fraction_filled_share - earlier.ejection_fraction_filled_share
  END AS ejection_fraction_filled_change
FROM measured AS later
INNER JOIN measured AS earlier
  ON later.finess = earlier.finess AND later.field = earlier.field AND later.year = earlier.year + 1
LEFT JOIN reporting_year ON later.year = reporting_year.year
WHERE coalesce(extract(MONTH FROM reporting_year.index_date), 12) = 12
