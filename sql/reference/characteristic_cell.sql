-- Grain: one row per stock year x condition x place (ALL and groups included) x stratum ('all' included) x sex x age band x characteristic where somebody has it.
-- Who the diseased are: of which sex and ages, with which damage and which other diseases, as the evidence of the look-back shows them.
-- holders: persons. A characteristic of several criteria is had by whoever meets one.
WITH shown AS (
    SELECT
        characteristic_set.year, characteristic_set.condition, characteristic_set.territory_id, characteristic_set.stratum,
        characteristic_set.sex, characteristic_set.age_band, characteristic_bit.measure, characteristic_set.holders
    FROM characteristic_set
    INNER JOIN characteristic_bit
        ON characteristic_set.condition = characteristic_bit.condition AND (characteristic_set.criteria & characteristic_bit.bits) <> 0
),

known AS (
    SELECT
        stock_cell.year,
        stock_cell.condition,
        stock_cell.territory_id,
        stock_cell.stratum,
        stock_cell.sex,
        stock_cell.age_band,
        characteristic.measure,
        stock_cell.persons AS holders
    FROM stock_cell
    INNER JOIN age_band ON stock_cell.age_band = age_band.age_band
    INNER JOIN characteristic
        ON characteristic.criterion_id IS NULL
        AND stock_cell.sex = coalesce(characteristic.sex, stock_cell.sex)
        AND age_band.age_min >= coalesce(characteristic.age_min, 0) AND age_band.age_max <= coalesce(characteristic.age_max, 120)
    WHERE stock_cell.stratum IN ('1', '2', '3', '4')
),

counted AS (
    SELECT year, condition, territory_id, stratum, sex, age_band, measure, holders
    FROM shown
    UNION ALL
    SELECT year, condition, territory_id, stratum, sex, age_band, measure, holders
    FROM known
),

placed AS (
    SELECT
        counted.year, counted.condition, place_part.place_id AS territory_id, counted.stratum, counted.sex, counted.age_band,
        counted.measure, counted.holders
    FROM counted
    INNER JOIN place_part ON counted.territory_id = place_part.territory_id
),

levelled AS (
    SELECT year, condition, territory_id, stratum, sex, age_band, measure, holders
    FROM placed
    UNION ALL
    SELECT year, condition, territory_id, 'all' AS stratum, sex, age_band, measure, holders
    FROM placed
)

SELECT year, condition, territory_id, stratum, sex, age_band, measure, CAST(sum(holders) AS BIGINT) AS holders
FROM levelled
GROUP BY year, condition, territory_id, stratum, sex, age_band, measure
