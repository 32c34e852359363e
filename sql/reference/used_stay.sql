-- Grain: one MCO stay, sessions left out, of a known person.
-- What the indicators of hospital use ask of a stay. Ambulatory: no night, neither through emergency nor ended by death; every other stay is
-- full hospitalisation, so that the two add up to the stays. Potentially avoidable (HPE-RP-1.0): by the principal diagnosis of the stay, not by transfer, no
-- birth, and a night unless through emergency or ended by death.
-- Discharge: out alive to home (mode 8) after a night, not palliative, whose 30 days end within the year. It is followed by a readmission
-- when the next stay of a night or more that is neither a transfer, a birth nor planned chemotherapy begins on day 0 to 30.
-- reasons: a bit for each condition that the stay was for (stay_reason). A stay has no number here: a cumulative file gives it another one
-- every month, and nothing else of it would differ; person and exit_date say which one it is.
-- Buckets: person_id
-- Years: stay
WITH shown AS (
    SELECT
        stay_event.person_id,
        stay_event.stay_id,
        bool_or(definition_event.event_id = 'avoidable_heart_failure') AS is_heart_failure,
        bool_or(definition_event.event_id = 'avoidable_respiratory') AS is_respiratory,
        bool_or(definition_event.event_id = 'avoidable_diabetes') AS is_diabetes,
        bool_or(definition_event.event_id = 'avoidable_dehydration') AS is_dehydration,
        bool_or(definition_event.event_id = 'cardiac_intervention') AS is_cardiac_intervention,
        bool_or(definition_event.event_id = 'cystic_fibrosis') AS is_cystic_fibrosis,
        bool_or(definition_event.event_id = 'end_stage_kidney') AS is_end_stage_kidney,
        bool_or(definition_event.event_id = 'birth') AS is_birth,
        bool_or(definition_event.event_id = 'palliative_stay') AS is_palliative,
        bool_or(definition_event.event_id = 'planned_chemotherapy') AS is_chemotherapy,
        bool_or(definition_event.event_id = 'intensive_care') AS is_intensive,
        bool_or(definition_event.event_id = 'amputation_act') AS is_amputation,
        bool_or(definition_event.event_id = 'injury_or_cancer') AS is_injury_or_cancer,
        bit_or(stay_reason.bit) AS reasons
    FROM stay_event
    INNER JOIN shown_event ON stay_event.event_no = shown_event.shown_no
    INNER JOIN definition_event ON shown_event.event_no = definition_event.event_no
    LEFT JOIN stay_reason ON definition_event.event_no = stay_reason.event_no
    -- of the stays that are asked for: of some years, when one more month came
    WHERE definition_event.condition = 'shared' AND stay_event.exit_date >= (SELECT min(exit_date) FROM stay)
    GROUP BY stay_event.person_id, stay_event.stay_id
),

described AS (
    SELECT
        stay.person_id,
        stay.stay_id,
        stay.year,
        stay.entry_date,
        stay.exit_date,
        stay.exit_mode,
        stay.is_overnight,
        stay.is_urgent,
        NOT (stay.is_overnight OR stay.is_urgent OR stay.is_death) AS is_ambulatory,
        stay.is_transfer_in OR coalesce(stay.entry_provenance IN ('1', '2', '3', '4', '6', 'R'), FALSE) AS comes_from_care,
        stay.is_transfer_in,
        CASE WHEN stay.counts_for_cost THEN stay.cost_billed_eur END AS cost_billed_eur,
        CASE WHEN stay.has_standard_cost THEN stay.cost_standard_eur END AS cost_standard_eur,
        coalesce(shown.reasons, 0) AS reasons,
        coalesce(shown.is_birth, FALSE) AS is_birth,
        coalesce(shown.is_palliative, FALSE) AS is_palliative,
        coalesce(shown.is_chemotherapy, FALSE) AS is_chemotherapy,
        coalesce(shown.is_intensive, FALSE) AS is_intensive,
        coalesce(shown.is_amputation AND NOT shown.is_injury_or_cancer, FALSE) AS is_amputation,
        coalesce(
            (shown.is_heart_failure AND NOT shown.is_cardiac_intervention)
            OR (shown.is_respiratory AND NOT shown.is_cystic_fibrosis)
            OR shown.is_diabetes
            OR (shown.is_dehydration AND NOT shown.is_end_stage_kidney),
            FALSE
        ) AS has_avoidable_diagnosis
    FROM stay
    LEFT JOIN shown ON stay.person_id = shown.person_id AND stay.stay_id = shown.stay_id
    WHERE stay.field = 'mco' AND stay.counts_for_person AND stay.counts_as_stay
),

followed AS (
    SELECT
        person_id,
        stay_id,
        min(CASE WHEN is_overnight AND NOT is_transfer_in AND NOT is_birth AND NOT is_chemotherapy THEN entry_date END) OVER (
            PARTITION BY person_id
            ORDER BY entry_date, exit_date, stay_id
            ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_entry_date
    FROM described
    WHERE is_overnight
)

SELECT
    described.person_id,
    described.year,
    described.exit_date,
    described.reasons,
    described.is_ambulatory,
    described.is_urgent,
    described.is_intensive,
    described.is_amputation,
    described.has_avoidable_diagnosis AND NOT described.comes_from_care AND NOT described.is_birth AND NOT described.is_ambulatory AS is_avoidable,
    followed.person_id IS NOT NULL AND coalesce(described.exit_mode = '8', FALSE) AND NOT described.is_palliative
    AND described.exit_date <= make_date(described.year, 12, 1) AS is_discharge,
    coalesce(followed.next_entry_date <= described.exit_date + 30, FALSE) AS is_followed_by_a_stay,
    described.cost_billed_eur,
    described.cost_standard_eur
FROM described
LEFT JOIN followed ON described.person_id = followed.person_id AND described.stay_id = followed.stay_id
