-- Grain: one MCO stay read.
-- What the stay is worth in euros at a tariff: GHS base x sessions + EXH - EXB + supplements, geographic and prudential coefficients 1,
-- each component rounded to the cent before the sum. Tariffs: the public and the private one of the stay's own year (January and February
-- still use the year before) and the public one of the reference year on which years are compared. NULL where the GHS, or a supplement
-- the stay counts, has no tariff: never imputed, not even as zero (no private tariff of supplements is read: a private stay with one is
-- NULL). The tariffs are small tables met once by each stay; stays never meet stays.
-- Source: ATIH valuation rules for RSA (GHS, EXH, EXB, supplements); sessions multiply the base in CMD 28 except 28Z19Z to 28Z22Z.
-- Slices: stay_id
WITH priced AS (
  SELECT
    read_stay.stay_id,
    read_stay.ghs,
    read_stay.ghm,
    read_stay.year - CASE WHEN read_stay.exit_month <= 2 THEN 1 ELSE 0 END AS own_year,
    setting.standard_tariff_year AS standard_year,
    CASE
      WHEN read_stay.ghm LIKE '28%' AND substr(read_stay.ghm, 1, 5) NOT IN ('28Z19', '28Z20', '28Z21', '28Z22') THEN read_stay.sessions
      ELSE 1
    END AS times,
    coalesce(read_stay.exh_days, 0) AS exh_days,
    CASE WHEN read_stay.exb_kind = '1' THEN 1 ELSE 0 END AS exb_flats,
    CASE
      WHEN read_stay.exb_kind = '2' THEN CAST(coalesce(read_stay.exb_tenths, 0) AS DECIMAL(8, 1)) * CAST(0.1 AS DECIMAL(2, 1))
      ELSE 0
    END AS exb_days
  FROM read_stay
  CROSS JOIN setting
  WHERE read_stay.field = 'mco'
),

supplement_count AS (
  SELECT stay_id, year, exit_month, 'hs' AS supplement, supplement_hs AS days FROM read_stay WHERE supplement_hs > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'rea' AS supplement, supplement_rea AS days FROM read_stay WHERE supplement_rea > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'si' AS supplement, supplement_si AS days FROM read_stay WHERE supplement_si > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'stf' AS supplement, supplement_stf AS days FROM read_stay WHERE supplement_stf > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'src' AS supplement, supplement_src AS days FROM read_stay WHERE supplement_src > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'rep' AS supplement, supplement_rep AS days FROM read_stay WHERE supplement_rep > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'nn1' AS supplement, supplement_nn1 AS days FROM read_stay WHERE supplement_nn1 > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'nn2' AS supplement, supplement_nn2 AS days FROM read_stay WHERE supplement_nn2 > 0
  UNION ALL
  SELECT stay_id, year, exit_month, 'nn3' AS supplement, supplement_nn3 AS days FROM read_stay WHERE supplement_nn3 > 0
),

supplement_value AS (
  SELECT
    supplement_count.stay_id,
    CASE WHEN count(*) = count(own.day_eur) THEN sum(round(supplement_count.days * own.day_eur, 2)) END AS own_eur,
    CASE WHEN count(*) = count(standard.day_eur) THEN sum(round(supplement_count.days * standard.day_eur, 2)) END AS standard_eur
  FROM supplement_count
  CROSS JOIN setting
  LEFT JOIN tariff_supplement AS own
    ON supplement_count.year - CASE WHEN supplement_count.exit_month <= 2 THEN 1 ELSE 0 END = own.tariff_year
    AND supplement_count.supplement = own.supplement
  LEFT JOIN tariff_supplement AS standard
    ON setting.standard_tariff_year = standard.tariff_year AND supplement_count.supplement = standard.supplement
  GROUP BY supplement_count.stay_id
)

SELECT
  priced.stay_id,
  CAST(
    round(own_private.base_eur * priced.times, 2)
    + round(own_private.exh_day_eur * priced.exh_days, 2)
    - round(own_private.exb_flat_eur * priced.exb_flats, 2)
    - round(own_private.exb_day_eur * priced.exb_days, 2)
    + CASE WHEN supplement_value.stay_id IS NULL THEN 0 END AS DECIMAL(12, 2)
  ) AS own_year_private_eur,
  CAST(
    round(own.base_eur * priced.times, 2)
    + round(own.exh_day_eur * priced.exh_days, 2)
    - round(own.exb_flat_eur * priced.exb_flats, 2)
    - round(own.exb_day_eur * priced.exb_days, 2)
    + CASE WHEN supplement_value.stay_id IS NULL THEN 0 ELSE supplement_value.own_eur END AS DECIMAL(12, 2)
  ) AS own_year_eur,
  CAST(
    round(standard.base_eur * priced.times, 2)
    + round(standard.exh_day_eur * priced.exh_days, 2)
    - round(standard.exb_flat_eur * priced.exb_flats, 2)
    - round(standard.exb_day_eur * priced.exb_days, 2)
    + CASE WHEN supplement_value.stay_id IS NULL THEN 0 ELSE supplement_value.standard_eur END AS DECIMAL(12, 2)
  ) AS standard_eur
FROM priced
LEFT JOIN tariff_ghs AS own ON priced.own_year = own.tariff_year AND priced.ghs = own.ghs AND priced.ghm = own.ghm
LEFT JOIN tariff_ghs_private AS own_private
  ON priced.own_year = own_private.tariff_year AND priced.ghs = own_private.ghs AND priced.ghm = own_private.ghm
LEFT JOIN tariff_ghs AS standard
  ON priced.standard_year = standard.tariff_year AND priced.ghs = standard.ghs AND priced.ghm = standard.ghm
LEFT JOIN supplement_value ON priced.stay_id = supplement_value.stay_id
