#!/usr/bin/env python3
"""What scipy and statsmodels say of many cases: the outside reference of tests/labs/stats_test.cpp.

    python record.py        writes stats.json beside itself. Needs numpy, scipy, statsmodels.

Tango's interval for paired shares is in neither of them. It is recomputed here from its definition, without his closed
form: the likelihood under a given difference is maximised numerically, the score's variance taken there, and the
interval's ends found as roots.
Bootstrap intervals are those of scipy's own routines on resamples drawn here by SplitMix64, the published generator
that the C++ uses too; so they must agree to rounding.
"""
import json, math, pathlib, platform
from types import SimpleNamespace

import numpy as np
import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.api import OLS, add_constant
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

random = np.random.default_rng(4)


def floats(values):
    return [float(x) for x in values]


def wilson():
    cases = []
    for k, n in [(0, 1), (1, 1), (0, 7), (7, 7), (1, 2), (3, 10), (200, 400), (399, 400), (1, 100000),
                 *((int(random.integers(0, n + 1)), n) for n in (5, 13, 60, 777, 12345))]:
        for confidence in (0.5, 0.9, 0.95, 0.999):
            low, high = proportion_confint(k, n, alpha=1 - confidence, method="wilson")
            again = stats.binomtest(k, n).proportion_ci(confidence, method="wilson")
            assert math.isclose(max(low, 0), again.low, abs_tol=1e-12)
            cases.append({"successes": k, "count": n, "confidence": confidence,
                          "low": float(again.low), "high": float(again.high)})
    return cases


PAIRS = [(0, 0, 1), (0, 0, 30), (1, 0, 1), (0, 1, 1), (1, 0, 10), (0, 1, 10), (5, 5, 10), (5, 5, 40), (1, 7, 21),
         (6, 16, 161), (25, 2, 102), (40, 20, 160), (30, 30, 1000), (3, 12, 400), (400, 0, 400), (0, 7, 7),
         (123, 160, 2000), (700, 705, 1410)]


def paired_score(b, c, n, difference):
    """Score of the multinomial likelihood at its maximum under p_b - p_c = difference."""
    low, high = max(0.0, -difference), (1 - difference) / 2            # the shares of c that are possible
    def loss(q):
        shares, counts = (q + difference, q, 1 - 2 * q - difference), (b, c, n - b - c)
        total = 0.0
        for share, count in zip(shares, counts):
            if count:
                if share <= 0:
                    return math.inf
                total -= count * math.log(share)
        return total
    def slope(q):
        least = 1e-300                                                 # a share that rounds to 0 has an endless slope
        return b / max(q + difference, least) + c / max(q, least) - 2 * (n - b - c) / max(1 - 2 * q - difference, least)
    inside = (high - low) * 1e-10
    if slope(low + inside) <= 0:
        q = low
    elif slope(high - inside) >= 0:
        q = high
    else:
        q = optimize.brentq(slope, low + inside, high - inside, xtol=1e-16, rtol=1e-15)
    near = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-10}).x
    assert loss(q) <= loss(near) + 1e-9
    return (b - c - n * difference) / math.sqrt(n * (2 * q + difference - difference ** 2))


def paired():
    cases = []
    for b, c, n in PAIRS:
        exact = float(mcnemar([[0, b], [c, 0]], exact=True).pvalue)
        assert math.isclose(exact, stats.binomtest(min(b, c), b + c).pvalue, rel_tol=1e-10) if b + c else exact == 1
        differing = b + c
        shares = [float(stats.binom.pmf(k, differing, 0.5)) for k in range(differing + 1)]
        mid = sum(p * (1 if abs(2 * k - differing) > abs(b - c) else 0.5 if abs(2 * k - differing) == abs(b - c) else 0)
                  for k, p in enumerate(shares))
        for confidence in (0.9, 0.95, 0.99):
            z, estimate, tiny = stats.norm.isf((1 - confidence) / 2), (b - c) / n, 1e-9
            low = -1.0 if estimate == -1 else optimize.brentq(
                lambda d: paired_score(b, c, n, d) - z, -1 + 1e-6, estimate - tiny, xtol=1e-14)
            high = 1.0 if estimate == 1 else optimize.brentq(
                lambda d: paired_score(b, c, n, d) + z, estimate + tiny, 1 - 1e-6, xtol=1e-14)
            cases.append({"only_first": b, "only_second": c, "count": n, "confidence": confidence,
                          "exact": exact, "mid": mid, "low": low, "high": high})
        for margin in (0.03, 0.1):
            p = max(stats.norm.sf(paired_score(b, c, n, -margin)), stats.norm.cdf(paired_score(b, c, n, margin)))
            cases[-1].setdefault("equivalence", []).append({"margin": margin, "p": float(p)})
    return cases


def sign_flip():
    cases = []
    lists = [[1.0], [0.0], [0.0, 0.0, 0.0], [1, 1, 1, 1, 1], [1, 2, 3, 4, 5, 6], [0.1, 0.2, -0.3, 0.4],
             [1, -1, 2, -2], [1e-9, 2e-9, 3e-9], [1e9, 1, 1]]
    lists += [np.round(random.normal(0.4, 1, n), 3) for n in (2, 5, 6, 8, 11, 14)]
    for values in lists:
        n = len(values)
        p = stats.permutation_test((np.array(values, float),), lambda x, axis: np.mean(x, axis=axis),
                                   permutation_type="samples", n_resamples=np.inf, vectorized=True).pvalue \
            if n > 1 else 1.0
        cases.append({"differences": floats(values), "p": float(p)})
    return cases


def sign_flip_large():
    """Many differences: the normal limit of the permutation distribution of the sum (variance: the sum of squares)."""
    cases = []
    for n, mean in ((60, 0.0), (60, 0.25), (200, 0.15), (500, 0.05)):
        x = random.normal(mean, 1, n)
        estimate = stats.permutation_test((x,), lambda v, axis: np.mean(v, axis=axis), permutation_type="samples",
                                          n_resamples=200000, vectorized=True, rng=random, batch=2000).pvalue
        cases.append({"differences": floats(np.round(x, 6)), "p": float(estimate)})
    return cases


def holm():
    lists = [[0.03], [0.0, 1.0], [0.5, 0.5, 0.5], [0.01, 0.04, 0.03], [0.01, 0.01, 0.2, 0.011], [1, 1], [0, 0, 0]]
    lists += [np.round(random.uniform(0, 0.2, n), 4) for n in (4, 9, 25)]
    return [{"p": floats(values), "adjusted": floats(multipletests(values, method="holm")[1])} for values in lists]


def equivalence():
    cases = []
    for n in (2, 3, 6, 20, 150):
        for mean, spread in ((0, 1), (0.5, 0.2), (-2, 1), (0.01, 0.05)):
            x = np.round(random.normal(mean, spread, n), 5)
            for margin, alpha in ((0.03, 0.05), (0.5, 0.05), (2, 0.01)):
                above = stats.ttest_1samp(x, -margin, alternative="greater").pvalue
                below = stats.ttest_1samp(x, margin, alternative="less").pvalue
                interval = stats.ttest_1samp(x, 0).confidence_interval(1 - 2 * alpha)
                cases.append({"differences": floats(x), "margin": margin, "alpha": alpha,
                              "p": float(max(above, below)), "low": float(interval.low), "high": float(interval.high)})
    return cases


def spearman():
    cases = []
    pairs = [([1, 2, 3], [1, 2, 3]), ([1, 2, 3], [3, 2, 1]), ([1, 2, 3], [2, 1, 3]), ([1, 1, 2, 3], [4, 4, 4, 5]),
             ([1, 2, 2, 3], [1, 3, 2, 2]), ([1, 2, 3, 4], [2, 4, 1, 3])]
    for n in (4, 10, 57, 400):
        x = random.normal(size=n)
        pairs.append((x, x + random.normal(size=n)))
        pairs.append((np.round(x), np.round(random.normal(size=n))))
    for x, y in pairs:
        r = stats.spearmanr(x, y)
        cases.append({"x": floats(np.round(x, 6)), "y": floats(np.round(y, 6)),
                      "rho": float(r.statistic), "p": float(r.pvalue)})
    return cases


def regression():
    cases = []
    for n, k in ((3, 1), (8, 2), (54, 3), (54, 6), (300, 4)):
        x = np.round(random.normal(size=(n, k)), 5)
        if k >= 3:
            x[:, 0] = np.arange(n) % 3                         # a factor of three levels
            x[:, 1] = 1000 + 0.01 * x[:, 1]                    # far from 0: badly conditioned
        y = np.round(x @ random.normal(size=k) + random.normal(size=n), 5)
        full = OLS(y, add_constant(x, has_constant="add")).fit()
        without_last = OLS(y, add_constant(x[:, :-1], has_constant="add") if k > 1 else np.ones(n)).fit()
        cases.append({"y": floats(y), "predictors": [floats(c) for c in x.T],
                      "coefficients": floats(full.params), "r_squared": float(full.rsquared),
                      "residual_squares": float(full.ssr),
                      "partial_of_last": float((without_last.ssr - full.ssr) / without_last.ssr)})
    return cases


class SplitMix64:
    """Steele, Lea and Flood 2014."""
    def __init__(self, seed):
        self.state = seed

    def uniform(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        return ((z ^ (z >> 31)) >> 11) * 2.0 ** -53


def bootstrap():
    cases = []
    for n_clusters, seed, resamples, shape in ((2, 1, 400, "one"), (5, 2, 1000, "one"), (12, 3, 1000, "many"),
                                               (30, 2 ** 63 + 11, 2000, "many"), (40, 9, 2000, "skewed")):
        cluster = [c for c in range(n_clusters) for _ in range(1 if shape == "one" else int(random.integers(1, 6)))]
        values = np.round(random.exponential(2, len(cluster)) if shape == "skewed" else
                          random.normal(size=n_clusters)[cluster] + random.normal(size=len(cluster)), 5)
        cluster = np.array(cluster)
        def statistic(drawn):
            rows = np.concatenate([np.flatnonzero(cluster == c) for c in drawn])
            return values[rows].mean()
        generator = SplitMix64(seed)
        resampled = np.array([statistic([int(generator.uniform() * n_clusters) for _ in range(n_clusters)])
                              for _ in range(resamples)])
        estimate = statistic(range(n_clusters))
        # scipy's data are the numbers of the clusters; with n_resamples=0 it takes the resampled values given.
        over_rows = lambda rows, axis: np.apply_along_axis(lambda r: statistic(r.astype(int)), axis, rows)
        given = SimpleNamespace(bootstrap_distribution=resampled)
        for confidence in (0.9, 0.95):
            plain, bca = (stats.bootstrap((np.arange(n_clusters),), over_rows, n_resamples=0, vectorized=True,
                                          confidence_level=confidence, method=method, bootstrap_result=given)
                          for method in ("percentile", "BCa"))
            cases.append({"values": floats(values), "cluster": [int(c) + 100 for c in cluster], "seed": seed,
                          "resamples": resamples, "confidence": confidence, "estimate": float(estimate),
                          "standard_error": float(plain.standard_error),
                          "low": float(plain.confidence_interval.low), "high": float(plain.confidence_interval.high),
                          "bca_low": float(bca.confidence_interval.low),
                          "bca_high": float(bca.confidence_interval.high)})
    return cases


result = {"made_with": {"python": platform.python_version(), "numpy": np.__version__, "scipy": scipy.__version__,
                        "statsmodels": statsmodels.__version__},
          "wilson": wilson(), "paired": paired(), "sign_flip": sign_flip(), "sign_flip_large": sign_flip_large(),
          "holm": holm(), "equivalence": equivalence(), "spearman": spearman(), "regression": regression(),
          "bootstrap": bootstrap()}
(pathlib.Path(__file__).parent / "stats.json").write_text(json.dumps(result, allow_nan=False) + "\n")
