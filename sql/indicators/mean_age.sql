-- Grain: one row per computable year x published cell of the diseased.
-- Years of age of the persons found, at the index date. The variance is that of their sum, given how many they are.
WITH placed AS (
    SELECT
        stock_cell.year, stock_cell.condition, place_part.place_id AS territory_id, stock_cell.stratum, stock_cell.persons,
        stock_cell.age_years, stock_cell.age_square
    FROM stock_cell
    INNER JOIN place_part ON stock_cell.territory_id = place_part.territory_id
    WHERE stock_cell.stratum IN ('1', '2', '3', '4')
),

total AS (
    SELECT
        year,
        condition,
        territory_id,
        CASE WHEN grouping(stratum) = 1 THEN 'all' ELSE stratum END AS stratum,
        CAST(sum(persons) AS DOUBLE) AS persons,
        CAST(sum(age_years) AS DOUBLE) AS age_years,
        CAST(sum(age_square) AS DOUBLE) AS age_square
    FROM placed
    GROUP BY GROUPING SETS ((year, condition, territory_id), (year, condition, territory_id, stratum))
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
    coalesce(total.age_years, 0) AS numerator,
    CAST(cohort_total.persons AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    (total.age_square - total.age_years * total.age_years / NULLIF(total.persons, 0)) * total.persons / NULLIF(total.persons - 1, 0) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cohort_total
LEFT JOIN total
    ON cohort_total.year = total.year AND cohort_total.condition = total.condition
    AND cohort_total.territory_id = total.territory_id AND cohort_total.stratum = total.stratum
WHERE cohort_total.cohort = 'stock' AND cohort_total.cost_basis = 'none' AND cohort_total.sex = 'all' AND cohort_total.age_band = 'all'
