-- Grain: one row for the warehouse.
-- Nobody's last year disappears: a member who died in hospital in the year is in the cohort as dead. Counts that must be zero.
WITH death AS (
  SELECT person_id, extract(YEAR FROM death_date) AS year
  FROM person
  WHERE death_date IS NOT NULL
),
member AS (
  SELECT
    flow_member.person_id,
    flow_member.condition,
    flow_member.year,
    flow_member.stratum,
    flow_member.person_years,
    CAST(flow_member.died AS INTEGER) AS died,
    CASE WHEN death.person_id IS NULL THEN 0 ELSE 1 END AS died_in_hospital
  FROM flow_member
  LEFT JOIN death ON death.person_id = flow_member.person_id AND death.year = flow_member.year
),
member_row AS (
  SELECT person_id, condition, year, count(*) AS copies
  FROM member
  GROUP BY person_id, condition, year
)
SELECT
  (SELECT count(*) FROM member_row WHERE copies > 1) AS members_twice,
  count(*) FILTER (WHERE died <> died_in_hospital) AS deaths_lost,
  count(*) FILTER (WHERE person_years IS NULL OR person_years < 0 OR person_years > 1) AS person_years_out_of_range
FROM member
