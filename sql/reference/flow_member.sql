-- Grain: one row per person x condition x flow year.
-- The diseased of the eve, in the stratum, territory and age band of the eve, followed through the year: who dies stays, with their euros.
-- Person-years run to the day of death, that day included.
-- Years: flow_year
WITH calendar AS (
    SELECT
        year,
        opening_year,
        make_date(year, 1, 1) AS first_day,
        date_diff('day', make_date(year, 1, 1), make_date(year + 1, 1, 1)) AS days
    FROM flow_year
),

member AS (
    SELECT
        person_stratum.person_id,
        person_stratum.condition,
        calendar.year,
        calendar.days,
        CAST(person_stratum.stratum AS VARCHAR) AS stratum,
        person_state.territory_id,
        person_state.sex,
        person_state.age_band,
        date_diff('day', calendar.first_day, person.death_date) + 1 AS days_lived
    FROM calendar
    INNER JOIN person_stratum ON calendar.opening_year = person_stratum.year
    INNER JOIN person_state
        ON person_stratum.person_id = person_state.person_id AND person_stratum.year = person_state.year
    LEFT JOIN person ON person_stratum.person_id = person.person_id
    WHERE person_stratum.status = 'diseased'
)

SELECT
    member.person_id,
    member.condition,
    member.year,
    member.stratum,
    member.territory_id,
    member.sex,
    member.age_band,
    CAST(least(coalesce(member.days_lived, member.days), member.days) / NULLIF(CAST(member.days AS DOUBLE), 0) AS DECIMAL(9, 6)) AS person_years,
    coalesce(member.days_lived <= member.days, FALSE) AS died,
    CAST(coalesce(person_year.cost_billed_eur, 0) AS DECIMAL(12, 2)) AS cost_billed_eur,
    CAST(coalesce(person_year.cost_standard_eur, 0) AS DECIMAL(12, 2)) AS cost_standard_eur
FROM member
LEFT JOIN person_year ON member.person_id = person_year.person_id AND member.year = person_year.year
