-- Grain: one criterion x reporting year.
-- What the criterion counts and between which days: stays that end after after_date, up to index_date. Without months, or with more than
-- it, the look-back of the year. after_date is the last day whose months are over at the index date; of a day that the month does not have
-- they are over on its last day.
-- window_no: criteria that count the same between the same days, in one condition or in several, are counted once, under one number.
-- event_no, episode_event_no: as looked for (shown_event).
WITH reach AS (
  SELECT
    definition_criterion.criterion_no,
    definition_criterion.condition,
    definition_criterion.criterion_id,
    definition_criterion.counted,
    definition_criterion.at_least,
    shown_event.shown_no AS event_no,
    beside.shown_no AS episode_event_no,
    reporting_year.year,
    reporting_year.index_date,
    CAST(
      least(coalesce(definition_criterion.months, 12 * reporting_year.lookback_years), 12 * reporting_year.lookback_years) AS INTEGER
    ) AS months
  FROM definition_criterion
  CROSS JOIN reporting_year
  INNER JOIN shown_event ON definition_criterion.event_no = shown_event.event_no
  LEFT JOIN shown_event AS beside ON definition_criterion.episode_event_no = beside.event_no
)

SELECT
  criterion_no,
  condition,
  criterion_id,
  year,
  CAST(dense_rank() OVER (ORDER BY year, event_no, months, counted, at_least, episode_event_no) AS INTEGER) AS window_no,
  event_no,
  counted,
  at_least,
  episode_event_no,
  months,
  index_date,
  CASE
    WHEN index_date = last_day(index_date) THEN last_day(CAST(index_date - to_months(months) AS DATE))
    ELSE CAST(index_date - to_months(months) AS DATE)
  END AS after_date
FROM reach
