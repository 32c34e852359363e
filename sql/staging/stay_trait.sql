-- Grain: one stay read.
-- What kind of stay it is, in words the definitions use. The bits of `traits` are those of strata/tables/trait.csv.
-- Urgent: through an emergency department of the hospital (5), of another (U), or both (V), entered from home (mode 8).
WITH described AS (
  SELECT
    stay_id,
    coalesce(ghm LIKE '28%', false) AS is_session,
    nights >= 1 AS is_overnight,
    coalesce(entry_provenance IN ('5', 'U', 'V') AND entry_mode = '8', false) AS is_urgent,
    coalesce(exit_mode = '9', false) AS is_death,
    coalesce(entry_mode IN ('7', '0'), false) AS is_transfer_in
  FROM read_stay
)

SELECT
  stay_id,
  is_session,
  is_overnight,
  is_urgent,
  is_death,
  is_transfer_in,
  CAST(
    CASE WHEN is_session THEN 1 ELSE 0 END
    + CASE WHEN is_overnight THEN 2 ELSE 0 END
    + CASE WHEN is_urgent THEN 4 ELSE 0 END
    + CASE WHEN is_death THEN 8 ELSE 0 END
    + CASE WHEN is_transfer_in THEN 16 ELSE 0 END AS SMALLINT
  ) AS traits
FROM described
