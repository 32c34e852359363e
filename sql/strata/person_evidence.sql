-- Grain: one person x condition x reporting year x criterion met.
-- The reason for everything that follows, under its names: how many events, the first and the last, and the day from which, without a new
-- one, the criterion no longer holds.
-- View: reasons are many and are kept by number (person_reason); few readers want them all.
SELECT
  person_reason.person_id,
  criterion_window.condition,
  criterion_window.year,
  criterion_window.criterion_id,
  criterion_window.criterion_no,
  person_reason.events,
  person_reason.first_date,
  person_reason.last_date,
  CAST(person_reason.deciding_date + to_months(criterion_window.months) AS DATE) AS expires_on
FROM person_reason
INNER JOIN criterion_window ON person_reason.window_no = criterion_window.window_no
