-- Grain: one row per hospital x field of care x year that follows a year held.
-- How far a hospital moved from its own year before: volume and associated diagnoses (ratios), chaining, residence and code extensions
-- (differences; of the extensions, the one that moved most). An extension that nobody filled the year before has just come into use:
-- that is the nomenclature's change, not the hospital's. Figures that would move by chance alone are left out: hospitals with fewer than
-- 100 stays in either year, associated diagnoses under 500 stays, an extension with fewer than 100 mentions.
WITH measured AS (
  SELECT
    hospital_year.finess,
    hospital_year.field,
    hospital_year.year,
    hospital_year.stays,
    hospital_year.chained_share,
    hospital_year.residence_unknown_share,
    CASE WHEN coding_intensity.stays >= 500 THEN coding_intensity.das_per_stay END AS das_per_stay
  FROM hospital_year
  LEFT JOIN coding_intensity
    ON hospital_year.finess = coding_intensity.finess
    AND hospital_year.field = coding_intensity.field
    AND hospital_year.year = coding_intensity.year
  WHERE hospital_year.stays >= 100
),

extension_change AS (
  SELECT later.finess, later.field, later.year, max(abs(later.filled_share - earlier.filled_share)) AS filled_change
  FROM extension_filled AS later
  INNER JOIN extension_filled AS earlier
    ON later.finess = earlier.finess AND later.field = earlier.field AND later.marker = earlier.marker AND later.year = earlier.year + 1
  WHERE earlier.filled_share > 0 AND earlier.mentions >= 100 AND later.mentions >= 100
  GROUP BY later.finess, later.field, later.year
)

SELECT
  later.finess,
  later.field,
  later.year,
  later.stays,
  later.stays / NULLIF(earlier.stays, 0)::DOUBLE AS volume_ratio,
  later.chained_share - earlier.chained_share AS chained_change,
  later.residence_unknown_share - earlier.residence_unknown_share AS residence_unknown_change,
  later.das_per_stay / NULLIF(earlier.das_per_stay, 0) AS das_ratio,
  extension_change.filled_change
FROM measured AS later
INNER JOIN measured AS earlier
  ON later.finess = earlier.finess AND later.field = earlier.field AND later.year = earlier.year + 1
LEFT JOIN extension_change
  ON later.finess = extension_change.finess AND later.field = extension_change.field AND later.year = extension_change.year
LEFT JOIN reporting_year ON later.year = reporting_year.year
WHERE coalesce(extract(MONTH FROM reporting_year.index_date), 12) = 12
