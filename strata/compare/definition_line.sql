-- Grain: one thing that a definition says: kind x name x aspect x value.
-- Two definitions differ by the lines that only one of them has. Numbers of events and criteria are not said: they change with the order of
-- the file. Neither is the order of the rules of one stratum, which changes no stratum.
WITH term AS (
  SELECT
    event_no,
    clause,
    term,
    string_agg(DISTINCT list_id, ', ' ORDER BY list_id) || ' @ ' || string_agg(DISTINCT position, ' ' ORDER BY position) AS said
  FROM definition_term
  GROUP BY event_no, clause, term
),

clause AS (
  SELECT event_no, clause, string_agg(said, ' & ' ORDER BY said) AS said
  FROM term
  GROUP BY event_no, clause
),

used_list AS (
  SELECT DISTINCT definition_event.condition, definition_term.list_id
  FROM definition_term
  INNER JOIN definition_event ON definition_term.event_no = definition_event.event_no
),

named_criterion AS (
  SELECT
    definition_criterion.condition,
    definition_criterion.criterion_no,
    definition_criterion.criterion_id,
    definition_event.event_id,
    definition_criterion.months,
    definition_criterion.at_least,
    definition_criterion.counted,
    beside.event_id AS episode_event_id
  FROM definition_criterion
  INNER JOIN definition_event ON definition_criterion.event_no = definition_event.event_no
  LEFT JOIN definition_event AS beside ON definition_criterion.episode_event_no = beside.event_no
)

SELECT condition, 'definition' AS kind, condition AS name, 'id' AS aspect, definition_id AS value FROM definition
UNION ALL
SELECT condition, 'definition' AS kind, condition AS name, 'age_min' AS aspect, CAST(age_min AS VARCHAR) AS value FROM definition
UNION ALL
SELECT condition, 'definition' AS kind, condition AS name, 'population_type' AS aspect, population_type AS value FROM definition
UNION ALL
SELECT condition, 'definition' AS kind, condition AS name, 'falls' AS aspect, falls AS value FROM definition
UNION ALL
SELECT used_list.condition, 'list' AS kind, used_list.list_id AS name, 'code' AS aspect,
  definition_code.code || CASE definition_code.match WHEN 'prefix' THEN '*' ELSE '' END
  || CASE
    WHEN definition_code.valid_from IS NULL AND definition_code.valid_to IS NULL THEN ''
    ELSE ' [' || coalesce(CAST(definition_code.valid_from AS VARCHAR), '') || '…' || coalesce(CAST(definition_code.valid_to AS VARCHAR), '') || ']'
  END AS value
FROM used_list
INNER JOIN definition_code ON used_list.list_id = definition_code.list_id
UNION ALL
SELECT condition, 'event' AS kind, event_id AS name, 'traits_all' AS aspect, CAST(traits_all AS VARCHAR) AS value FROM definition_event
UNION ALL
SELECT condition, 'event' AS kind, event_id AS name, 'traits_any' AS aspect, CAST(traits_any AS VARCHAR) AS value FROM definition_event
UNION ALL
SELECT condition, 'event' AS kind, event_id AS name, 'traits_none' AS aspect, CAST(traits_none AS VARCHAR) AS value FROM definition_event
UNION ALL
SELECT definition_event.condition, 'event' AS kind, definition_event.event_id AS name, 'clause' AS aspect, clause.said AS value
FROM definition_event
INNER JOIN clause ON definition_event.event_no = clause.event_no
UNION ALL
SELECT condition, 'criterion' AS kind, criterion_id AS name, 'event' AS aspect, event_id AS value FROM named_criterion
UNION ALL
SELECT condition, 'criterion' AS kind, criterion_id AS name, 'months' AS aspect, CAST(months AS VARCHAR) AS value FROM named_criterion
UNION ALL
SELECT condition, 'criterion' AS kind, criterion_id AS name, 'at_least' AS aspect, CAST(at_least AS VARCHAR) AS value FROM named_criterion
UNION ALL
SELECT condition, 'criterion' AS kind, criterion_id AS name, 'counted' AS aspect, counted AS value FROM named_criterion
UNION ALL
SELECT condition, 'criterion' AS kind, criterion_id AS name, 'in_episode_with' AS aspect, episode_event_id AS value FROM named_criterion
UNION ALL
SELECT condition, 'rule' AS kind, rule_id AS name, 'outcome' AS aspect, purpose || CASE purpose WHEN outcome THEN '' ELSE ' ' || outcome END AS value
FROM definition_rule
UNION ALL
SELECT condition, 'rule' AS kind, rule_id AS name, 'min_score' AS aspect, CAST(min_score AS VARCHAR) AS value FROM definition_rule
UNION ALL
SELECT condition, 'rule' AS kind, rule_id AS name, 'age_min' AS aspect, CAST(age_min AS VARCHAR) AS value FROM definition_rule
UNION ALL
SELECT definition_member.condition, 'rule' AS kind, definition_member.rule_id AS name, 'member' AS aspect,
  named_criterion.criterion_id
  || CASE WHEN definition_member.weight = 1 THEN '' ELSE ' ×' || CAST(definition_member.weight AS VARCHAR) END
  || CASE
    WHEN definition_member.weight_alone = definition_member.weight THEN ''
    ELSE ' (×' || CAST(definition_member.weight_alone AS VARCHAR) || ')'
  END AS value
FROM definition_member
INNER JOIN named_criterion ON definition_member.criterion_no = named_criterion.criterion_no
UNION ALL
SELECT definition_type_group.condition, 'type_group' AS kind, definition_type_group.type_group AS name, 'event' AS aspect,
  definition_event.event_id || ' ' || CAST(definition_type_group.specificity AS VARCHAR) AS value
FROM definition_type_group
INNER JOIN definition_event ON definition_type_group.event_no = definition_event.event_no
UNION ALL
SELECT definition_type_rule.condition, 'type_rule' AS kind, CAST(definition_type_rule.rank AS VARCHAR) AS name, 'term' AS aspect,
  definition_type_rule.person_type || ' : ' || definition_type_term.metric || ' ' || definition_type_term.operator || ' '
  || CAST(definition_type_term.threshold AS VARCHAR) AS value
FROM definition_type_rule
INNER JOIN definition_type_term
  ON definition_type_rule.condition = definition_type_term.condition AND definition_type_rule.rank = definition_type_term.rank
