"""AdamW by batches, until the rows kept back have not been better told for some epochs; the best weights."""

import jax
import jax.numpy as jnp
import numpy as np

RATE, BATCH, PATIENCE = 1e-3, 1024, 6


def descend(loss, held_loss, parameters, decay, log, epochs, average=0.0, fixed=()):
    """`loss(p, rows, key)` is learned, `held_loss(p, rows)` says when to stop. `decay`: of each weight a step, in the shape of the
    parameters. `average`: what a step's weights count of the next one's, in the mean that is kept. `fixed`: names of what
    stays as it is."""

    @jax.jit
    def epoch(carry, order):
        def one(carry, rows):
            p, kept, m, v, step, key = carry
            key, mask = jax.random.split(key)
            g = jax.grad(loss)(p, rows, mask)
            g = {name: jax.tree.map(jnp.zeros_like, each) if name in fixed else each for name, each in g.items()}
            step += 1
            m = jax.tree.map(lambda a, b: 0.9 * a + 0.1 * b, m, g)
            v = jax.tree.map(lambda a, b: 0.999 * a + 0.001 * b * b, v, g)
            adam = lambda m, v: m / (1 - 0.9**step) / (jnp.sqrt(v / (1 - 0.999**step)) + 1e-8)
            p = jax.tree.map(lambda p, m, v, shrink: p - RATE * (adam(m, v) + shrink * p), p, m, v, decay)
            kept = jax.tree.map(lambda a, b: average * a + (1 - average) * b, kept, p)
            return (p, kept, m, v, step, key), None

        return jax.lax.scan(one, carry, order)[0]

    of_held = jax.jit(held_loss)
    learns, held = np.flatnonzero(~log.held), jnp.array(np.flatnonzero(log.held))
    batch = min(BATCH, max(64, len(learns) // 16))
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    carry = (parameters, parameters, zeros, zeros, 0.0, jax.random.PRNGKey(log.seed + 1))
    random = np.random.default_rng(log.seed)
    best, bad, kept = np.inf, 0, parameters
    for _ in range(epochs):
        order = random.permutation(learns)[: len(learns) // batch * batch].reshape(-1, batch)
        carry = epoch(carry, jnp.array(order))
        now = float(of_held(carry[1], held))
        if now < best - 1e-7:
            best, bad, kept = now, 0, carry[1]
        elif (bad := bad + 1) >= PATIENCE:
            break
    return kept
