-- Grain: one person with at least one stay usable for person-level work.
-- Sex: the most frequent among the person's stays (F when equal). Birth year: lower median of entry year minus age in full years.
-- Death: the first stay left by death; deaths outside hospital are unknown here, so others are presumed alive.
WITH usable AS (
  SELECT
    person_id,
    sex,
    extract(YEAR FROM entry_date) - age_years AS birth_year,
    CASE WHEN is_death THEN exit_date END AS death_date
  FROM stay
  WHERE counts_for_person
)

SELECT
  usable.person_id,
  pseudonym.pseudonym,
  CASE WHEN sum(CASE usable.sex WHEN 'F' THEN 1 WHEN 'M' THEN -1 ELSE 0 END) >= 0 THEN 'F' ELSE 'M' END AS sex,
  CAST(quantile_disc(usable.birth_year, 0.5) AS SMALLINT) AS birth_year,
  min(usable.death_date) AS death_date
FROM usable
INNER JOIN pseudonym ON usable.person_id = pseudonym.person_id
GROUP BY usable.person_id, pseudonym.pseudonym
