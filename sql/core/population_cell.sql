-- Grain: one row per year x territory (or REST) x sex x age band, and the band 'all_ages'.
-- Residents. A row of the population file counts in an age band for its years of age inside it: 18-19 is 2/5 of 15-19.
-- Tenths are exact for five-year bands. An open row (age_max 120) cannot be shared out: where it straddles two age bands, both are NULL.
WITH declared AS (
    SELECT DISTINCT territory_id FROM territory
),

band AS (
    SELECT age_band, age_min, age_max FROM age_band
    UNION ALL
    SELECT 'all_ages' AS age_band, 0 AS age_min, 120 AS age_max
),

located AS (
    SELECT
        population.year,
        coalesce(territory.territory_id, declared.territory_id, 'REST') AS territory_id,
        population.sex,
        population.age_min,
        population.age_max,
        population.age_max - population.age_min + 1 AS ages,
        population.population
    FROM population
    LEFT JOIN territory ON population.geo_code = territory.geo_code
    LEFT JOIN declared ON population.territory_id = declared.territory_id
),

shared AS (
    SELECT
        located.year,
        located.territory_id,
        located.sex,
        band.age_band,
        located.population,
        located.age_max,
        located.ages,
        least(located.age_max, band.age_max) - greatest(located.age_min, band.age_min) + 1 AS ages_inside
    FROM located
    INNER JOIN band ON located.age_min <= band.age_max AND located.age_max >= band.age_min
),

counted AS (
    SELECT
        year,
        territory_id,
        sex,
        age_band,
        CASE
            WHEN ages_inside = ages THEN CAST(population AS DECIMAL(18, 1))
            WHEN age_max < 120 THEN CAST(population * ages_inside / NULLIF(ages, 0) AS DECIMAL(18, 1))
        END AS residents
    FROM shared
)

SELECT
    year,
    territory_id,
    sex,
    age_band,
    CASE WHEN count(*) = count(residents) THEN sum(residents) END AS population
FROM counted
GROUP BY year, territory_id, sex, age_band
