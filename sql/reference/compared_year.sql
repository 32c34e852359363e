-- Grain: one stock year that may be held against the year before.
-- Two whole years with the same look-back only: a shorter one forgets more, and a part of a year is no year.
SELECT
  later.year,
  earlier.year AS from_year,
  later.index_date,
  earlier.index_date AS from_date,
  12 * later.lookback_years AS lookback_months
FROM reporting_year AS later
INNER JOIN reporting_year AS earlier ON later.year = earlier.year + 1 AND later.lookback_years = earlier.lookback_years
WHERE later.is_stock AND later.index_date = make_date(later.year, 12, 31) AND earlier.index_date = make_date(earlier.year, 12, 31)
