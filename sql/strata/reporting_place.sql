-- Grain: one reporting year.
-- Its place among the years, so that a person and a year are one number: person_id * places + place. Both are small and follow each other,
-- as the numbers of persons do, so that what is added up by person needs no search (Dense: in docs/design.md, "What is made again").
-- places: a power of two, so that one more year seldom changes it.
SELECT
  year,
  CAST(row_number() OVER (ORDER BY year) - 1 AS INTEGER) AS place,
  CAST(pow(2, ceil(log2(count(*) OVER ()))) AS INTEGER) AS places
FROM reporting_year
