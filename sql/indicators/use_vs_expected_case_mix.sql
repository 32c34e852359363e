-- Grain: one row per computable flow year x published cell x measure of hospital use, of both sexes and all ages.
-- Events of the members against those they would have at the national events per member of their sex, age and stratum (all: each in their
-- own stratum). Adjusting for strata takes away part of what prevention does: a secondary reading.
WITH cell AS (
    SELECT
        cohort_use.year, cohort_use.condition, cohort_use.territory_id, cohort_use.stratum, cohort_use.measure,
        -- decimal, so that the sum does not depend on its order
        CAST(cohort_use.persons * reference_cell.rate AS DECIMAL(28, 9)) AS expected
    FROM cohort_use
    LEFT JOIN reference_cell
        ON cohort_use.year = reference_cell.year AND cohort_use.condition = reference_cell.condition AND reference_cell.cohort = 'flow'
        AND reference_cell.cost_basis = 'none' AND cohort_use.measure = reference_cell.measure AND reference_cell.per = 'member'
        AND cohort_use.stratum = reference_cell.stratum AND cohort_use.sex = reference_cell.sex
        AND cohort_use.age_band = reference_cell.age_band
    WHERE cohort_use.stratum IN ('1', '2', '3', '4')
),

levelled AS (
    SELECT year, condition, territory_id, stratum, measure, expected FROM cell
    UNION ALL
    SELECT year, condition, territory_id, 'all' AS stratum, measure, expected FROM cell
),

summed AS (
    SELECT
        year, condition, territory_id, stratum, measure,
        CAST(CASE WHEN count(*) = count(expected) THEN sum(expected) END AS DOUBLE) AS expected
    FROM levelled
    GROUP BY year, condition, territory_id, stratum, measure
)

SELECT
    use_total.year,
    use_total.condition,
    use_total.territory_id,
    use_total.stratum,
    use_total.sex,
    use_total.age_band,
    'flow' AS cohort,
    'none' AS cost_basis,
    use_total.measure,
    use_total.base,
    use_total.rest,
    CASE WHEN use_total.base IS NULL THEN use_total.persons ELSE use_total.base_holders END AS persons,
    use_total.holders AS numerator_persons,
    CASE WHEN use_total.rest IS NOT NULL THEN use_total.rest_holders END AS rest_persons,
    use_total.events AS numerator,
    CAST(use_total.persons AS DOUBLE) AS denominator,
    summed.expected,
    use_total.events_square AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM use_total
LEFT JOIN summed
    ON use_total.year = summed.year AND use_total.condition = summed.condition AND use_total.territory_id = summed.territory_id
    AND use_total.stratum = summed.stratum AND use_total.measure = summed.measure
WHERE use_total.sex = 'all' AND use_total.age_band = 'all'
