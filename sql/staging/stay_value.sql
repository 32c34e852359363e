-- Grain: one stay read.
-- What the stay is worth in euros at a tariff: GHS base x sessions + EXH - EXB + supplements, geographic and prudential coefficients 1,
-- each component rounded to the cent before the sum. Two tariffs: that of the stay's own year (January and February still use the
-- year before) and that of the one reference year on which years are compared. NULL where the GHS has no tariff: never imputed.
-- Source: ATIH valuation rules for RSA (GHS, EXH, EXB, supplements); sessions multiply the base in CMD 28 except 28Z19Z to 28Z22Z.
WITH priced_year AS (
  SELECT
    stay_id,
    'own' AS tariff,
    CAST(year - CASE WHEN exit_month <= 2 THEN 1 ELSE 0 END AS SMALLINT) AS tariff_year
  FROM read_stay
  UNION ALL
  SELECT
    read_stay.stay_id,
    'standard' AS tariff,
    setting.standard_tariff_year AS tariff_year
  FROM read_stay
  CROSS JOIN setting
),

supplement_count AS (
  SELECT stay_id, 'hs' AS supplement, supplement_hs AS days FROM read_stay WHERE supplement_hs > 0
  UNION ALL
  SELECT stay_id, 'rea' AS supplement, supplement_rea AS days FROM read_stay WHERE supplement_rea > 0
  UNION ALL
  SELECT stay_id, 'si' AS supplement, supplement_si AS days FROM read_stay WHERE supplement_si > 0
  UNION ALL
  SELECT stay_id, 'stf' AS supplement, supplement_stf AS days FROM read_stay WHERE supplement_stf > 0
  UNION ALL
  SELECT stay_id, 'src' AS supplement, supplement_src AS days FROM read_stay WHERE supplement_src > 0
  UNION ALL
  SELECT stay_id, 'rep' AS supplement, supplement_rep AS days FROM read_stay WHERE supplement_rep > 0
  UNION ALL
  SELECT stay_id, 'nn1' AS supplement, supplement_nn1 AS days FROM read_stay WHERE supplement_nn1 > 0
  UNION ALL
  SELECT stay_id, 'nn2' AS supplement, supplement_nn2 AS days FROM read_stay WHERE supplement_nn2 > 0
  UNION ALL
  SELECT stay_id, 'nn3' AS supplement, supplement_nn3 AS days FROM read_stay WHERE supplement_nn3 > 0
),

supplement_value AS (
  SELECT
    priced_year.stay_id,
    priced_year.tariff,
    sum(round(supplement_count.days * tariff_supplement.day_eur, 2)) AS value_eur
  FROM supplement_count
  INNER JOIN priced_year ON supplement_count.stay_id = priced_year.stay_id
  INNER JOIN tariff_supplement
    ON priced_year.tariff_year = tariff_supplement.tariff_year AND supplement_count.supplement = tariff_supplement.supplement
  GROUP BY priced_year.stay_id, priced_year.tariff
),

base_value AS (
  SELECT
    priced_year.stay_id,
    priced_year.tariff,
    round(
      tariff_ghs.base_eur
      * CASE
        WHEN read_stay.ghm LIKE '28%' AND substr(read_stay.ghm, 1, 5) NOT IN ('28Z19', '28Z20', '28Z21', '28Z22') THEN read_stay.sessions
        ELSE 1
      END,
      2
    )
    + round(coalesce(read_stay.exh_days, 0) * tariff_ghs.exh_day_eur, 2)
    - CASE read_stay.exb_kind
      WHEN '1' THEN round(tariff_ghs.exb_flat_eur, 2)
      WHEN '2' THEN round(CAST(coalesce(read_stay.exb_tenths, 0) AS DECIMAL(8, 1)) * CAST(0.1 AS DECIMAL(2, 1)) * tariff_ghs.exb_day_eur, 2)
      ELSE 0
    END AS value_eur
  FROM read_stay
  INNER JOIN priced_year ON read_stay.stay_id = priced_year.stay_id
  INNER JOIN tariff_ghs
    ON priced_year.tariff_year = tariff_ghs.tariff_year AND read_stay.ghs = tariff_ghs.ghs AND read_stay.ghm = tariff_ghs.ghm
)

SELECT
  base_value.stay_id,
  CAST(max(CASE WHEN base_value.tariff = 'own' THEN base_value.value_eur + coalesce(supplement_value.value_eur, 0) END) AS DECIMAL(12, 2))
    AS own_year_eur,
  CAST(max(CASE WHEN base_value.tariff = 'standard' THEN base_value.value_eur + coalesce(supplement_value.value_eur, 0) END) AS DECIMAL(12, 2))
    AS standard_eur
FROM base_value
LEFT JOIN supplement_value ON base_value.stay_id = supplement_value.stay_id AND base_value.tariff = supplement_value.tariff
GROUP BY base_value.stay_id
