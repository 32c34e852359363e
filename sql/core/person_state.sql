-- Grain: one person x reporting year, for persons with a usable stay in the look-back and a residence known in the country.
-- Where the person lives and how old they are at the index date (person_residence), under their names.
-- REST: a geographic code that no declared territory holds. age_band: NULL under the first band.
-- View: a text costs twice what a number does to write; one more question to read.
WITH banded AS (
  SELECT CAST(unnest(range(age_min, age_max + 1)) AS SMALLINT) AS age_years, age_band
  FROM age_band
)

SELECT
  person_residence.person_id,
  person_residence.year,
  person_residence.age_years,
  banded.age_band,
  CASE WHEN person_residence.is_female THEN 'F' ELSE 'M' END AS sex,
  residence_place.geo_code,
  residence_place.territory_id,
  person_residence.is_alive
FROM person_residence
INNER JOIN residence_place ON person_residence.geo_no = residence_place.geo_no
LEFT JOIN banded ON person_residence.age_years = banded.age_years
