-- Grain: one person with at least one stay usable for person-level work.
-- Sex: the most frequent among the person's stays (F when equal). Birth year: lower median of entry year minus age in full years.
-- Death: the earliest date among the sources that are not set aside (person_death); of two sources on one day the hospital, then IR_BEN_R.
-- Where no source but the hospital is there, deaths outside it are unknown and those persons are presumed alive.
-- Persons: stay person_death pseudonym
-- Compared: person_id
WITH usable AS (
  SELECT
    person_id,
    sex,
    extract(YEAR FROM entry_date) - age_years AS birth_year
  FROM stay
  WHERE counts_for_person
),

-- One packed text per source, so that the smallest one is the answer without a window.
death AS (
  SELECT
    person_id,
    min(
      CAST(death_date AS VARCHAR) || CASE death_source WHEN 'hospital' THEN '1' WHEN 'beneficiary' THEN '2' ELSE '3' END || death_source
    ) AS first_death
  FROM person_death
  WHERE NOT is_set_aside
  GROUP BY person_id
),

described AS (
  SELECT
    person_id,
    CASE WHEN sum(CASE sex WHEN 'F' THEN 1 WHEN 'M' THEN -1 ELSE 0 END) >= 0 THEN 'F' ELSE 'M' END AS sex,
    CAST(quantile_disc(birth_year, 0.5) AS SMALLINT) AS birth_year
  FROM usable
  GROUP BY person_id
)

SELECT
  described.person_id,
  pseudonym.pseudonym,
  described.sex,
  described.birth_year,
  CAST(left(death.first_death, 10) AS DATE) AS death_date,
  substr(death.first_death, 12) AS death_source
FROM described
INNER JOIN pseudonym ON described.person_id = pseudonym.person_id
LEFT JOIN death ON described.person_id = death.person_id
