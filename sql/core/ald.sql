-- Grain: one episode of a long-term illness (ALD) of one person: illness number x diagnosis x first day.
-- IR_IMB_R has one row per renewal: rows of one person, number and diagnosis that touch or overlap are one episode. end_date NULL: open.
-- Only exemptions for an illness count (41 listed, 43 unlisted, 45 several): the table also holds accidents at work and others.
-- Read the diagnosis rather than the number, which is poorly filled. Source: SNDS documentation, ALD query sheet (requete_type_ald).
WITH granted AS (
  SELECT
    coalesce(person_identity.person_id, read_ald.person_id) AS person_id,
    read_ald.ald_number,
    read_ald.cim10_code,
    read_ald.start_date,
    coalesce(read_ald.end_date, DATE '9999-12-30') AS end_date
  FROM read_ald
  LEFT JOIN person_identity ON read_ald.person_id = person_identity.read_person_id
  WHERE
    read_ald.person_id IS NOT NULL
    AND read_ald.exemption_kind IN ('41', '43', '45')
    AND NOT coalesce(person_identity.is_ambiguous, false)
),

reached AS (
  SELECT
    person_id,
    ald_number,
    cim10_code,
    start_date,
    end_date,
    max(end_date) OVER (
      PARTITION BY person_id, ald_number, cim10_code
      ORDER BY start_date, end_date
      ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    ) AS reach
  FROM granted
),

numbered AS (
  SELECT
    person_id,
    ald_number,
    cim10_code,
    start_date,
    end_date,
    count(*) FILTER (WHERE reach IS NULL OR start_date > reach + 1) OVER (
      PARTITION BY person_id, ald_number, cim10_code
      ORDER BY start_date, end_date
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS episode_no
  FROM reached
)

SELECT
  person_id,
  ald_number,
  cim10_code,
  min(start_date) AS start_date,
  CASE WHEN max(end_date) < DATE '9999-12-30' THEN max(end_date) END AS end_date,
  count(*) AS decisions
FROM numbered
GROUP BY person_id, ald_number, cim10_code, episode_no
