-- Grain: one row per year x place (ALL and groups included) x sex (all included) x age band ('all' adults, 'all_ages').
-- Residents of what is published. NULL when one cell of the sum has no population: part of a territory is not the territory.
WITH known_year AS (
    SELECT DISTINCT year FROM population_cell
),

band AS (
    SELECT age_band FROM age_band
    UNION ALL
    SELECT 'all_ages' AS age_band
),

complete AS (
    SELECT known_year.year, published_territory.territory_id, sex.sex, band.age_band, population_cell.population
    FROM known_year
    CROSS JOIN published_territory
    CROSS JOIN (VALUES ('F'), ('M')) AS sex (sex)
    CROSS JOIN band
    LEFT JOIN population_cell
        ON known_year.year = population_cell.year AND published_territory.territory_id = population_cell.territory_id
        AND sex.sex = population_cell.sex AND band.age_band = population_cell.age_band
),

place AS (
    SELECT
        complete.year, place_part.place_id AS territory_id, complete.sex, complete.age_band, complete.population
    FROM complete
    INNER JOIN place_part ON complete.territory_id = place_part.territory_id
),

both_sexes AS (
    SELECT year, territory_id, sex, age_band, population FROM place
    UNION ALL
    SELECT year, territory_id, 'all' AS sex, age_band, population FROM place
),

all_bands AS (
    SELECT year, territory_id, sex, age_band, population FROM both_sexes
    UNION ALL
    SELECT year, territory_id, sex, 'all' AS age_band, population FROM both_sexes WHERE age_band <> 'all_ages'
)

SELECT
    year,
    territory_id,
    sex,
    age_band,
    CAST(CASE WHEN count(*) = count(population) THEN sum(population) END AS DOUBLE) AS population
FROM all_bands
GROUP BY year, territory_id, sex, age_band
