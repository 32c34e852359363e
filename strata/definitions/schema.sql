-- The tables a compiled definition fills (docs/design.md, "Definitions as tables"). Rewritten whole at each run: they are small.

CREATE OR REPLACE TABLE definition (
    condition VARCHAR, definition_id VARCHAR, label_fr VARCHAR, label_en VARCHAR, short_fr VARCHAR, age_min SMALLINT,
    population_type VARCHAR, falls VARCHAR, is_default BOOLEAN, smallest_share DOUBLE, largest_share DOUBLE, content_sha256 VARCHAR
);

CREATE OR REPLACE TABLE definition_code (
    list_id VARCHAR, system VARCHAR, code VARCHAR, match VARCHAR, valid_from DATE, valid_to DATE
);

CREATE OR REPLACE TABLE definition_event (
    event_no SMALLINT, condition VARCHAR, event_id VARCHAR, traits_all SMALLINT, traits_any SMALLINT, traits_none SMALLINT
);

CREATE OR REPLACE TABLE definition_clause (
    event_no SMALLINT, clause SMALLINT, terms SMALLINT
);

CREATE OR REPLACE TABLE definition_term (
    event_no SMALLINT, clause SMALLINT, term SMALLINT, list_id VARCHAR, position VARCHAR
);

CREATE OR REPLACE TABLE definition_criterion (
    criterion_no SMALLINT, condition VARCHAR, criterion_id VARCHAR, event_no SMALLINT, months SMALLINT,
    at_least SMALLINT, counted VARCHAR, episode_event_no SMALLINT, label_fr VARCHAR, label_en VARCHAR
);

CREATE OR REPLACE TABLE definition_rule (
    condition VARCHAR, rule_id VARCHAR, purpose VARCHAR, outcome VARCHAR, priority SMALLINT, min_score SMALLINT, age_min SMALLINT,
    label_fr VARCHAR, label_en VARCHAR
);

CREATE OR REPLACE TABLE definition_member (
    condition VARCHAR, rule_id VARCHAR, criterion_no SMALLINT, weight SMALLINT, weight_alone SMALLINT
);

CREATE OR REPLACE TABLE definition_cartography (
    condition VARCHAR, comparison VARCHAR, compared_with VARCHAR, value VARCHAR, top VARCHAR, label_fr VARCHAR, label_en VARCHAR
);

CREATE OR REPLACE TABLE definition_type_group (
    condition VARCHAR, type_group VARCHAR, event_no SMALLINT, specificity SMALLINT, label_fr VARCHAR, label_en VARCHAR
);

CREATE OR REPLACE TABLE definition_type_rule (
    condition VARCHAR, rank SMALLINT, person_type VARCHAR, terms SMALLINT, label_fr VARCHAR, label_en VARCHAR
);

CREATE OR REPLACE TABLE definition_type_term (
    condition VARCHAR, rank SMALLINT, metric VARCHAR, operator VARCHAR, threshold DOUBLE
);

CREATE OR REPLACE TABLE definition_act (
    condition VARCHAR, act VARCHAR, label_fr VARCHAR, label_en VARCHAR, caveat_fr VARCHAR, caveat_en VARCHAR, counted VARCHAR,
    years SMALLINT, is_observable BOOLEAN, is_for_all BOOLEAN
);

CREATE OR REPLACE TABLE definition_act_way (
    condition VARCHAR, act VARCHAR, way SMALLINT, asks_code BOOLEAN, asks_by BOOLEAN
);

CREATE OR REPLACE TABLE definition_act_code (
    condition VARCHAR, act VARCHAR, way SMALLINT, part VARCHAR, system VARCHAR, code VARCHAR, valid_from DATE, valid_to DATE
);

CREATE OR REPLACE TABLE definition_act_expected (
    condition VARCHAR, act VARCHAR, stratum VARCHAR, times SMALLINT, years SMALLINT, basis VARCHAR, source VARCHAR
);

CREATE OR REPLACE TABLE definition_act_quarter (
    condition VARCHAR, act VARCHAR, stratum VARCHAR, quarter SMALLINT, expected DOUBLE
);
