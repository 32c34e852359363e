-- Grain: one row per computable year of movement x published cell by stratum or level of risk x measure, zeros included.
-- measure: `transition_` and the outcome. Of the members of the stratum at the eve: where they are at the end of the year (to_1 to to_4, to_none: in no
-- stratum and known still, to_dead, to_left), and those who fell because a code left the look-back (evidence_expired) or because no event came
-- back (no_recent_event). Of the stock of the year: who was in no stratum a year before (entered).
-- The numerator is NULL in a place of few members (movement_term), where a matrix would be made of its prior, or withheld.
WITH outcome AS (
    SELECT outcome, is_for_risk
    FROM (VALUES
        ('to_1', TRUE), ('to_2', TRUE), ('to_3', TRUE), ('to_4', TRUE), ('to_none', TRUE), ('to_dead', TRUE), ('to_left', TRUE),
        ('evidence_expired', FALSE), ('no_recent_event', FALSE), ('entered', FALSE)
    ) AS listed (outcome, is_for_risk)
),

computable AS (
    SELECT later.year
    FROM reporting_year AS later
    INNER JOIN reporting_year AS earlier ON later.year = earlier.year + 1 AND later.lookback_years = earlier.lookback_years
    WHERE later.is_stock AND later.index_date = make_date(later.year, 12, 31) AND earlier.index_date = make_date(earlier.year, 12, 31)
),

-- Everybody has one of these outcomes: their sum is the members of the eve.
opening AS (
    SELECT year, condition, territory_id, stratum, sum(persons) AS members
    FROM transition_cell
    WHERE outcome IN ('to_1', 'to_2', 'to_3', 'to_4', 'to_none', 'to_dead', 'to_left')
    GROUP BY year, condition, territory_id, stratum
),

closing AS (
    SELECT year, condition, territory_id, stratum, sum(persons) AS members
    FROM cohort_cell
    WHERE cohort = 'stock' AND cost_basis = 'none'
    GROUP BY year, condition, territory_id, stratum
),

cell AS (
    SELECT
        computable.year,
        published_cell.condition,
        published_cell.territory_id,
        published_cell.stratum,
        outcome.outcome,
        CAST(coalesce(CASE WHEN outcome.outcome = 'entered' THEN closing.members ELSE opening.members END, 0) AS BIGINT) AS members,
        coalesce(place.members, 0) >= CASE WHEN published_cell.territory_id = 'ALL' THEN movement_term.extract_members_at_least
            ELSE movement_term.members_at_least END AS is_large_enough
    FROM computable
    CROSS JOIN movement_term
    CROSS JOIN published_cell
    INNER JOIN outcome
        ON published_cell.breakdown = 'stratum' OR (published_cell.breakdown = 'at_risk' AND outcome.is_for_risk)
    LEFT JOIN opening
        ON computable.year = opening.year AND published_cell.condition = opening.condition
        AND published_cell.territory_id = opening.territory_id AND published_cell.stratum = opening.stratum
    LEFT JOIN closing
        ON computable.year = closing.year AND published_cell.condition = closing.condition
        AND published_cell.territory_id = closing.territory_id AND published_cell.stratum = closing.stratum
    LEFT JOIN opening AS place
        ON computable.year = place.year AND published_cell.condition = place.condition
        AND published_cell.territory_id = place.territory_id AND place.stratum = 'all'
)

SELECT
    cell.year,
    cell.condition,
    cell.territory_id,
    cell.stratum,
    'all' AS sex,
    'all' AS age_band,
    CASE WHEN cell.outcome = 'entered' THEN 'stock' ELSE 'flow' END AS cohort,
    'none' AS cost_basis,
    'transition_' || cell.outcome AS measure,
    cell.members AS persons,
    CASE WHEN cell.is_large_enough THEN coalesce(transition_cell.persons, 0) END AS numerator_persons,
    CAST(CASE WHEN cell.is_large_enough THEN coalesce(transition_cell.persons, 0) END AS DOUBLE) AS numerator,
    CAST(cell.members AS DOUBLE) AS denominator,
    CAST(NULL AS DOUBLE) AS expected,
    CAST(NULL AS DOUBLE) AS variance,
    CAST(NULL AS DOUBLE) AS reference_value
FROM cell
LEFT JOIN transition_cell
    ON cell.year = transition_cell.year AND cell.condition = transition_cell.condition
    AND cell.territory_id = transition_cell.territory_id AND cell.stratum = transition_cell.stratum
    AND cell.outcome = transition_cell.outcome
