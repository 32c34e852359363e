-- Grain: one stay of the person that a filter leaves out of work by person x that filter.
SELECT
  stay.stay_id,
  stay.entry_date,
  stay.exit_date,
  stay.field,
  stay.finess,
  stay_rejection.reason,
  stay_filter.label_fr,
  stay_filter.label_en,
  stay.source_file,
  stay.source_line
FROM stay_rejection
INNER JOIN stay_filter ON stay_rejection.reason = stay_filter.reason AND stay_filter.from_persons
INNER JOIN stay ON stay_rejection.stay_id = stay.stay_id
ORDER BY stay.exit_date DESC, stay.stay_id, stay_rejection.reason
