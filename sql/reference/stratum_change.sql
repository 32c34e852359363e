-- Grain: one person x condition x stock year, of those in a stratum at its index date or a year before; the unchanged are here too.
-- From which stratum to which, and why: what the data saw (new_evidence), what they forgot (evidence_expired: a code left the look-back, which
-- says nothing of the person), what did not happen again (no_recent_event: a rule that asks for recent events met none within its own window).
-- Only the last may be an improvement, and only where the definition says so (definition.falls): under 'expiry' every fall is evidence_expired
-- (docs/explanation/validity.md). Two whole years with the same look-back only.
-- Other causes: type_changed (another type of the condition than before), death, entered (not seen a year before, or under age), left (known still,
-- but no residence in the country), moved (same stratum, another territory), same_evidence (an age passed, or a criterion that weighs more alone).
-- Years: compared_year
WITH told AS (
  SELECT person_stratum.person_id, person_stratum.condition, compared_year.year
  FROM person_stratum
  INNER JOIN compared_year ON person_stratum.year = compared_year.from_year
  WHERE person_stratum.status = 'diseased'
  UNION
  SELECT person_stratum.person_id, person_stratum.condition, compared_year.year
  FROM person_stratum
  INNER JOIN compared_year ON person_stratum.year = compared_year.year
  WHERE person_stratum.status = 'diseased'
),

paired AS (
  SELECT
    told.person_id,
    told.condition,
    told.year,
    compared_year.from_year,
    compared_year.from_date,
    compared_year.index_date,
    compared_year.lookback_months,
    CASE earlier.status WHEN 'diseased' THEN CAST(earlier.stratum AS VARCHAR) ELSE coalesce(earlier.status, 'none') END AS from_stratum,
    CASE later.status WHEN 'diseased' THEN CAST(later.stratum AS VARCHAR) ELSE later.status END AS to_stratum,
    coalesce(earlier.status = 'diseased', FALSE) AS was_diseased,
    coalesce(later.status = 'diseased', FALSE) AS is_diseased
  FROM told
  INNER JOIN compared_year ON told.year = compared_year.year
  LEFT JOIN person_stratum AS earlier
    ON told.person_id = earlier.person_id AND told.condition = earlier.condition AND compared_year.from_year = earlier.year
  LEFT JOIN person_stratum AS later
    ON told.person_id = later.person_id AND told.condition = later.condition AND told.year = later.year
),

described AS (
  SELECT
    paired.person_id,
    paired.condition,
    paired.year,
    paired.from_year,
    paired.lookback_months,
    paired.from_stratum,
    paired.was_diseased,
    paired.is_diseased,
    coalesce(before.sex, after.sex) AS sex,
    coalesce(before.age_band, after.age_band) AS age_band,
    before.age_years AS from_age_years,
    after.age_years,
    before.territory_id AS from_territory_id,
    after.territory_id,
    before.age_years IS NULL OR before.age_years < definition.age_min AS is_new_here,
    after.person_id IS NULL AS is_out_of_sight,
    definition.falls,
    CASE
      WHEN paired.to_stratum IS NOT NULL THEN paired.to_stratum
      WHEN person.death_date > paired.from_date AND person.death_date <= paired.index_date THEN 'dead'
      ELSE 'none'
    END AS to_stratum
  FROM paired
  INNER JOIN definition ON paired.condition = definition.condition
  INNER JOIN person ON paired.person_id = person.person_id
  LEFT JOIN person_state AS before ON paired.person_id = before.person_id AND paired.from_year = before.year
  LEFT JOIN person_state AS after ON paired.person_id = after.person_id AND paired.year = after.year
),

-- Those whose evidence must be read, with the rules to read it for: those of the higher of two strata, or of the population on the way in or out.
-- The criteria met then and now are numbers, a bit each (person_criteria).
asked AS (
  SELECT
    described.person_id,
    described.condition,
    described.year,
    described.lookback_months,
    CASE WHEN described.was_diseased AND described.is_diseased THEN 'stratum' ELSE 'population' END AS purpose,
    CASE WHEN described.was_diseased AND described.is_diseased THEN greatest(described.from_stratum, described.to_stratum) END AS outcome,
    described.from_age_years,
    described.age_years,
    CAST((coalesce(before.criteria, 0) >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS from_criteria,
    CAST((coalesce(after.criteria, 0) >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria,
    described.is_diseased AND (described.to_stratum > described.from_stratum OR NOT described.was_diseased) AS has_risen
  FROM described
  INNER JOIN condition_bit ON described.condition = condition_bit.condition
  LEFT JOIN person_criteria AS before
    ON described.person_id = before.person_id AND described.from_year = before.year AND condition_bit.block_no = before.block_no
  LEFT JOIN person_criteria AS after
    ON described.person_id = after.person_id AND described.year = after.year AND condition_bit.block_no = after.block_no
  WHERE
    described.from_stratum <> described.to_stratum
    AND described.to_stratum <> 'dead'
    AND NOT (described.is_new_here AND NOT described.was_diseased)
),

-- At each of the two dates a set of criteria, at an age, makes rules hold.
dated AS (
  SELECT person_id, condition, year, purpose, outcome, from_criteria AS criteria, from_age_years AS age_years, TRUE AS is_before FROM asked
  UNION ALL
  SELECT person_id, condition, year, purpose, outcome, criteria, age_years, FALSE AS is_before FROM asked
),

rule_bit AS (
  SELECT definition_member.condition, definition_member.rule_id, bit_or(criterion_bit.bit) AS bits
  FROM definition_member
  INNER JOIN criterion_bit ON definition_member.criterion_no = criterion_bit.criterion_no
  GROUP BY definition_member.condition, definition_member.rule_id
),

-- weighed: the criteria of the rules of that purpose that held at one of the two dates.
held AS (
  SELECT
    dated.person_id,
    dated.condition,
    dated.year,
    bit_or(CASE
      WHEN criteria_rule.purpose = dated.purpose AND (dated.outcome IS NULL OR criteria_rule.outcome = dated.outcome)
      THEN rule_bit.bits
    END)
      AS weighed,
    bool_or(criteria_rule.purpose = 'population' AND dated.is_before) AS was_in_population,
    bool_or(criteria_rule.purpose = 'population' AND NOT dated.is_before) AS is_in_population
  FROM dated
  INNER JOIN criteria_rule ON dated.condition = criteria_rule.condition AND dated.criteria = criteria_rule.criteria
  INNER JOIN rule_bit ON criteria_rule.condition = rule_bit.condition AND criteria_rule.rule_id = rule_bit.rule_id
  WHERE CASE WHEN dated.criteria = criteria_rule.criteria THEN dated.age_years >= criteria_rule.age_min ELSE FALSE END
  GROUP BY dated.person_id, dated.condition, dated.year
),

-- Criteria that look back less far than the definition does.
own_window AS (
  SELECT condition_bit.condition, compared_year.year, coalesce(bit_or(criterion_bit.bit), 0) AS bits
  FROM condition_bit
  CROSS JOIN compared_year
  LEFT JOIN definition_criterion
    ON condition_bit.condition = definition_criterion.condition AND definition_criterion.months < compared_year.lookback_months
  LEFT JOIN criterion_bit ON definition_criterion.criterion_no = criterion_bit.criterion_no
  GROUP BY condition_bit.condition, compared_year.year
),

-- Of those who rose or came in: the criteria whose last event ended in the twelve months before the index date. They are few, so that their
-- events are asked; nobody else needs to know.
risen AS (
  SELECT DISTINCT person_id, year
  FROM asked
  WHERE has_risen
),

seen_lately AS (
  SELECT stay_event.person_id, window_bit.year, window_bit.block_no, window_bit.bits
  FROM risen
  INNER JOIN stay_event ON risen.person_id = stay_event.person_id
  INNER JOIN window_bit ON risen.year = window_bit.year AND stay_event.event_no = window_bit.event_no
  WHERE
    window_bit.is_once
    AND stay_event.exit_date <= window_bit.index_date
    AND stay_event.exit_date > greatest(window_bit.after_date, window_bit.year_before_date)
  UNION ALL
  SELECT care_event.person_id, window_bit.year, window_bit.block_no, window_bit.bits
  FROM risen
  INNER JOIN care_event ON risen.person_id = care_event.person_id
  INNER JOIN window_bit ON risen.year = window_bit.year AND care_event.event_no = window_bit.event_no
  WHERE
    window_bit.is_once
    AND care_event.first_date <= window_bit.index_date
    AND least(care_event.last_date, window_bit.index_date) > greatest(window_bit.after_date, window_bit.year_before_date)
  UNION ALL
  SELECT person_count.person_id, window_bit.year, window_bit.block_no, window_bit.bits
  FROM risen
  INNER JOIN person_count ON risen.person_id = person_count.person_id AND risen.year = person_count.year
  INNER JOIN window_bit ON person_count.window_no = window_bit.window_no
  WHERE person_count.last_date > window_bit.year_before_date
),

recent AS (
  SELECT
    seen_lately.person_id,
    condition_bit.condition,
    seen_lately.year,
    CAST((bit_or(seen_lately.bits) >> condition_bit.block_shift) & condition_bit.every_bit AS BIGINT) AS criteria
  FROM seen_lately
  INNER JOIN condition_bit ON seen_lately.block_no = condition_bit.block_no
  GROUP BY seen_lately.person_id, condition_bit.condition, seen_lately.year, condition_bit.block_shift, condition_bit.every_bit
),

evidence AS (
  SELECT
    asked.person_id,
    asked.condition,
    asked.year,
    (held.weighed & asked.from_criteria & ~asked.criteria) <> 0 AS has_lost,
    (held.weighed & asked.from_criteria & ~asked.criteria & ~own_window.bits) <> 0 AS has_forgotten,
    (held.weighed & coalesce(recent.criteria, 0)) <> 0 AS has_gained,
    (held.weighed & asked.criteria) <> 0 AS has_held,
    held.was_in_population,
    held.is_in_population
  FROM asked
  INNER JOIN held ON asked.person_id = held.person_id AND asked.condition = held.condition AND asked.year = held.year
  INNER JOIN own_window ON asked.condition = own_window.condition AND asked.year = own_window.year
  LEFT JOIN recent ON asked.person_id = recent.person_id AND asked.condition = recent.condition AND asked.year = recent.year
)

SELECT
  described.person_id,
  described.condition,
  described.year,
  described.from_stratum,
  described.to_stratum,
  described.from_territory_id,
  described.territory_id,
  described.sex,
  described.age_band,
  CASE
    WHEN described.to_stratum = 'dead' THEN 'death'
    WHEN described.from_stratum = described.to_stratum AND described.from_territory_id <> described.territory_id THEN 'moved'
    WHEN described.from_stratum = described.to_stratum THEN 'unchanged'
    WHEN described.is_new_here AND NOT described.was_diseased THEN 'entered'
    WHEN NOT described.is_diseased AND described.is_out_of_sight AND evidence.has_held THEN 'left'
    WHEN NOT described.was_diseased AND evidence.was_in_population THEN 'type_changed'
    WHEN NOT described.is_diseased AND evidence.is_in_population THEN 'type_changed'
    WHEN (described.to_stratum > described.from_stratum OR NOT described.was_diseased) AND described.is_diseased
      THEN CASE WHEN evidence.has_gained THEN 'new_evidence' ELSE 'same_evidence' END
    WHEN evidence.has_forgotten THEN 'evidence_expired'
    WHEN evidence.has_lost THEN CASE described.falls WHEN 'expiry' THEN 'evidence_expired' ELSE 'no_recent_event' END
    ELSE 'same_evidence'
  END AS cause
FROM described
LEFT JOIN evidence
  ON described.person_id = evidence.person_id AND described.condition = evidence.condition AND described.year = evidence.year
