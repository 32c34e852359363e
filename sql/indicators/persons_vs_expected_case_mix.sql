-- Grain: one row per computable year x published cell of one stratum.
-- Persons of a stratum against those expected if the persons found here, of each sex and age, were in that stratum as often as in the country.
-- Severity mix: how many are found does not count, only how ill they are. NULL when a share is missing.
WITH summed AS (
    SELECT
        found.year, found.condition, found.territory_id, reference_cell.stratum,
        CAST(
            CASE
                WHEN sum(found.persons) = max(place.persons) THEN sum(CAST(found.persons * reference_cell.rate AS DECIMAL(28, 9)))
            END AS DOUBLE
        ) AS expected
    FROM cohort_cell AS found
    INNER JOIN reference_cell
        ON found.year = reference_cell.year AND found.condition = reference_cell.condition AND reference_cell.cohort = 'stock'
        AND reference_cell.measure = 'persons' AND reference_cell.per = 'member'
        AND found.sex = reference_cell.sex AND found.age_band = reference_cell.age_band
    INNER JOIN cohort_total AS place
        ON found.year = place.year AND found.condition = place.condition AND found.territory_id = place.territory_id
        AND place.cohort = 'stock' AND place.cost_basis = 'none'
        AND place.stratum = 'all' AND place.sex = 'all' AND place.age_band = 'all'
    WHERE found.cohort = 'stock' AND found.cost_basis = 'none' AND found.stratum = 'all'
    GROUP BY found.year, found.condition, found.territory_id, reference_cell.stratum
)

SELECT
    cohort_total.year,
    cohort_total.condition,
    cohort_total.territory_id,
    cohort_total.stratum,
    cohort_total.sex,
    cohort_total.age_band,
    cohort_total.cohort,
    cohort_total.cost_basis,
    cohort_total.persons,
    CAST(cohort_total.persons AS DOUBLE) AS numerator,
    CAST(cohort_total.persons AS DOUBLE) AS denominator,
    summed.expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cohort_total
LEFT JOIN summed
    ON cohort_total.year = summed.year AND cohort_total.condition = summed.condition AND cohort_total.territory_id = summed.territory_id
    AND cohort_total.stratum = summed.stratum
WHERE cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none' AND cohort_total.sex = 'all' AND cohort_total.age_band = 'all'
