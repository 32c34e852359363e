-- Grain: one person x reporting year x window of a criterion met (criterion_window).
-- The reason for everything that follows, numbers and dates only: how many events, the first and the last, and deciding_date, that of the
-- event whose ageing ends the criterion. Counted once for the criteria that count the same between the same days, by exit date.
-- person_evidence names them.
-- View: events are kept with their dates, those of a person together (stay_event); where one is enough, a reason is counted when it is read.
WITH once AS (
  SELECT DISTINCT window_no, year, event_no, counted, at_least, episode_event_no, months, index_date, after_date
  FROM criterion_window
  WHERE counted = 'stay' AND at_least = 1
),

-- With the columns of `windowed` in person_count: strata explain shows the events of both as one.
windowed_once AS NOT MATERIALIZED (
  SELECT
    stay_event.person_id,
    stay_event.stay_id,
    stay_event.exit_date,
    stay_event.days,
    once.year,
    once.window_no,
    once.counted,
    once.at_least,
    once.episode_event_no,
    once.months
  FROM stay_event
  INNER JOIN once
    ON stay_event.event_no = once.event_no
    AND CASE
      WHEN stay_event.event_no = once.event_no THEN stay_event.exit_date <= once.index_date AND stay_event.exit_date > once.after_date
      ELSE false
    END
  UNION ALL
  -- What was shown outside stays, dated by its last day up to the index date.
  SELECT
    care_event.person_id,
    CAST(NULL AS BIGINT) AS stay_id,
    least(care_event.last_date, once.index_date) AS exit_date,
    CAST(1 AS SMALLINT) AS days,
    once.year,
    once.window_no,
    once.counted,
    once.at_least,
    once.episode_event_no,
    once.months
  FROM care_event
  INNER JOIN once
    ON care_event.event_no = once.event_no
    AND care_event.first_date <= once.index_date
    AND least(care_event.last_date, once.index_date) > once.after_date
)

SELECT
  person_id,
  year,
  window_no,
  CAST(count(*) AS INTEGER) AS events,
  min(exit_date) AS first_date,
  max(exit_date) AS last_date,
  max(exit_date) AS deciding_date
FROM windowed_once
GROUP BY person_id, year, window_no
UNION ALL
SELECT
  person_id,
  year,
  window_no,
  events,
  first_date,
  last_date,
  deciding_date
FROM person_count
