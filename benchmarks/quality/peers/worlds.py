"""Synthetic markets whose truth is known: a randomised log to learn from, and new people to be judged on.

A, a  eight ordered coupons; features are correlated normals, binaries and counts; an order's probability saturates in the
      coupon with a user's own half point and strength; a has 30,000 rows and heavier baskets.
B, b  six nominal arms (per cent, amounts, free delivery), orders are rare, effects are in pairs of categories.
C     five percentage discounts; who responds is in products and signs of numeric features, and cost follows the basket.
D     five nominal arms; the cheapest is best for many, and some users are put off by every arm.

`write(world, seed, rows, people, folder)` writes log.csv, mapping.yaml, people.csv and shifted.csv (features only), and
truth.parquet and shifted_truth.parquet with the expected reward and cost of each person under each arm (r0 …, c0 …; major
units). Shifted people: the first numeric features are moved by half a deviation, as a campaign in another season meets.
"""

import json
import os

import numpy as np
import pandas as pd

FACES = np.array([0, 2, 3, 4, 5, 6, 8, 10.0])
CATEGORIES = (8, 6, 5, 4)
_tables = np.random.default_rng(77)
PAIR_1 = _tables.gamma(0.6, 1.0, (6, CATEGORIES[0], CATEGORIES[1]))
PAIR_2 = _tables.gamma(0.6, 1.0, (6, CATEGORIES[2], CATEGORIES[3]))
LEVEL_1 = _tables.normal(0, 0.35, CATEGORIES[0])
LEVEL_2 = _tables.normal(0, 0.35, CATEGORIES[2])
LEVEL_3 = _tables.normal(0, 0.2, (CATEGORIES[1], CATEGORIES[3]))


def logistic(x):
    return 1 / (1 + np.exp(-x))


def features_a(n, rng, shift):
    at = np.arange(12)
    z = rng.standard_normal((n, 12)) @ np.linalg.cholesky(0.3 ** np.abs(at[:, None] - at[None])).T
    z[:, 0] += shift
    z[:, 4] -= 0.8 * shift
    z[:, 7] += 0.5 * shift
    chances = logistic(np.stack([0.3 * z[:, 1], -0.5 + 0.5 * z[:, 8], -0.2 + 0 * z[:, 0], 0.8 * z[:, 9]], 1))
    b = (rng.random((n, 4)) < chances) * 1.0
    means = np.exp(np.stack([0.3 + 0.4 * z[:, 0], 0.5 + 0.3 * z[:, 4], 0.2 + 0.3 * z[:, 10], 1 + 0 * z[:, 11]], 1))
    return frame([], z, b, np.log1p(rng.poisson(means)))


def truth_a(f):
    z, b, c = columns(f, "z"), columns(f, "b"), columns(f, "l")
    base = -2.6 + 0.8 * np.tanh(z[:, 0]) + 0.6 * z[:, 1] * (b[:, 0] - 0.5) + 0.4 * np.sin(1.5 * z[:, 2])
    base += 0.5 * (c[:, 0] - 0.8) - 0.3 * (z[:, 3] > 0.5)
    inner = 0.9 * z[:, 4] - 0.6 * np.tanh(z[:, 0]) + 0.7 * b[:, 1] - 0.5 * (z[:, 5] * z[:, 4] > 0) - 0.35 * (c[:, 1] - 0.9)
    strength = 0.7475 * np.log1p(np.exp(0.1 + inner))
    half = 2 + 6 * logistic(1.2 * z[:, 5] + 0.8 * b[:, 2] - 0.8 * (z[:, 6] > 0))
    order = logistic(base[:, None] + strength[:, None] * FACES**2 / (FACES**2 + half[:, None] ** 2))
    redeem = logistic(0.6 + 0.12 * FACES + (0.8 * np.tanh(z[:, 6]) + 0.5 * (c[:, 2] - 0.7) - 0.4 * b[:, 3])[:, None])
    basket = np.exp(3.3 + 0.35 * z[:, 7] + 0.2 * b[:, 2] + 0.2 * np.tanh(z[:, 0]))
    return order, redeem, basket, np.broadcast_to(FACES, order.shape)


def features_b(n, rng, shift):
    shares = [np.arange(8, 0, -1.0) ** 0.7, np.ones(6), np.array([4, 2, 2, 1, 1.0]), np.array([3, 2, 2, 1.0])]
    k = np.stack([rng.choice(m, n, p=p / p.sum()) for m, p in zip(CATEGORIES, shares)], 1)
    z = rng.standard_normal((n, 6))
    z[:, 1] = 0.5 * z[:, 0] + 0.85 * z[:, 1]
    z[:, :2] += shift
    return frame(k, z, (rng.random((n, 3)) < np.array([0.3, 0.5, 0.15])) * 1.0, [])


def truth_b(f):
    k = np.stack([f[f"k{i}"].str[1:].astype(int) for i in range(4)], 1)
    z, b = columns(f, "z"), columns(f, "b")
    base = -3.35 + LEVEL_1[k[:, 0]] + LEVEL_2[k[:, 2]] + LEVEL_3[k[:, 1], k[:, 3]]
    base += 0.35 * z[:, 0] + 0.4 * b[:, 2] - 0.25 * np.abs(z[:, 2])
    pairs = 0.75 * PAIR_1[:, k[:, 0], k[:, 1]].T + 0.55 * PAIR_2[:, k[:, 2], k[:, 3]].T
    effect = 0.5 * np.array([0, 0.45, 0.8, 0.5, 0.85, 0.6]) * pairs
    effect *= ((0.6 + 0.8 * b[:, 1]) * logistic(1.2 - 0.9 * z[:, 3]))[:, None]
    basket = np.exp(3.4 + 0.4 * z[:, 4] + 0.25 * z[:, 0] + 0.15 * (k[:, 2] == 0))
    effect[:, 1:3] *= np.sqrt(np.clip(basket / 30, 0.5, 2))[:, None]
    redeem = logistic(np.array([0, 0.7, 1.1, 0.5, 0.9, 1.4]) + (0.5 * z[:, 5] - 0.4 * b[:, 0])[:, None])
    none = 0 * basket
    discount = np.stack([none, 0.1 * basket, 0.2 * basket, none + 3, none + 6, none + 4], 1)
    return logistic(base[:, None] + effect), redeem, basket, discount


def features_c(n, rng, shift):
    z = rng.standard_normal((n, 10))
    z[:, :3] += shift
    return frame(rng.choice(5, (n, 1), p=[0.35, 0.25, 0.2, 0.12, 0.08]), z, (rng.random((n, 2)) < 0.4) * 1.0, [])


def truth_c(f):
    z, b = columns(f, "z"), columns(f, "b")
    kind = f["k0"].str[1:].astype(int).to_numpy()
    rates = np.array([0, 0.05, 0.1, 0.15, 0.25])
    base = -2.5 + 0.4 * z[:, 0] - 0.3 * np.abs(z[:, 1]) + 0.3 * (z[:, 2] * z[:, 3] > 0) + 0.2 * (kind == 1)
    appetite = 1.6 * logistic(1.5 * z[:, 4] * z[:, 5]) + 1.2 * ((z[:, 6] > 0) & (z[:, 7] > 0)) + 0.4 * b[:, 0]
    effect = appetite[:, None] * (rates / (rates + 0.08 + 0.1 * logistic(z[:, 8])[:, None]))
    basket = np.exp(3.5 + 0.4 * z[:, 8] + 0.25 * z[:, 0] * (z[:, 9] > 0))
    redeem = np.where(rates > 0, logistic(1.2 + 0.5 * z[:, 9] + 0.3 * b[:, 1])[:, None], 0)
    return logistic(base[:, None] + effect), redeem, basket, rates * basket[:, None]


def features_d(n, rng, shift):
    z = rng.standard_normal((n, 8))
    z[:, :2] += shift
    k = np.stack([rng.choice(6, n), rng.choice(4, n, p=[0.4, 0.3, 0.2, 0.1])], 1)
    return frame(k, z, (rng.random((n, 3)) < np.array([0.5, 0.3, 0.2])) * 1.0, [])


def truth_d(f):
    z, b = columns(f, "z"), columns(f, "b")
    k = np.stack([f[f"k{i}"].str[1:].astype(int) for i in range(2)], 1)
    base = -2.2 + 0.5 * z[:, 0] + 0.3 * b[:, 0] + 0.15 * (k[:, 0] - 2.5)
    prices = np.array([0, 0.5, 3, 5, 8.0])
    # A reminder for almost nothing does for many what a coupon does; the loyal are put off by whatever looks like selling.
    open_to = logistic(1.0 * z[:, 1] - 0.8 * (k[:, 1] == 0) + 0.5 * b[:, 1])
    put_off = 0.5 * ((z[:, 2] > 0.6) | ((k[:, 0] == 5) & (b[:, 2] > 0)))
    saturating = np.array([0, 0.6, 0.5, 0.5, 0.5])
    hungry = ((z[:, 3] > 0.3) & (k[:, 1] > 0)) * np.array([0, 0, 0.35, 0.6, 0.9])[:, None]
    effect = open_to[:, None] * saturating + hungry.T - put_off[:, None] * (np.arange(5) > 0)
    basket = np.exp(3.2 + 0.35 * z[:, 4] + 0.1 * b[:, 0])
    redeem = np.where(prices > 0, logistic(1 + 0.4 * z[:, 5])[:, None], 0)
    return logistic(base[:, None] + effect), redeem, basket, np.broadcast_to(prices, effect.shape)


def frame(k, z, b, logs):
    k = np.asarray(k)
    data = {f"k{i}": [f"c{v}" for v in k[:, i]] for i in range(k.shape[1] if k.ndim == 2 else 0)}
    data |= {f"z{i}": z[:, i].round(5) for i in range(z.shape[1])}
    data |= {f"b{i}": b[:, i].astype(int) for i in range(b.shape[1])}
    logs = np.asarray(logs)
    data |= {f"l{i}": logs[:, i].round(5) for i in range(logs.shape[1] if logs.ndim == 2 else 0)}
    return pd.DataFrame(data)


def columns(f, letter):
    return f[[name for name in f if name[0] == letter]].to_numpy().astype(float)


# features, truth, rows, log deviation of a basket, kind of arms
WORLDS = {
    "A": (features_a, truth_a, 100_000, 0.6, "ordered"),
    "a": (features_a, truth_a, 30_000, 1.2, "ordered"),
    "B": (features_b, truth_b, 100_000, 0.6, "nominal"),
    "b": (features_b, truth_b, 30_000, 0.6, "nominal"),
    "C": (features_c, truth_c, 60_000, 0.7, "nominal"),
    "D": (features_d, truth_d, 60_000, 0.6, "nominal"),
}


def draw_log(f, truth, sd, rng, noise):
    """`noise`: share of the rows whose order is flipped, and whose basket, where there is one, is tripled."""
    order, redeem, basket, discount = truth(f)
    n, arms = order.shape
    arm, i = rng.integers(0, arms, n), np.arange(n)
    ordered = rng.random(n) < order[i, arm]
    redeemed = (rng.random(n) < redeem[i, arm]) & ordered & (arm > 0)
    paid = basket * np.exp(sd * rng.standard_normal(n) - sd * sd / 2)
    wrong = rng.random(n) < noise
    ordered, paid = ordered ^ wrong, np.where(wrong, 3 * paid, paid)
    redeemed &= ordered
    return f.assign(
        arm=[f"a{t}" for t in arm],
        basket=np.where(ordered, paid, 0).round(4),
        redeemed=redeemed.astype(int),
        cost=np.where(redeemed, discount[i, arm], 0).round(4),
    )


def expected(f, truth):
    order, redeem, basket, discount = truth(f)
    redeem = np.where(np.arange(order.shape[1]) > 0, redeem, 0)
    return order * basket[:, None], order * redeem * discount


def write(world, seed, rows, people, folder, noise=0.0):
    features, truth, usual, sd, kind = WORLDS[world]
    rng = np.random.default_rng(1000 + seed)
    os.makedirs(folder, exist_ok=True)
    draw_log(features(rows or usual, rng, 0.0), truth, sd, rng, noise).to_csv(f"{folder}/log.csv", index=False)
    for name, shift in (("people", 0.0), ("shifted", 0.5)):
        f = features(people, rng, shift)
        f.to_csv(f"{folder}/{name}.csv", index=False)
        reward, cost = expected(f, truth)
        write_effects(f"{folder}/{'truth' if shift == 0 else 'shifted_truth'}.parquet", reward, cost)
    kinds = {"k": "categorical", "z": "numeric", "b": "boolean", "l": "numeric"}
    arms = [{"id": f"a{j}"} | ({"face": float(FACES[j])} if kind == "ordered" else {}) for j in range(reward.shape[1])]
    mapping = {
        "currency": "EUR",
        "amounts": "major",
        "features": {name: kinds[name[0]] for name in f},
        "arm": {"column": "arm", "ordered": kind == "ordered", "arms": arms},
        "propensity": "uniform",
        "rewards": {"basket": {"kind": "amount", "weight": 1}},
    }
    mapping |= {"redeemed": {"column": "redeemed", "given": "basket"}} if kind == "ordered" else {"cost": {"column": "cost"}}
    with open(f"{folder}/mapping.yaml", "w") as file:
        json.dump(mapping, file)


def write_effects(path, reward, cost):
    """Expected reward and cost of each row under each arm, in major units."""
    data = {f"r{j}": reward[:, j] for j in range(reward.shape[1])} | {f"c{j}": cost[:, j] for j in range(cost.shape[1])}
    pd.DataFrame(data).to_parquet(path, index=False)
