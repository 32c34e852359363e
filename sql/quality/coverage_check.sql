-- Grain: one row for the warehouse.
-- What the extract declares to cover against what it holds: how many hospital-years differ, by the way they do (coverage_gap names them).
-- A hospital seen before and after a year, or until a month earlier than the last complete one, makes totals too low in silence.
SELECT
  count(*) FILTER (WHERE kind = 'missing') AS missing_hospital_years,
  count(*) FILTER (WHERE kind = 'cut_short') AS hospital_years_cut_short,
  count(*) FILTER (WHERE kind = 'absent_at_the_end') AS hospitals_absent_at_the_end,
  count(*) FILTER (WHERE kind = 'declared_absent') AS declared_hospital_years_absent,
  count(*) FILTER (WHERE kind = 'undeclared') AS undeclared_hospital_years
FROM coverage_gap
