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

TRUNK, HEAD = (64, 32), 16
RATE, DECAY, DROPOUT, BATCH, EPOCHS, PATIENCE = 1e-3, 1e-4, 0.3, 1024, 60, 6
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
    kept = descend(loss, start, log)

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


def descend(loss, parameters, log):
    """AdamW, until the rows kept back have not been better told for some epochs; the best parameters."""

    @jax.jit
    def epoch(p, m, v, step, key, order):
        def one(carry, rows):
            p, m, v, step, key = carry
            key, mask = jax.random.split(key)
            g = jax.grad(loss)(p, rows, mask)
            step += 1
            m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
            v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
            adam = lambda m, v: m / (1 - 0.9**step) / (jnp.sqrt(v / (1 - 0.999**step)) + 1e-8)
            move = lambda p, m, v: p - RATE * (adam(m, v) + DECAY * p)
            return (jax.tree.map(move, p, m, v), m, v, step, key), None

        return jax.lax.scan(one, (p, m, v, step, key), order)[0]

    held_loss = jax.jit(lambda p, rows: loss(p, rows, None))
    learns, held = np.flatnonzero(~log.held), jnp.array(np.flatnonzero(log.held))
    batch = min(BATCH, max(64, len(learns) // 16))
    m = v = jax.tree.map(jnp.zeros_like, parameters)
    key, random = jax.random.PRNGKey(log.seed + 1), np.random.default_rng(log.seed)
    step, best, bad, kept = 0.0, np.inf, 0, parameters
    for _ in range(EPOCHS):
        order = random.permutation(learns)[: len(learns) // batch * batch].reshape(-1, batch)
        parameters, m, v, step, key = epoch(parameters, m, v, step, key, jnp.array(order))
        now = float(held_loss(parameters, held))
        if now < best - 1e-7:
            best, bad, kept = now, 0, parameters
        elif (bad := bad + 1) >= PATIENCE:
            break
    return kept
