-- Grain: one person x reporting year, for persons with a usable stay in the look-back and a residence known in the country.
-- Where the person lives and how old they are at the index date, as numbers that person_state names. Residence rule 'last': the most recent
-- known one (the larger code when two stays end the same day); 'modal': the most frequent one, the most recent when equal. Stays of every
-- field of care included speak; an ambulatory act gives a residence, but does not weigh in the frequency: a person may have hundreds.
-- Codes are counted by rank, in the order of the codes; a day may be of several reporting years, found by its calendar year.
-- Buckets: person_id
-- Years: reporting_place
-- Windows: reporting_place stay.exit_date person.death_date
-- Dense: person_id
WITH place AS (
  SELECT geo_code, geo_no, row_number() OVER (ORDER BY geo_code) AS geo_rank
  FROM residence_place
),

calendar AS (
  SELECT
    index_date,
    after_date,
    place,
    places,
    unnest(range(extract(YEAR FROM after_date), extract(YEAR FROM index_date) + 1)) AS exit_year
  FROM reporting_place
),

seen AS NOT MATERIALIZED (
  SELECT
    -- a person and a year are one number (reporting_place)
    CAST(stay.person_id AS BIGINT) * calendar.places + calendar.place AS person_place,
    place.geo_rank,
    stay.exit_date - DATE '1900-01-01' AS day_no,
    stay.is_contact,
    setting.residence_rule
  FROM stay
  INNER JOIN place ON stay.geo_code = place.geo_code
  INNER JOIN calendar
    ON extract(YEAR FROM stay.exit_date) = calendar.exit_year
    AND stay.exit_date <= calendar.index_date
    AND stay.exit_date > calendar.after_date
  CROSS JOIN setting
  WHERE stay.counts_for_person
),

-- One packed number per day or code, so that the largest one is the answer without a window: stays, day, code.
packed AS (
  SELECT person_place, day_no * 1048576 + geo_rank AS number
  FROM seen
  WHERE residence_rule = 'last'
  UNION ALL
  SELECT person_place, (count(*) FILTER (WHERE NOT is_contact) * 1048576 + max(day_no)) * 1048576 + geo_rank AS number
  FROM seen
  WHERE residence_rule = 'modal'
  GROUP BY person_place, geo_rank
),

chosen AS MATERIALIZED (
  SELECT person_place, max(number) % 1048576 AS geo_rank
  FROM packed
  GROUP BY person_place
),

residence AS (
  SELECT
    CAST(chosen.person_place // nullif(reporting_place.places, 0) AS INTEGER) AS person_id,
    reporting_place.year,
    reporting_place.index_date,
    place.geo_no
  FROM chosen
  INNER JOIN place ON chosen.geo_rank = place.geo_rank
  INNER JOIN reporting_place ON chosen.person_place % nullif(reporting_place.places, 0) = reporting_place.place
)

SELECT
  residence.person_id,
  residence.year,
  CAST(residence.year - person.birth_year AS SMALLINT) AS age_years,
  person.sex = 'F' AS is_female,
  residence.geo_no,
  person.death_date IS NULL OR person.death_date > residence.index_date AS is_alive
FROM residence
INNER JOIN person ON residence.person_id = person.person_id
