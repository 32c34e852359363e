-- Grain: one person x reporting year x window of a criterion met (criterion_window), of the criteria that one stay is not enough for.
-- How many events, the first and the last, and deciding_date, that of the event whose ageing ends the criterion: several stays, days or
-- episodes are asked for, by exit date. person_reason has the criteria that one stay is enough for beside these.
-- A day of ambulatory care counts as a stay that ends that day; a long-term illness, as one that ends when its exemption does.
-- Buckets: person_id
-- Years: criterion_window
WITH span AS (
  SELECT DISTINCT window_no, year, event_no, counted, at_least, episode_event_no, months, index_date, after_date
  FROM criterion_window
  WHERE counted <> 'stay' OR at_least > 1
),

windowed AS (
  SELECT
    stay_event.person_id,
    stay_event.stay_id,
    stay_event.exit_date,
    stay_event.days,
    span.window_no,
    span.counted,
    span.at_least,
    span.episode_event_no,
    span.months
  FROM stay_event
  INNER JOIN span
    ON stay_event.event_no = span.event_no
    AND stay_event.exit_date <= span.index_date
    AND stay_event.exit_date > span.after_date
  UNION ALL
  -- What was shown outside stays, dated by its last day up to the index date.
  SELECT
    care_event.person_id,
    CAST(NULL AS BIGINT) AS stay_id,
    least(care_event.last_date, span.index_date) AS exit_date,
    CAST(1 AS SMALLINT) AS days,
    span.window_no,
    span.counted,
    span.at_least,
    span.episode_event_no,
    span.months
  FROM care_event
  INNER JOIN span
    ON care_event.event_no = span.event_no
    AND care_event.first_date <= span.index_date
    AND least(care_event.last_date, span.index_date) > span.after_date
),

-- Episodes that hold an event asked for beside another (intensive care during a decompensation).
episode_event AS (
  SELECT DISTINCT
    stay_episode.person_id,
    stay_episode.episode_no,
    stay_event.event_no
  FROM stay_event
  INNER JOIN stay_episode ON stay_event.stay_id = stay_episode.stay_id
  WHERE stay_event.event_no IN (SELECT episode_event_no FROM span WHERE episode_event_no IS NOT NULL)
),

-- What is counted, each with its date and weight: the days of stays that end the same day, counted once; an episode, dated by its last
-- stay in the window; a stay, where several are asked for.
counted_unit AS (
  SELECT
    person_id,
    window_no,
    at_least,
    exit_date AS unit_date,
    1 AS weight
  FROM windowed
  WHERE counted = 'stay'
  UNION ALL
  SELECT
    person_id,
    window_no,
    at_least,
    exit_date AS unit_date,
    max(days) AS weight
  FROM windowed
  WHERE counted = 'day'
  GROUP BY person_id, window_no, at_least, exit_date
  UNION ALL
  SELECT
    windowed.person_id,
    windowed.window_no,
    windowed.at_least,
    max(windowed.exit_date) AS unit_date,
    1 AS weight
  FROM windowed
  INNER JOIN stay_episode ON windowed.stay_id = stay_episode.stay_id
  LEFT JOIN episode_event
    ON stay_episode.person_id = episode_event.person_id
    AND stay_episode.episode_no = episode_event.episode_no
    AND windowed.episode_event_no = episode_event.event_no
  WHERE windowed.counted = 'episode' AND (windowed.episode_event_no IS NULL OR episode_event.event_no IS NOT NULL)
  GROUP BY windowed.person_id, windowed.window_no, windowed.at_least, stay_episode.episode_no
),

-- Counting back from the latest: the unit at which the number is reached is the one whose ageing ends the criterion.
reached AS (
  SELECT
    person_id,
    window_no,
    at_least,
    unit_date,
    weight,
    sum(weight) OVER (
      PARTITION BY person_id, window_no
      ORDER BY unit_date DESC
      RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS reached
  FROM counted_unit
),

met AS (
  SELECT
    person_id,
    window_no,
    sum(weight) AS events,
    min(unit_date) AS first_date,
    max(unit_date) AS last_date,
    max(CASE WHEN reached >= at_least THEN unit_date END) AS deciding_date
  FROM reached
  GROUP BY person_id, window_no
  HAVING max(CASE WHEN reached >= at_least THEN unit_date END) IS NOT NULL
)

SELECT
  met.person_id,
  span.year,
  met.window_no,
  CAST(met.events AS INTEGER) AS events,
  met.first_date,
  met.last_date,
  met.deciding_date
FROM met
INNER JOIN span ON met.window_no = span.window_no
