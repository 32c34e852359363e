-- Grain: one row per published flow year.
-- A whole year whose eve has a state: the members of 31 December N-1 are followed through N. The look-back is that of the eve.
SELECT
    followed.year,
    opening.year AS opening_year,
    opening.lookback_years
FROM reporting_year AS followed
INNER JOIN reporting_year AS opening ON followed.year = opening.year + 1
WHERE opening.opens_flow AND followed.is_flow
