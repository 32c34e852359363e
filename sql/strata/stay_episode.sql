-- Grain: one MCO stay, sessions left out, of a person for whom some criterion counts episodes.
-- Stays that follow each other with at most one day between, or by transfer, are one episode, numbered by its first stay.
-- A transfer into a stay joins it to the stay before whatever the gap, provided that one was left by transfer (the way between may
-- lead through another field of care). Stays of the other fields neither open nor bridge an episode: months of rehabilitation or of care
-- at home would make one episode of several, and a number of episodes would depend on the fields read (docs/decisions/0007).
-- Compared: person_id
WITH concerned AS (
  SELECT DISTINCT stay_event.person_id
  FROM stay_event
  INNER JOIN shown_event ON stay_event.event_no = shown_event.shown_no
  INNER JOIN definition_criterion ON shown_event.event_no = definition_criterion.event_no
  WHERE definition_criterion.counted = 'episode'
),

ordered AS (
  SELECT
    stay.person_id,
    stay.stay_id,
    stay.entry_date,
    stay.exit_date,
    stay.is_transfer_in,
    max(stay.exit_date) OVER earlier AS last_exit_date,
    lag(stay.exit_mode) OVER (PARTITION BY stay.person_id ORDER BY stay.entry_date, stay.exit_date, stay.stay_id) AS last_exit_mode
  FROM stay
  INNER JOIN concerned ON stay.person_id = concerned.person_id
  WHERE stay.counts_for_person AND stay.field = 'mco' AND NOT stay.is_session
  WINDOW earlier AS (
    PARTITION BY stay.person_id
    ORDER BY stay.entry_date, stay.exit_date, stay.stay_id
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),

opened AS (
  SELECT
    person_id,
    stay_id,
    entry_date,
    exit_date,
    CASE
      WHEN entry_date <= last_exit_date + 1 THEN 0
      WHEN is_transfer_in AND last_exit_mode IN ('7', '0') THEN 0
      ELSE 1
    END AS opens_episode
  FROM ordered
)

SELECT
  person_id,
  stay_id,
  CAST(
    sum(opens_episode) OVER (
      PARTITION BY person_id
      ORDER BY entry_date, exit_date, stay_id
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS INTEGER
  ) AS episode_no
FROM opened
