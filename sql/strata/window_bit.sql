-- Grain: one window of a criterion (criterion_window) x block of criteria that it makes met.
-- bits: those criteria, in the number of their block (criterion_bit). is_once: one stay is enough, so that nothing is counted.
-- place, places: of a year and a block, as in reporting_place: a person, a year and a block are one number, person_id * places + place.
WITH asked AS (
  SELECT
    criterion_window.window_no,
    criterion_window.event_no,
    criterion_window.year,
    criterion_window.after_date,
    criterion_window.index_date,
    criterion_window.counted = 'stay' AND criterion_window.at_least = 1 AS is_once,
    criterion_bit.block_no,
    bit_or(CAST(criterion_bit.bit AS HUGEINT) << criterion_bit.block_shift) AS bits
  FROM criterion_window
  INNER JOIN criterion_bit ON criterion_window.criterion_no = criterion_bit.criterion_no
  GROUP BY ALL
),

block AS (
  SELECT CAST(pow(2, ceil(log2(max(block_no) + 1))) AS INTEGER) AS blocks
  FROM criterion_bit
)

SELECT
  asked.window_no,
  asked.event_no,
  asked.year,
  asked.after_date,
  asked.index_date,
  CAST(asked.index_date - to_months(12) AS DATE) AS year_before_date,
  asked.is_once,
  asked.block_no,
  asked.bits,
  CAST(reporting_place.place * block.blocks + asked.block_no AS INTEGER) AS place,
  reporting_place.places * block.blocks AS places
FROM asked
INNER JOIN reporting_place ON asked.year = reporting_place.year
CROSS JOIN block
