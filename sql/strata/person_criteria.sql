-- Grain: one person x reporting year x block of conditions, for whoever meets a criterion of one of them.
-- The criteria met as one number, a bit each, several conditions side by side (criterion_bit, condition_bit): straight from the events where
-- one is enough, from what was counted where several are asked for. A reason is counted for who asks (person_reason).
-- Buckets: person_id
-- Years: window_bit
-- Windows: window_bit stay_event.exit_date care_event.first_date care_event.last_date
-- Dense: person_id
WITH beside_stays AS MATERIALIZED (
  -- Few, and together: for each branch of a sum that has a place for everybody, all places are gone through.
  SELECT
    care_event.person_id,
    window_bit.place,
    window_bit.places,
    window_bit.bits
  FROM care_event
  INNER JOIN window_bit
    ON care_event.event_no = window_bit.event_no
    AND care_event.first_date <= window_bit.index_date
    AND least(care_event.last_date, window_bit.index_date) > window_bit.after_date
  WHERE window_bit.is_once
  UNION ALL
  SELECT
    person_count.person_id,
    window_bit.place,
    window_bit.places,
    window_bit.bits
  FROM person_count
  INNER JOIN window_bit ON person_count.window_no = window_bit.window_no
),

met AS NOT MATERIALIZED (
  SELECT
    stay_event.person_id,
    window_bit.place,
    window_bit.places,
    window_bit.bits
  FROM stay_event
  INNER JOIN window_bit
    ON stay_event.event_no = window_bit.event_no
    AND stay_event.exit_date <= window_bit.index_date
    AND stay_event.exit_date > window_bit.after_date
  WHERE window_bit.is_once
  UNION ALL
  SELECT
    person_id,
    place,
    places,
    bits
  FROM beside_stays
),

-- Kept aside: one thread would hand on what was added up by places, all hand on what is kept.
added AS MATERIALIZED (
  SELECT CAST(person_id AS BIGINT) * places + place AS person_place, bit_or(bits) AS bits
  FROM met
  GROUP BY person_place
),

cell AS (
  SELECT DISTINCT place, places, year, block_no
  FROM window_bit
)

SELECT
  CAST(added.person_place // nullif(cell.places, 0) AS INTEGER) AS person_id,
  cell.year,
  cell.block_no,
  added.bits AS criteria
FROM added
INNER JOIN cell ON added.person_place % nullif(cell.places, 0) = cell.place
