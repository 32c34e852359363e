-- Grain: one row per computable year x condition, where the extract has long-term illnesses (ALD).
-- Of those exempted for the condition at the index date, not known to be dead, the persons found in the stays. The whole extract only: where somebody lives is
-- known from stays, and who has none is the very question.
WITH held AS (
    SELECT count(*) > 0 AS has_exemptions FROM ald
),

exempted AS (
    SELECT DISTINCT reporting_year.year, definition.condition, care_event.person_id
    FROM reporting_year
    CROSS JOIN definition
    INNER JOIN definition_event
        ON definition_event.condition = 'shared' AND definition_event.event_id = concat('exempted_for_', definition.condition)
    INNER JOIN shown_event ON definition_event.event_no = shown_event.event_no
    INNER JOIN care_event
        ON shown_event.shown_no = care_event.event_no
        AND care_event.first_date <= reporting_year.index_date AND care_event.last_date >= reporting_year.index_date
    LEFT JOIN person ON care_event.person_id = person.person_id
    WHERE reporting_year.is_stock AND (person.death_date IS NULL OR person.death_date > reporting_year.index_date)
),

counted AS (
    SELECT exempted.year, exempted.condition, count(*) AS persons, count(person_stratum.person_id) AS found
    FROM exempted
    LEFT JOIN person_stratum
        ON exempted.person_id = person_stratum.person_id AND exempted.condition = person_stratum.condition
        AND exempted.year = person_stratum.year AND person_stratum.status = 'diseased'
    GROUP BY exempted.year, exempted.condition
)

SELECT
    reporting_year.year,
    definition.condition,
    'ALL' AS territory_id,
    'all' AS stratum,
    'all' AS sex,
    'all' AS age_band,
    'stock' AS cohort,
    'none' AS cost_basis,
    '' AS measure,
    'exempted' AS base,
    'exempted not found' AS rest,
    coalesce(counted.persons, 0) AS persons,
    coalesce(counted.found, 0) AS numerator_persons,
    coalesce(counted.persons - counted.found, 0) AS rest_persons,
    CAST(coalesce(counted.found, 0) AS DOUBLE) AS numerator,
    CAST(coalesce(counted.persons, 0) AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM reporting_year
CROSS JOIN definition
CROSS JOIN held
LEFT JOIN counted ON reporting_year.year = counted.year AND definition.condition = counted.condition
WHERE reporting_year.is_stock AND held.has_exemptions
