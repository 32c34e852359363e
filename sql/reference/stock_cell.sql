-- Grain: one row per year x condition x territory x stratum x sex x age band where somebody is.
-- The stock, summed, with the euros of its dearest person. 'at_risk_extended' counts strict and extended persons together.
-- Who has one or the other condition of a union counts once, in no stratum but 'all'.
-- Squares are decimal, and wide: their sum does not depend on its order.
WITH either AS (
    SELECT DISTINCT
        stock_member.person_id,
        stock_member.year,
        declared_union.condition,
        stock_member.territory_id,
        stock_member.sex,
        stock_member.age_band,
        stock_member.age_years,
        stock_member.cost_5y_billed_eur,
        stock_member.cost_5y_standard_eur
    FROM stock_member
    INNER JOIN declared_union ON stock_member.condition IN (declared_union.one, declared_union.other)
    WHERE stock_member.stratum IN ('1', '2', '3', '4')
),

counted AS (
    SELECT year, condition, territory_id, stratum, sex, age_band, age_years, cost_5y_billed_eur, cost_5y_standard_eur
    FROM stock_member
    UNION ALL
    SELECT year, condition, territory_id, 'all' AS stratum, sex, age_band, age_years, cost_5y_billed_eur, cost_5y_standard_eur
    FROM either
),

cell AS (
    SELECT
        year,
        condition,
        territory_id,
        stratum,
        sex,
        age_band,
        count(*) AS persons,
        sum(age_years) AS age_years,
        sum(CAST(age_years AS BIGINT) * age_years) AS age_square,
        sum(cost_5y_billed_eur) AS cost_5y_billed_eur,
        sum(cost_5y_standard_eur) AS cost_5y_standard_eur,
        sum(CAST(cost_5y_billed_eur AS DECIMAL(20, 2)) * cost_5y_billed_eur) AS cost_5y_billed_square,
        sum(CAST(cost_5y_standard_eur AS DECIMAL(20, 2)) * cost_5y_standard_eur) AS cost_5y_standard_square,
        max(cost_5y_billed_eur) AS cost_5y_billed_largest_eur,
        max(cost_5y_standard_eur) AS cost_5y_standard_largest_eur
    FROM counted
    GROUP BY year, condition, territory_id, stratum, sex, age_band
),

-- Half of those counted are at strict risk: they are added up once, and their sums are in two cells.
level AS (
    SELECT of_stratum, stratum
    FROM (VALUES ('at_risk_strict', 'at_risk_strict'), ('at_risk_strict', 'at_risk_extended')) AS level (of_stratum, stratum)
)

SELECT
    cell.year,
    cell.condition,
    cell.territory_id,
    coalesce(level.stratum, cell.stratum) AS stratum,
    cell.sex,
    cell.age_band,
    CAST(sum(cell.persons) AS BIGINT) AS persons,
    CAST(sum(cell.age_years) AS BIGINT) AS age_years,
    CAST(sum(cell.age_square) AS BIGINT) AS age_square,
    sum(cell.cost_5y_billed_eur) AS cost_5y_billed_eur,
    sum(cell.cost_5y_standard_eur) AS cost_5y_standard_eur,
    sum(cell.cost_5y_billed_square) AS cost_5y_billed_square,
    sum(cell.cost_5y_standard_square) AS cost_5y_standard_square,
    max(cell.cost_5y_billed_largest_eur) AS cost_5y_billed_largest_eur,
    max(cell.cost_5y_standard_largest_eur) AS cost_5y_standard_largest_eur
FROM cell
LEFT JOIN level ON cell.stratum = level.of_stratum
GROUP BY cell.year, cell.condition, cell.territory_id, coalesce(level.stratum, cell.stratum), cell.sex, cell.age_band
