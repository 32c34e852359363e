-- Grain: one person x condition x stock year, of those at risk a year before who reach no stratum (stratum_change follows the others).
-- What becomes of them: 'to_dead', 'to_left' (no stay left in the look-back, or no known residence), 'to_none' (known still). territory_id: where
-- they lived a year before.
-- Years: compared_year
SELECT
    person_stratum.person_id,
    person_stratum.condition,
    compared_year.year,
    person_stratum.status AS stratum,
    before.territory_id,
    CASE
        WHEN person.death_date > compared_year.from_date AND person.death_date <= compared_year.index_date THEN 'to_dead'
        WHEN after.person_id IS NULL THEN 'to_left'
        ELSE 'to_none'
    END AS outcome
FROM compared_year
INNER JOIN person_stratum ON compared_year.from_year = person_stratum.year
INNER JOIN person_state AS before ON person_stratum.person_id = before.person_id AND person_stratum.year = before.year
INNER JOIN person ON person_stratum.person_id = person.person_id
LEFT JOIN person_state AS after ON person_stratum.person_id = after.person_id AND compared_year.year = after.year
LEFT JOIN person_stratum AS reached
    ON person_stratum.person_id = reached.person_id AND person_stratum.condition = reached.condition
    AND compared_year.year = reached.year AND reached.status = 'diseased'
WHERE person_stratum.status <> 'diseased' AND reached.person_id IS NULL
