"""Networks of other papers, in JAX: one trunk, a head for each arm's reward and cost.

tarnet     Shalit, Johansson and Sontag 2017: squared error of the arm that the row had
dragonnet  Shi, Blei and Veitch 2019: and the arm's probability from the same trunk
dfcl       the policy loss of Zhou et al. 2024 (decision-focused causal learning), beside the squared error: at some prices,
           what a softmax policy over the predicted net values would have earned, by inverse propensity
"""

import jax
import jax.numpy as jnp
import numpy as np

WIDTHS = (128, 64)
RATE, DECAY, DROPOUT, BATCH, EPOCHS, PATIENCE = 1e-3, 1e-4, 0.2, 1024, 60, 6
PROPENSITY_WEIGHT = 0.1
POLICY_WEIGHT = 1.0
PRICES = (0.25, 0.5, 1.0, 2.0, 4.0)


def fit_network(log, kind):
    arms = len(log.arms)
    mean, deviation = log.x.mean(0), log.x.std(0) + 1e-6
    scale = lambda z: jnp.array((z - mean) / deviation, jnp.float32)
    unit_r, unit_c = log.reward.std() + 1e-9, log.cost.std() + 1e-9
    x, t = scale(log.x), jnp.array(log.t)
    r, c = jnp.array(log.reward / unit_r, jnp.float32), jnp.array(log.cost / unit_c, jnp.float32)
    # A price at which the average offer breaks even is 1 in these units.
    gain = max((log.reward[log.t > 0].mean() - log.reward[log.t == 0].mean()) / unit_r, 1e-3)
    even = gain / max(log.cost[log.t > 0].mean() / unit_c, 1e-6)
    prices = jnp.array(PRICES) * even
    key = jax.random.PRNGKey(log.seed)
    sizes = [x.shape[1], *WIDTHS, 2 * arms + (arms if kind == "dragonnet" else 0)]
    parameters = []
    for at, (before, after) in enumerate(zip(sizes[:-1], sizes[1:])):
        key, draw = jax.random.split(key)
        parameters.append((jax.random.normal(draw, (before, after)) * np.sqrt(2 / before) * (0.1 if at == 2 else 1), jnp.zeros(after)))

    def heads(p, x, key):
        h = x
        for at, (w, b) in enumerate(p[:-1]):
            h = jax.nn.relu(h @ w + b)
            if key is not None and at == 0:
                h = h * jax.random.bernoulli(key, 1 - DROPOUT, h.shape) / (1 - DROPOUT)
        z = h @ p[-1][0] + p[-1][1]
        return z[:, :arms], z[:, arms : 2 * arms], z[:, 2 * arms :]

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
                total -= POLICY_WEIGHT / len(PRICES) * (arms * share[own] * (r[rows] - price * c[rows])).mean()
        return total

    @jax.jit
    def epoch(p, m, v, step, key, order):
        def one(carry, rows):
            p, m, v, step, key = carry
            key, mask = jax.random.split(key)
            g = jax.grad(loss)(p, rows, mask)
            step += 1
            m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
            v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
            move = lambda p, m, v: p - RATE * (m / (1 - 0.9**step) / (jnp.sqrt(v / (1 - 0.999**step)) + 1e-8) + DECAY * p)
            return (jax.tree.map(move, p, m, v), m, v, step, key), None

        return jax.lax.scan(one, (p, m, v, step, key), order)[0]

    held_loss = jax.jit(lambda p, rows: loss(p, rows, None))
    learns, held = np.flatnonzero(~log.held), jnp.array(np.flatnonzero(log.held))
    m = v = jax.tree.map(jnp.zeros_like, parameters)
    step, best, bad, random = 0.0, np.inf, 0, np.random.default_rng(log.seed)
    kept = parameters
    for _ in range(EPOCHS):
        order = random.permutation(learns)[: len(learns) // BATCH * BATCH].reshape(-1, BATCH)
        parameters, m, v, step, key = epoch(parameters, m, v, step, key, jnp.array(order))
        now = float(held_loss(parameters, held))
        if now < best - 1e-7:
            best, bad, kept = now, 0, parameters
        elif (bad := bad + 1) >= PATIENCE:
            break

    def predict(z):
        reward, cost, _ = heads(kept, scale(z), None)
        return [np.array(reward, float) * unit_r, np.array(cost, float) * unit_c]

    return predict
