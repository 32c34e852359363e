-- Grain: one person x reporting year, for persons with a usable stay in the look-back and a residence known in the country.
-- Where the person lives and how old they are at the index date. Residence rule 'last': the most recent known one (the larger code
-- when two stays end the same day); 'modal': the most frequent one, the most recent when equal. Stays of every field of care included
-- speak; an ambulatory act gives a residence, but does not weigh in the frequency: a person may have hundreds.
-- REST: a geographic code that no declared territory holds.
WITH seen AS (
  SELECT
    stay.person_id,
    reporting_year.year,
    reporting_year.index_date,
    stay.geo_code,
    max(stay.exit_date) AS last_date,
    count(*) FILTER (WHERE NOT stay.is_contact) AS stays
  FROM stay
  INNER JOIN reporting_year
    ON stay.exit_date <= reporting_year.index_date
    AND stay.exit_date + to_months(CAST(12 * reporting_year.lookback_years AS INTEGER)) > reporting_year.index_date
  WHERE stay.counts_for_person AND stay.geo_code IS NOT NULL
  GROUP BY stay.person_id, reporting_year.year, reporting_year.index_date, stay.geo_code
),

residence AS (
  SELECT
    seen.person_id,
    seen.year,
    seen.index_date,
    -- One packed text per code, so that the largest one is the answer without a window.
    substr(
      max(
        CASE setting.residence_rule WHEN 'modal' THEN lpad(CAST(seen.stays AS VARCHAR), 6, '0') ELSE '000000' END
        || CAST(seen.last_date AS VARCHAR)
        || seen.geo_code
      ),
      17
    ) AS geo_code
  FROM seen
  CROSS JOIN setting
  GROUP BY seen.person_id, seen.year, seen.index_date
),

aged AS (
  SELECT
    residence.person_id,
    residence.year,
    residence.geo_code,
    person.sex,
    CAST(residence.year - person.birth_year AS SMALLINT) AS age_years,
    person.death_date IS NULL OR person.death_date > residence.index_date AS is_alive
  FROM residence
  INNER JOIN person ON residence.person_id = person.person_id
)

SELECT
  aged.person_id,
  aged.year,
  aged.age_years,
  age_band.age_band,
  aged.sex,
  aged.geo_code,
  coalesce(territory.territory_id, 'REST') AS territory_id,
  aged.is_alive
FROM aged
LEFT JOIN age_band ON aged.age_years >= age_band.age_min AND aged.age_years <= age_band.age_max
LEFT JOIN territory ON aged.geo_code = territory.geo_code
