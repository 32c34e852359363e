-- Grain: one row per condition x published cell, whatever the year.
-- The breakdowns that are published: each place as a whole, by stratum, by level of risk and by sex; the whole extract by stratum and by age band.
-- 'place' and 'whole_stratum' are parts of 'stratum', for what concerns few persons: it would be withheld in the strata of a territory.
-- 'union': places, of those who have one condition or another. 'whole': the whole extract alone.
WITH place AS (
    SELECT territory_id FROM published_territory
    UNION ALL
    SELECT 'ALL' AS territory_id
    UNION ALL
    SELECT DISTINCT group_id AS territory_id FROM territory_group
),

breakdown AS (
    SELECT breakdown, stratum, sex
    FROM (VALUES
        ('stratum', '1', 'all'), ('stratum', '2', 'all'), ('stratum', '3', 'all'), ('stratum', '4', 'all'), ('stratum', 'all', 'all'),
        ('at_risk', 'at_risk_strict', 'all'), ('at_risk', 'at_risk_extended', 'all'),
        ('sex', 'all', 'F'), ('sex', 'all', 'M')
    ) AS listed (breakdown, stratum, sex)
)

SELECT definition.condition, place.territory_id, breakdown.stratum, breakdown.sex, 'all' AS age_band, breakdown.breakdown
FROM definition
CROSS JOIN place
CROSS JOIN breakdown
UNION ALL
SELECT definition.condition, 'ALL' AS territory_id, 'all' AS stratum, 'all' AS sex, age_band.age_band, 'age_band' AS breakdown
FROM definition
CROSS JOIN age_band
UNION ALL
SELECT definition.condition, place.territory_id, 'all' AS stratum, 'all' AS sex, 'all' AS age_band, 'place' AS breakdown
FROM definition
CROSS JOIN place
UNION ALL
SELECT definition.condition, 'ALL' AS territory_id, listed.stratum, 'all' AS sex, 'all' AS age_band, 'whole_stratum' AS breakdown
FROM definition
CROSS JOIN (VALUES ('1'), ('2'), ('3'), ('4')) AS listed (stratum)
UNION ALL
SELECT declared_union.condition, place.territory_id, 'all' AS stratum, 'all' AS sex, 'all' AS age_band, 'union' AS breakdown
FROM declared_union
CROSS JOIN place
UNION ALL
SELECT condition, 'ALL' AS territory_id, 'all' AS stratum, 'all' AS sex, 'all' AS age_band, 'whole' AS breakdown
FROM definition
