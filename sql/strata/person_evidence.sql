-- Grain: one person x condition x reporting year x criterion met.
-- The reason for everything that follows: how many events, the first and the last, and the day from which, without a new one, the
-- criterion no longer holds. The window is (index date - months, index date], by exit date; without months, or with more than it, the year's look-back.
-- Criteria are counted by window_no, one number for a criterion in a reporting year, and named once they are few.
-- A day of ambulatory care counts as a stay that ends that day; a long-term illness, as one that ends when its exemption does.
-- Buckets: person_id
WITH reach AS (
  SELECT
    definition_criterion.event_no,
    definition_criterion.criterion_no,
    definition_criterion.counted,
    definition_criterion.at_least,
    definition_criterion.episode_event_no,
    reporting_year.year,
    reporting_year.index_date,
    CAST(
      least(coalesce(definition_criterion.months, 12 * reporting_year.lookback_years), 12 * reporting_year.lookback_years) AS INTEGER
    ) AS months
  FROM definition_criterion
  CROSS JOIN reporting_year
),

-- after_date: the last day whose months are over at the index date. Of a day that the month does not have they are over on its last day.
bounded AS (
  SELECT
    event_no,
    criterion_no,
    counted,
    at_least,
    episode_event_no,
    year,
    index_date,
    months,
    CASE
      WHEN index_date = last_day(index_date) THEN last_day(CAST(index_date - to_months(months) AS DATE))
      ELSE CAST(index_date - to_months(months) AS DATE)
    END AS after_date,
    CAST(row_number() OVER (ORDER BY year, criterion_no) AS SMALLINT) AS window_no
  FROM reach
),

windowed AS NOT MATERIALIZED (
  SELECT
    stay_event.person_id,
    stay_event.stay_id,
    stay_event.exit_date,
    stay_event.days,
    bounded.window_no,
    bounded.criterion_no,
    bounded.counted,
    bounded.at_least,
    bounded.episode_event_no,
    bounded.months
  FROM stay_event
  INNER JOIN bounded
    ON stay_event.event_no = bounded.event_no
    AND stay_event.exit_date <= bounded.index_date
    AND stay_event.exit_date > bounded.after_date
  UNION ALL
  -- What was shown outside stays, dated by its last day up to the index date.
  SELECT
    care_event.person_id,
    CAST(NULL AS BIGINT) AS stay_id,
    least(care_event.last_date, bounded.index_date) AS exit_date,
    CAST(1 AS SMALLINT) AS days,
    bounded.window_no,
    bounded.criterion_no,
    bounded.counted,
    bounded.at_least,
    bounded.episode_event_no,
    bounded.months
  FROM care_event
  INNER JOIN bounded
    ON care_event.event_no = bounded.event_no
    AND care_event.first_date <= bounded.index_date
    AND least(care_event.last_date, bounded.index_date) > bounded.after_date
),

-- Episodes that hold an event asked for beside another (intensive care during a decompensation).
episode_event AS (
  SELECT DISTINCT
    stay_episode.person_id,
    stay_episode.episode_no,
    stay_event.event_no
  FROM stay_event
  INNER JOIN stay_episode ON stay_event.stay_id = stay_episode.stay_id
  WHERE stay_event.event_no IN (SELECT episode_event_no FROM definition_criterion WHERE episode_event_no IS NOT NULL)
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
  WHERE counted = 'stay' AND at_least > 1
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
  -- One stay is enough: nothing to count back, and by far the most.
  SELECT
    person_id,
    window_no,
    count(*) AS events,
    min(exit_date) AS first_date,
    max(exit_date) AS last_date,
    max(exit_date) AS deciding_date
  FROM windowed
  WHERE counted = 'stay' AND at_least = 1
  GROUP BY person_id, window_no
  UNION ALL
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
  definition_criterion.condition,
  bounded.year,
  definition_criterion.criterion_id,
  bounded.criterion_no,
  CAST(met.events AS INTEGER) AS events,
  met.first_date,
  met.last_date,
  CAST(met.deciding_date + to_months(bounded.months) AS DATE) AS expires_on
FROM met
INNER JOIN bounded ON met.window_no = bounded.window_no
INNER JOIN definition_criterion ON bounded.criterion_no = definition_criterion.criterion_no
