-- Grain: one row per computable year x place of a union of two conditions.
-- Of those who have one condition or the other, those who have both: who is counted twice when the two are added.
WITH stock AS (
    SELECT year, condition, territory_id, persons
    FROM cohort_total
    WHERE cohort = 'stock' AND cost_basis = 'none' AND stratum = 'all' AND sex = 'all' AND age_band = 'all'
),

counted AS (
    SELECT either.year, either.condition, either.territory_id, either.persons, one.persons + other.persons - either.persons AS in_both
    FROM declared_union
    INNER JOIN stock AS either ON declared_union.condition = either.condition
    INNER JOIN stock AS one ON declared_union.one = one.condition AND either.year = one.year AND either.territory_id = one.territory_id
    INNER JOIN stock AS other
        ON declared_union.other = other.condition AND either.year = other.year AND either.territory_id = other.territory_id
)

SELECT
    year,
    condition,
    territory_id,
    'all' AS stratum,
    'all' AS sex,
    'all' AS age_band,
    'stock' AS cohort,
    'none' AS cost_basis,
    persons,
    in_both AS numerator_persons,
    CAST(in_both AS DOUBLE) AS numerator,
    CAST(persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM counted
