-- Grain: one row per year x condition x cohort x cost basis x measure x place (ALL and groups included) x stratum x sex (all included).
-- What the place would count (persons, or euros) if each sex and age band of its residents had the national rate.
-- NULL when a population or a rate is missing: part of an expected number is not the expected number.
WITH series AS (
    SELECT DISTINCT year, condition, cohort, cost_basis, measure, stratum
    FROM reference_cell
    WHERE per = 'resident'
),

cell AS (
    SELECT
        series.year, series.condition, series.cohort, series.cost_basis, series.measure, series.stratum, published_territory.territory_id, sex.sex,
        -- decimal, so that the sum does not depend on its order
        CAST(population_cell.population * reference_cell.rate AS DECIMAL(28, 9)) AS expected
    FROM series
    CROSS JOIN published_territory
    CROSS JOIN (VALUES ('F'), ('M')) AS sex (sex)
    CROSS JOIN age_band
    LEFT JOIN population_cell
        ON series.year = population_cell.year AND published_territory.territory_id = population_cell.territory_id
        AND sex.sex = population_cell.sex AND age_band.age_band = population_cell.age_band
    LEFT JOIN reference_cell
        ON series.year = reference_cell.year AND series.condition = reference_cell.condition AND series.cohort = reference_cell.cohort
        AND series.cost_basis = reference_cell.cost_basis AND series.measure = reference_cell.measure AND series.stratum = reference_cell.stratum
        AND sex.sex = reference_cell.sex AND age_band.age_band = reference_cell.age_band AND reference_cell.per = 'resident'
),

place AS (
    SELECT
        cell.year, cell.condition, cell.cohort, cell.cost_basis, cell.measure, cell.stratum, place_part.place_id AS territory_id,
        cell.sex, cell.expected
    FROM cell
    INNER JOIN place_part ON cell.territory_id = place_part.territory_id
),

both_sexes AS (
    SELECT year, condition, cohort, cost_basis, measure, stratum, territory_id, sex, expected FROM place
    UNION ALL
    SELECT year, condition, cohort, cost_basis, measure, stratum, territory_id, 'all' AS sex, expected FROM place
)

SELECT
    year,
    condition,
    cohort,
    cost_basis,
    measure,
    stratum,
    territory_id,
    sex,
    CAST(CASE WHEN count(*) = count(expected) THEN sum(expected) END AS DOUBLE) AS expected
FROM both_sexes
GROUP BY year, condition, cohort, cost_basis, measure, stratum, territory_id, sex
