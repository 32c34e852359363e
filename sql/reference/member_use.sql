-- Grain: one member of the flow (person x condition x flow year).
-- What hospital care each member had in the year: MCO stays of each kind, days in hospital of every field of care included, the stays
-- that were for the condition, and the euros of both (of the stays that have a value). An episode of decompensation is of the year its last stay ends.
-- Zero where nothing happened. Stays of who is found during the year are not here: they are members from the next year on.
-- Buckets: person_id
-- Years: flow_member person_year stay used_stay
WITH used AS (
    SELECT
        person_id,
        year,
        count(*) AS stays,
        count(*) FILTER (WHERE is_ambulatory) AS ambulatory_stays,
        count(*) FILTER (WHERE NOT is_ambulatory) AS overnight_stays,
        count(*) FILTER (WHERE is_urgent) AS urgent_stays,
        count(*) FILTER (WHERE is_avoidable) AS hpe_stays,
        count(*) FILTER (WHERE is_intensive) AS icu_stays,
        count(*) FILTER (WHERE is_discharge) AS discharges,
        count(*) FILTER (WHERE is_discharge AND is_followed_by_a_stay) AS readmissions,
        max(CASE WHEN is_amputation THEN 1 ELSE 0 END) AS amputations,
        count(cost_billed_eur) AS billed_stays,
        count(cost_standard_eur) AS standard_stays,
        sum(cost_billed_eur) AS stays_billed_eur,
        sum(cost_standard_eur) AS stays_standard_eur
    FROM used_stay
    GROUP BY person_id, year
),

died AS (
    SELECT DISTINCT person_id, year
    FROM stay
    WHERE counts_for_person AND is_death
),

for_condition AS (
    SELECT
        used_stay.person_id,
        used_stay.year,
        stay_reason.condition,
        count(*) AS stays,
        count(used_stay.cost_billed_eur) AS billed_stays,
        count(used_stay.cost_standard_eur) AS standard_stays,
        sum(used_stay.cost_billed_eur) AS cost_billed_eur,
        sum(used_stay.cost_standard_eur) AS cost_standard_eur
    FROM used_stay
    INNER JOIN stay_reason ON (used_stay.reasons & stay_reason.bit) <> 0
    WHERE used_stay.reasons <> 0
    GROUP BY used_stay.person_id, used_stay.year, stay_reason.condition
),

episode AS (
    SELECT stay_event.person_id, definition_event.condition, stay_episode.episode_no, max(stay_event.exit_date) AS last_date
    FROM stay_event
    INNER JOIN shown_event ON stay_event.event_no = shown_event.shown_no
    INNER JOIN definition_event ON shown_event.event_no = definition_event.event_no
    INNER JOIN stay_episode ON stay_event.person_id = stay_episode.person_id AND stay_event.stay_id = stay_episode.stay_id
    -- an episode whose last stay ended before the years that are asked for is of none of them
    WHERE definition_event.event_id = 'decompensation' AND stay_event.exit_date >= (SELECT make_date(min(year), 1, 1) FROM flow_member)
    GROUP BY stay_event.person_id, definition_event.condition, stay_episode.episode_no
),

decompensated AS (
    SELECT person_id, condition, CAST(extract(YEAR FROM last_date) AS SMALLINT) AS year, count(*) AS episodes
    FROM episode
    GROUP BY person_id, condition, extract(YEAR FROM last_date)
)

SELECT
    flow_member.person_id,
    flow_member.condition,
    flow_member.year,
    flow_member.stratum,
    flow_member.territory_id,
    flow_member.sex,
    flow_member.age_band,
    coalesce(used.stays, 0) AS stays,
    coalesce(used.ambulatory_stays, 0) AS ambulatory_stays,
    coalesce(used.overnight_stays, 0) AS overnight_stays,
    coalesce(used.urgent_stays, 0) AS urgent_stays,
    coalesce(used.hpe_stays, 0) AS hpe_stays,
    coalesce(used.icu_stays, 0) AS icu_stays,
    coalesce(used.discharges, 0) AS discharges,
    coalesce(used.readmissions, 0) AS readmissions,
    coalesce(used.amputations, 0) AS amputations,
    CAST(coalesce(person_year.nights, 0) AS BIGINT) AS bed_days,
    CASE WHEN died.person_id IS NULL THEN 0 ELSE 1 END AS hospital_deaths,
    coalesce(decompensated.episodes, 0) AS decompensations,
    coalesce(used.billed_stays, 0) AS billed_stays,
    coalesce(used.standard_stays, 0) AS standard_stays,
    CAST(coalesce(used.stays_billed_eur, 0) AS DECIMAL(14, 2)) AS stays_billed_eur,
    CAST(coalesce(used.stays_standard_eur, 0) AS DECIMAL(14, 2)) AS stays_standard_eur,
    coalesce(for_condition.stays, 0) AS condition_stays,
    coalesce(for_condition.billed_stays, 0) AS condition_billed_stays,
    coalesce(for_condition.standard_stays, 0) AS condition_standard_stays,
    CAST(coalesce(for_condition.cost_billed_eur, 0) AS DECIMAL(14, 2)) AS condition_billed_eur,
    CAST(coalesce(for_condition.cost_standard_eur, 0) AS DECIMAL(14, 2)) AS condition_standard_eur
FROM flow_member
LEFT JOIN used ON flow_member.person_id = used.person_id AND flow_member.year = used.year
LEFT JOIN person_year ON flow_member.person_id = person_year.person_id AND flow_member.year = person_year.year
LEFT JOIN died ON flow_member.person_id = died.person_id AND flow_member.year = died.year
LEFT JOIN decompensated
    ON flow_member.person_id = decompensated.person_id AND flow_member.condition = decompensated.condition
    AND flow_member.year = decompensated.year
LEFT JOIN for_condition
    ON flow_member.person_id = for_condition.person_id AND flow_member.condition = for_condition.condition
    AND flow_member.year = for_condition.year
