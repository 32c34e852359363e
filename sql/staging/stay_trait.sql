-- Grain: one stay read.
-- What kind of stay it is, in words the definitions use. The bits of `traits` are those of strata/tables/trait.csv.
-- Session: CMD 28 in MCO, where one record may hold several; elsewhere what the form says. Contact: an act without a stay (R3A).
-- Urgent: through an emergency department of the hospital (5), of another (U), or both (V), entered from home (mode 8).
-- Modes and provenances have the same codes in the four fields of care; a contact has none.
-- Slices: stay_id
WITH described AS (
  SELECT
    stay_id,
    field,
    coalesce(CASE field WHEN 'mco' THEN ghm LIKE '28%' ELSE care_form = 'session' END, false) AS is_session,
    nights >= 1 AS is_overnight,
    coalesce(entry_provenance IN ('5', 'U', 'V') AND entry_mode = '8', false) AS is_urgent,
    coalesce(exit_mode = '9', false) AS is_death,
    coalesce(entry_mode IN ('7', '0'), false) AS is_transfer_in,
    coalesce(care_form = 'contact', false) AS is_contact
  FROM read_stay
)

SELECT
  stay_id,
  is_session,
  is_overnight,
  is_urgent,
  is_death,
  is_transfer_in,
  is_contact,
  CAST(
    CASE WHEN is_session THEN 1 ELSE 0 END
    + CASE WHEN is_overnight THEN 2 ELSE 0 END
    + CASE WHEN is_urgent THEN 4 ELSE 0 END
    + CASE WHEN is_death THEN 8 ELSE 0 END
    + CASE WHEN is_transfer_in THEN 16 ELSE 0 END
    + CASE field WHEN 'mco' THEN 32 WHEN 'smr' THEN 64 WHEN 'had' THEN 128 WHEN 'psy' THEN 256 ELSE 0 END
    + CASE WHEN is_contact THEN 512 ELSE 0 END AS SMALLINT
  ) AS traits
FROM described
