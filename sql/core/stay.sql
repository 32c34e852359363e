-- Grain: one stay read, whatever its fate.
-- The stay as the warehouse offers it: who, where, when, what it cost, and for which uses it counts after the filters.
-- A grouped RSS (a version of the 100s; an RSA has one of the 200s) says the residence by postcode: the crosswalk places it, where it has it.
-- person_id is the person (person_identity): read_stay says under which pseudonym they came.
-- Slices: stay_id source_file source_line
WITH refusal AS (
  SELECT
    stay_rejection.stay_id,
    bool_or(stay_filter.from_stays) AS from_stays,
    bool_or(stay_filter.from_days) AS from_days,
    bool_or(stay_filter.from_persons) AS from_persons,
    bool_or(stay_filter.from_costs) AS from_costs,
    bool_or(stay_filter.from_standard_cost) AS from_standard_cost,
    bool_or(stay_filter.from_territories) AS from_territories
  FROM stay_rejection
  INNER JOIN stay_filter ON stay_rejection.reason = stay_filter.reason
  GROUP BY stay_rejection.stay_id
)

SELECT
  read_stay.stay_id,
  coalesce(person_identity.person_id, read_stay.person_id) AS person_id,
  read_stay.field,
  read_stay.finess,
  read_stay.year,
  read_stay.entry_date,
  read_stay.exit_date,
  read_stay.entry_mode,
  read_stay.entry_provenance,
  read_stay.exit_mode,
  read_stay.age_years,
  CASE read_stay.sex_code WHEN '1' THEN 'M' WHEN '2' THEN 'F' END AS sex,
  CASE WHEN coalesce(refusal.from_territories, false) THEN NULL ELSE coalesce(postcode.geo_code, read_stay.geo_code) END AS geo_code,
  read_stay.ghm,
  read_stay.ghs,
  read_stay.nights,
  read_stay.sessions,
  stay_cost.cost_billed_eur,
  stay_cost.cost_standard_eur,
  stay_trait.is_session,
  stay_trait.is_overnight,
  stay_trait.is_urgent,
  stay_trait.is_death,
  stay_trait.is_transfer_in,
  stay_trait.is_contact,
  stay_trait.traits,
  NOT coalesce(refusal.from_stays, false) AS counts_as_stay,
  NOT coalesce(refusal.from_days, false) AS counts_for_days,
  NOT coalesce(refusal.from_persons, false) AS counts_for_person,
  NOT coalesce(refusal.from_costs, false) AS counts_for_cost,
  NOT coalesce(refusal.from_standard_cost, false) AS has_standard_cost,
  read_stay.source_file,
  read_stay.source_line
FROM read_stay
INNER JOIN stay_trait ON read_stay.stay_id = stay_trait.stay_id
INNER JOIN stay_cost ON read_stay.stay_id = stay_cost.stay_id
LEFT JOIN refusal ON read_stay.stay_id = refusal.stay_id
LEFT JOIN postcode
  ON read_stay.geo_code = postcode.postcode AND read_stay.field = 'mco' AND read_stay.format_version LIKE '1__'
LEFT JOIN person_identity ON read_stay.person_id = person_identity.read_person_id
