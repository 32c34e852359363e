-- Grain: one row per stock year x condition x place (ALL and groups included) x stratum x outcome, where somebody is.
-- A year of movement, counted. Outcomes of those in the stratum a year before, in the place they lived in then: 'to_1' to 'to_4', 'to_none' (no stratum,
-- known still: at risk or not), 'to_dead', 'to_left' (no stay left in the look-back, or no known residence); they are everybody.
-- Of them, 'evidence_expired' and 'no_recent_event' are why somebody fell (docs/explanation/movement.md). 'entered', apart: those in the stratum
-- now, in the place they live in now, who had none a year before. Those at risk have the outcomes, not the reasons.
-- stratum: also 'all' (1 to 4), 'at_risk_strict', 'at_risk_extended' (both levels together).
-- Adds: stratum_change at_risk_outcome
-- Sums: persons
WITH changed AS (
    SELECT
        year,
        condition,
        from_stratum,
        from_territory_id,
        to_stratum,
        territory_id,
        cause,
        CASE
            WHEN to_stratum IN ('1', '2', '3', '4') THEN concat('to_', to_stratum)
            WHEN to_stratum = 'dead' THEN 'to_dead'
            WHEN territory_id IS NULL THEN 'to_left'
            ELSE 'to_none'
        END AS outcome,
        count(*) AS persons
    FROM stratum_change
    GROUP BY year, condition, from_stratum, from_territory_id, to_stratum, territory_id, cause
),

counted AS (
    SELECT year, condition, from_territory_id AS territory_id, from_stratum AS stratum, outcome, persons
    FROM changed
    WHERE from_stratum <> 'none'
    UNION ALL
    SELECT year, condition, territory_id, stratum, outcome, count(*) AS persons
    FROM at_risk_outcome
    GROUP BY year, condition, territory_id, stratum, outcome
    UNION ALL
    SELECT year, condition, from_territory_id AS territory_id, from_stratum AS stratum, cause AS outcome, persons
    FROM changed
    WHERE from_stratum IN ('1', '2', '3', '4') AND cause IN ('evidence_expired', 'no_recent_event')
    UNION ALL
    SELECT year, condition, territory_id, to_stratum AS stratum, 'entered' AS outcome, persons
    FROM changed
    WHERE from_stratum NOT IN ('1', '2', '3', '4') AND to_stratum IN ('1', '2', '3', '4')
),

placed AS (
    SELECT
        counted.year, counted.condition, place_part.place_id AS territory_id, counted.stratum, counted.outcome, counted.persons
    FROM counted
    INNER JOIN place_part ON counted.territory_id = place_part.territory_id
),

levelled AS (
    SELECT year, condition, territory_id, stratum, outcome, persons
    FROM placed
    WHERE stratum <> 'at_risk_extended'
    UNION ALL
    SELECT year, condition, territory_id, 'all' AS stratum, outcome, persons
    FROM placed
    WHERE stratum IN ('1', '2', '3', '4')
    UNION ALL
    SELECT year, condition, territory_id, 'at_risk_extended' AS stratum, outcome, persons
    FROM placed
    WHERE stratum IN ('at_risk_strict', 'at_risk_extended')
)

SELECT year, condition, territory_id, stratum, outcome, CAST(sum(persons) AS BIGINT) AS persons
FROM levelled
GROUP BY year, condition, territory_id, stratum, outcome
