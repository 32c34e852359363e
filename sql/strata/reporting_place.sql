-- Grain: one reporting year.
-- Between which days its look-back lies: stays that end after after_date (the last day whose months are over at the index date, as in
-- criterion_window), up to index_date. And its place among the years, so that a person and a year are one number: person_id * places + place.
-- Both are small and follow each other, as the numbers of persons do, so that what is added up by person needs no search (Dense: in
-- docs/design.md, "What is made again"). places: a power of two, so that one more year seldom changes it.
WITH look_back AS (
  SELECT year, index_date, CAST(12 * lookback_years AS INTEGER) AS months
  FROM reporting_year
)

SELECT
  year,
  index_date,
  CASE
    WHEN index_date = last_day(index_date) THEN last_day(CAST(index_date - to_months(months) AS DATE))
    ELSE CAST(index_date - to_months(months) AS DATE)
  END AS after_date,
  CAST(row_number() OVER (ORDER BY year) - 1 AS INTEGER) AS place,
  CAST(pow(2, ceil(log2(count(*) OVER ()))) AS INTEGER) AS places
FROM look_back
