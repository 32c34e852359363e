-- Grain: one row per person x condition x stock year.
-- Who is counted at the index date, with the euros of the calendar years of the look-back (0 when none).
-- A person at strict risk has one row, strict: stock_cell counts it in the extended level too.
-- Years: reporting_year
WITH spent AS (
    SELECT
        person_year.person_id,
        reporting_year.year,
        sum(person_year.cost_billed_eur) AS cost_billed_eur,
        sum(person_year.cost_standard_eur) AS cost_standard_eur
    FROM reporting_year
    CROSS JOIN setting
    INNER JOIN person_year
        ON person_year.year BETWEEN reporting_year.year - setting.lookback_years + 1 AND reporting_year.year
    WHERE reporting_year.is_stock
    GROUP BY person_year.person_id, reporting_year.year
)

SELECT
    person_stratum.person_id,
    person_stratum.condition,
    person_stratum.year,
    CASE WHEN person_stratum.status = 'diseased' THEN CAST(person_stratum.stratum AS VARCHAR) ELSE person_stratum.status END AS stratum,
    person_state.territory_id,
    person_state.sex,
    person_state.age_band,
    person_state.age_years,
    CAST(coalesce(spent.cost_billed_eur, 0) AS DECIMAL(12, 2)) AS cost_5y_billed_eur,
    CAST(coalesce(spent.cost_standard_eur, 0) AS DECIMAL(12, 2)) AS cost_5y_standard_eur
FROM person_stratum
INNER JOIN reporting_year ON person_stratum.year = reporting_year.year
INNER JOIN person_state
    ON person_stratum.person_id = person_state.person_id AND person_stratum.year = person_state.year
LEFT JOIN spent ON person_stratum.person_id = spent.person_id AND person_stratum.year = spent.year
WHERE reporting_year.is_stock
