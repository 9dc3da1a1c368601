"""Networks of other papers, in JAX, since no maintained library has them for several arms and a cost: one shared trunk, a
hidden layer and two outputs (reward, cost) for each arm, single networks as published.

tarnet     Shalit, Johansson and Sontag 2017: squared error of the arm that the row had
dragonnet  Shi, Blei and Veitch 2019: and the arm's probability from the same trunk
dfcl       the policy loss of Zhou et al. 2024 (decision-focused causal learning), beside the squared error: at some prices,
           what a softmax policy over the predicted net values would have earned, by inverse propensity. What it predicts are
           scores that rank, not amounts of money

Settings were chosen on seed 1 of worlds a and b (15,000 rows) by the true share; the epoch by rows kept back.
"""

import jax
import jax.numpy as jnp
import numpy as np
from descend import descend

TRUNK, HEAD = (64, 32), 16
DECAY, DROPOUT, EPOCHS = 1e-4, 0.3, 60
PROPENSITY_WEIGHT = 0.1
POLICY_WEIGHT = 0.1
PRICES = (0.25, 0.5, 1.0, 2.0, 4.0)


def fit_network(log, kind):
    arms, width = log.arms, log.x.shape[1]
    mean, deviation = log.x.mean(0), log.x.std(0) + 1e-6
    scale = lambda z: jnp.array((z - mean) / deviation, jnp.float32)
    unit_r, unit_c = log.reward.std() + 1e-9, log.cost.std() + 1e-9
    x, t = scale(log.x), jnp.array(log.t)
    r, c = jnp.array(log.reward / unit_r, jnp.float32), jnp.array(log.cost / unit_c, jnp.float32)
    weight = jnp.array(1 / log.p, jnp.float32)
    prices = jnp.array(PRICES) * breaking_even(log, unit_r, unit_c)

    def heads(p, x, key):
        h = x
        for at, (w, b) in enumerate(p["trunk"]):
            h = jax.nn.relu(h @ w + b)
            if key is not None and at == 0:
                h = h * jax.random.bernoulli(key, 1 - DROPOUT, h.shape) / (1 - DROPOUT)
        own = jax.nn.relu(jnp.einsum("nd,adk->nak", h, p["w1"]) + p["b1"])
        z = jnp.einsum("nak,ako->nao", own, p["w2"]) + p["b2"]
        return z[..., 0], z[..., 1], h @ p["chance"][0] + p["chance"][1]

    def loss(p, rows, key):
        reward, cost, chance = heads(p, x[rows], key)
        own = jnp.arange(len(rows)), t[rows]
        total = ((reward[own] - r[rows]) ** 2 + (cost[own] - c[rows]) ** 2).mean()
        if kind == "dragonnet":
            total -= PROPENSITY_WEIGHT * jax.nn.log_softmax(chance)[own].mean()
        if kind == "dfcl":
            for price in prices:
                net = reward - price * cost
                share = jax.nn.softmax(net / (jnp.std(jax.lax.stop_gradient(net)) + 1e-3))
                earned = weight[rows] * share[own] * (r[rows] - price * c[rows])
                total -= POLICY_WEIGHT / len(PRICES) * earned.mean()
        return total

    start = initial(jax.random.PRNGKey(log.seed), width, arms)
    decay = jax.tree.map(lambda _: DECAY, start)
    kept = descend(loss, lambda p, rows: loss(p, rows, None), start, decay, log, EPOCHS)

    def predict(z):
        reward, cost, _ = heads(kept, scale(z), None)
        return [np.array(reward, float) * unit_r, np.array(cost, float) * unit_c]

    return predict


def breaking_even(log, unit_r, unit_c):
    """The price at which the average offer breaks even, in units of a deviation each."""
    offered = log.t > 0
    gain = max((log.reward[offered].mean() - log.reward[~offered].mean()) / unit_r, 1e-3)
    return gain / max(log.cost[offered].mean() / unit_c, 1e-6)


def initial(key, width, arms):
    keys = iter(jax.random.split(key, 8))
    he = lambda *shape, by=1.0: by * np.sqrt(2 / shape[-2]) * jax.random.normal(next(keys), shape)
    sizes = (width, *TRUNK)
    return {
        "trunk": [(he(before, after), jnp.zeros(after)) for before, after in zip(sizes[:-1], sizes[1:])],
        "w1": he(arms, TRUNK[-1], HEAD),
        "b1": jnp.zeros((arms, HEAD)),
        "w2": he(arms, HEAD, 2, by=0.1),
        "b2": jnp.zeros((arms, 2)),
        "chance": (he(TRUNK[-1], arms, by=0.1), jnp.zeros(arms)),
    }
