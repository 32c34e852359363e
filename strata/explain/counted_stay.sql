-- Grain: one criterion x stay that it looks at within its window.
-- is_beside: the stay is not counted, it brings the event asked for beside another in the same episode.
-- expires_on: the day from which, at an index date, this stay is out of the window.
WITH counted AS (
  SELECT
    criterion_window.criterion_no,
    windowed_stay.stay_id,
    criterion_window.event_no,
    windowed_stay.days,
    windowed_stay.months,
    stay_episode.episode_no,
    windowed_stay.episode_event_no
  FROM windowed_stay
  INNER JOIN criterion_window ON windowed_stay.window_no = criterion_window.window_no
  LEFT JOIN stay_episode ON windowed_stay.stay_id = stay_episode.stay_id
  LEFT JOIN episode_beside
    ON stay_episode.person_id = episode_beside.person_id
    AND stay_episode.episode_no = episode_beside.episode_no
    AND windowed_stay.episode_event_no = episode_beside.event_no
  WHERE
    windowed_stay.counted <> 'episode'
    OR (stay_episode.episode_no IS NOT NULL AND (windowed_stay.episode_event_no IS NULL OR episode_beside.event_no IS NOT NULL))
),

looked_at AS (
  SELECT criterion_no, stay_id, event_no, days, months, episode_no, false AS is_beside FROM counted
  UNION ALL
  SELECT DISTINCT
    counted.criterion_no,
    stay_event.stay_id,
    stay_event.event_no,
    stay_event.days,
    CAST(NULL AS INTEGER) AS months,
    stay_episode.episode_no,
    true AS is_beside
  FROM counted
  INNER JOIN stay_episode ON counted.episode_no = stay_episode.episode_no
  INNER JOIN stay_event ON stay_episode.stay_id = stay_event.stay_id AND counted.episode_event_no = stay_event.event_no
)

SELECT
  looked_at.criterion_no,
  looked_at.event_no,
  looked_at.is_beside,
  stay.stay_id,
  stay.entry_date,
  stay.exit_date,
  stay.field,
  stay.finess,
  looked_at.days,
  looked_at.episode_no,
  CAST(stay.exit_date + to_months(looked_at.months) AS DATE) AS expires_on,
  stay.source_file,
  stay.source_line
FROM looked_at
INNER JOIN stay ON looked_at.stay_id = stay.stay_id
ORDER BY looked_at.criterion_no, looked_at.is_beside, stay.exit_date DESC, stay.stay_id
