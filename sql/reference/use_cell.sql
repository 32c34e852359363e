-- Grain: one row per flow year x condition x territory x stratum x sex x age band x measure where somebody is.
-- Hospital use, summed. holders: persons with an event; rest_holders: persons with an event of the base that is not one (an attacker who
-- knows both subtracts); base_holders: persons with an event of the base. Squares and products by person: events repeated by one person are not independent.
-- A measure whose event no definition declares has no row.
-- Adds: member_use
-- Sums: persons holders rest_holders base_holders events events_square base_events base_square product
WITH counted AS (
    SELECT
        member_use.year,
        member_use.condition,
        member_use.territory_id,
        member_use.stratum,
        member_use.sex,
        member_use.age_band,
        declared_measure.measure,
        CASE declared_measure.measure
            WHEN 'stays' THEN member_use.stays
            WHEN 'ambulatory_stays' THEN member_use.ambulatory_stays
            WHEN 'overnight_stays' THEN member_use.overnight_stays
            WHEN 'urgent_stays' THEN member_use.urgent_stays
            WHEN 'hpe_stays' THEN member_use.hpe_stays
            WHEN 'icu_stays' THEN member_use.icu_stays
            WHEN 'condition_stays' THEN member_use.condition_stays
            WHEN 'discharges' THEN member_use.discharges
            WHEN 'readmissions' THEN member_use.readmissions
            WHEN 'bed_days' THEN member_use.bed_days
            WHEN 'hospital_deaths' THEN member_use.hospital_deaths
            WHEN 'amputations' THEN member_use.amputations
            WHEN 'decompensations' THEN member_use.decompensations
        END AS events,
        CASE declared_measure.base
            WHEN 'stays' THEN member_use.stays
            WHEN 'discharges' THEN member_use.discharges
        END AS base_events
    FROM member_use
    INNER JOIN declared_measure ON member_use.condition = declared_measure.condition
)

SELECT
    year,
    condition,
    territory_id,
    stratum,
    sex,
    age_band,
    measure,
    count(*) AS persons,
    count(*) FILTER (WHERE events > 0) AS holders,
    count(*) FILTER (WHERE base_events > events) AS rest_holders,
    count(*) FILTER (WHERE base_events > 0) AS base_holders,
    CAST(sum(events) AS BIGINT) AS events,
    CAST(sum(events * events) AS BIGINT) AS events_square,
    CAST(sum(base_events) AS BIGINT) AS base_events,
    CAST(sum(base_events * base_events) AS BIGINT) AS base_square,
    CAST(sum(base_events * events) AS BIGINT) AS product
FROM counted
GROUP BY year, condition, territory_id, stratum, sex, age_band, measure
