-- Grain: one row per filter x field of care x hospital x year of exit.
-- Stays that meet a filter (a stay may meet several) and the persons behind them: nothing is set aside in silence.
-- What a filter removes a stay from (stay counts, persons, costs) is in stay_filter.
-- Slices: slice_id
SELECT
  stay_rejection.stay_id // 4294967296 AS slice_id,
  stay_rejection.reason,
  read_stay.field,
  read_stay.finess,
  read_stay.year,
  count(*) AS stays,
  count(DISTINCT read_stay.person_id) AS persons
FROM stay_rejection
INNER JOIN read_stay ON read_stay.stay_id = stay_rejection.stay_id
GROUP BY stay_rejection.stay_id // 4294967296, stay_rejection.reason, read_stay.field, read_stay.finess, read_stay.year
