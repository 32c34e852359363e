-- Grain: one flow year x condition x cost basis in which some member costs something.
-- Jonckheere-Terpstra: does the cost of the year rise from one stratum to the next? Exact, with ties, on amounts in cents: members are
-- counted by amount, so that nothing leaves SQL and no rank is drawn. z is the statistic over its standard deviation under no trend
-- (normal approximation, corrected for ties; Hollander and Wolfe, Nonparametric Statistical Methods, 6.2). NULL with one stratum or one amount.
WITH cost AS (
  SELECT year, condition, stratum, 'billed_br' AS cost_basis, cost_billed_eur AS cost_eur FROM flow_member
  UNION ALL
  SELECT year, condition, stratum, 'standard' AS cost_basis, cost_standard_eur AS cost_eur FROM flow_member
),

amount AS (
  SELECT
    year,
    condition,
    cost_basis,
    cost_eur,
    count(*) AS tied,
    count(*) FILTER (WHERE stratum = '1') AS in_1,
    count(*) FILTER (WHERE stratum = '2') AS in_2,
    count(*) FILTER (WHERE stratum = '3') AS in_3,
    count(*) FILTER (WHERE stratum = '4') AS in_4
  FROM cost
  GROUP BY year, condition, cost_basis, cost_eur
),

-- Members whose cost is lower. Added up as DOUBLE, which is exact up to 2^53 and costs less than the HUGEINT of a sum of integers.
ranked AS (
  SELECT
    year,
    condition,
    cost_basis,
    cost_eur,
    tied,
    in_1,
    in_2,
    in_3,
    in_4,
    CAST(coalesce(sum(CAST(in_1 AS DOUBLE)) OVER lower_amount, 0) AS HUGEINT) AS below_1,
    CAST(coalesce(sum(CAST(in_2 AS DOUBLE)) OVER lower_amount, 0) AS HUGEINT) AS below_2,
    CAST(coalesce(sum(CAST(in_3 AS DOUBLE)) OVER lower_amount, 0) AS HUGEINT) AS below_3
  FROM amount
  WINDOW lower_amount AS (
    PARTITION BY year, condition, cost_basis
    ORDER BY cost_eur
    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
  )
),

-- Pairs of members of two strata where the higher stratum costs more, counted twice (a tie counts once); and the sums of the variance.
summed AS (
  SELECT
    year,
    condition,
    cost_basis,
    CAST(sum(
      in_2 * (2 * below_1 + in_1)
      + in_3 * (2 * (below_1 + below_2) + in_1 + in_2)
      + in_4 * (2 * (below_1 + below_2 + below_3) + in_1 + in_2 + in_3)
    ) AS DOUBLE) AS twice_pairs,
    CAST(sum(tied) AS DOUBLE) AS persons,
    CAST(sum(in_1) AS DOUBLE) AS n_1,
    CAST(sum(in_2) AS DOUBLE) AS n_2,
    CAST(sum(in_3) AS DOUBLE) AS n_3,
    CAST(sum(in_4) AS DOUBLE) AS n_4,
    CAST(sum(CAST(tied AS HUGEINT) * (tied - 1)) AS DOUBLE) AS ties_2,
    CAST(sum(CAST(tied AS HUGEINT) * (tied - 1) * (tied - 2)) AS DOUBLE) AS ties_3,
    CAST(sum(CAST(tied AS HUGEINT) * (tied - 1) * (2 * tied + 5)) AS DOUBLE) AS ties_5,
    sum(cost_eur) AS cost_eur
  FROM ranked
  GROUP BY year, condition, cost_basis
),

expected AS (
  SELECT
    year,
    condition,
    cost_basis,
    persons,
    twice_pairs / 2 - (persons * persons - n_1 * n_1 - n_2 * n_2 - n_3 * n_3 - n_4 * n_4) / 4 AS beyond_expected,
    (
      persons * (persons - 1) * (2 * persons + 5)
      - n_1 * (n_1 - 1) * (2 * n_1 + 5) - n_2 * (n_2 - 1) * (2 * n_2 + 5)
      - n_3 * (n_3 - 1) * (2 * n_3 + 5) - n_4 * (n_4 - 1) * (2 * n_4 + 5)
      - ties_5
    ) / 72
    + (
      n_1 * (n_1 - 1) * (n_1 - 2) + n_2 * (n_2 - 1) * (n_2 - 2) + n_3 * (n_3 - 1) * (n_3 - 2) + n_4 * (n_4 - 1) * (n_4 - 2)
    ) * ties_3 / NULLIF(36 * persons * (persons - 1) * (persons - 2), 0)
    + (n_1 * (n_1 - 1) + n_2 * (n_2 - 1) + n_3 * (n_3 - 1) + n_4 * (n_4 - 1)) * ties_2 / NULLIF(8 * persons * (persons - 1), 0) AS variance
  FROM summed
  WHERE cost_eur > 0
)

SELECT
  year,
  condition,
  cost_basis,
  CAST(persons AS BIGINT) AS persons,
  CASE WHEN variance > 1e-9 THEN beyond_expected / NULLIF(sqrt(variance), 0) END AS z
FROM expected
