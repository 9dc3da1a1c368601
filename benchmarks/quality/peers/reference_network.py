"""The representation network written down a second time, in JAX; reference.py trains it. Run by itself it prints loss, gradients
and predictions of one small batch.

test/learn/represent/network-reference.test.ts has the figures that it prints (float64, jax 0.10) and holds the product to them.
Weights are given by a formula, so that both sides have the same: weight i of array s is 0.3 sin(1.7 i + s).

    python3 reference_network.py
"""

import jax
import jax.numpy as jnp
import numpy as np

ROWS, WIDTH, FIRST, SECOND, MEMBERS, ARMS, HEADS = 8, 3, 6, 4, 2, 3, 4
ORDER, BASKET, REDEEM, COST = range(HEADS)
AMOUNT_WEIGHT = 0.3
# Of an amount's logarithm, so that no wild answer is infinite.
BOUND = 8


def formula(s, *shape):
    return 0.3 * np.sin(1.7 * np.arange(int(np.prod(shape))) + s).reshape(shape)


def weights(ordered):
    effects = 1 if ordered else ARMS - 1
    return {
        "signs": np.sign(formula(1, MEMBERS, WIDTH)),
        "w1": formula(2, WIDTH, FIRST),
        "b1": formula(3, MEMBERS, FIRST),
        "w2": formula(4, FIRST, SECOND),
        "b2": formula(5, MEMBERS, SECOND),
        "base": formula(6, MEMBERS, SECOND, HEADS),
        "effects": formula(7, MEMBERS, HEADS, effects, SECOND),
        "levels": formula(8, MEMBERS, ARMS, HEADS),
        "doses": formula(9, MEMBERS, ARMS, HEADS) if ordered else np.zeros((MEMBERS, ARMS, HEADS)),
    }


def rows():
    i = np.arange(ROWS)
    order = (i % 4 != 3) * 1.0
    redeem = (i % 2 == 0) * order
    return {
        "x": 3 * formula(10, ROWS, WIDTH),
        "arm": i % ARMS,
        "order": order,
        "basket": 1 + 2 * np.abs(formula(11, ROWS)),
        "redeem": redeem,
        "cost": 1 + np.abs(formula(12, ROWS)),
    }


def answers(p, x, ordered, drop=lambda hidden: hidden):
    """[members, rows, arms, heads] on the scale of logits and logarithms; `drop` is what dropout does to the first layer."""
    h = drop(jax.nn.relu(jnp.einsum("mnd,df->mnf", x[None] * p["signs"][:, None], p["w1"]) + p["b1"][:, None]))
    h = jax.nn.relu(jnp.einsum("mnf,fs->mns", h, p["w2"]) + p["b2"][:, None])
    z = jnp.einsum("mns,msh->mnh", h, p["base"])[:, :, None] + p["levels"][:, None]
    strength = jnp.einsum("mns,mhes->mneh", h, p["effects"])
    if ordered:
        return z + strength * p["doses"][:, None]
    return z + jnp.concatenate([jnp.zeros_like(strength[:, :, :1]), strength], 2)


def own_answers(p, b, ordered, drop=lambda hidden: hidden):
    """[members, rows, heads], of the arm that each row had."""
    return jnp.take_along_axis(answers(p, b["x"], ordered, drop), b["arm"][None, :, None, None], 2)[:, :, 0]


def amount(z):
    return jnp.exp(jnp.clip(z, -BOUND, BOUND))


def loss(p, b, ordered, drop=lambda hidden: hidden):
    """Of a batch, without penalties: mean over rows and members."""
    z = own_answers(p, b, ordered, drop)
    log_loss = lambda z, y: jax.nn.softplus(z) - y * z
    gamma = lambda z, y: y * jnp.exp(-jnp.clip(z, -BOUND, BOUND)) + z
    paid = (b["arm"] > 0) * 1.0
    each = log_loss(z[..., ORDER], b["order"])
    each += b["order"] * paid * log_loss(z[..., REDEEM], b["redeem"])
    each += AMOUNT_WEIGHT * b["order"] * gamma(z[..., BASKET], b["basket"])
    each += AMOUNT_WEIGHT * paid * b["redeem"] * gamma(z[..., COST], b["cost"])
    return each.mean()


def effects(p, x, ordered):
    """Expected reward and cost, [rows, arms] each: mean over the members of the product of their answers."""
    z = answers(p, x, ordered)
    order, redeem = jax.nn.sigmoid(z[..., ORDER]), jax.nn.sigmoid(z[..., REDEEM])
    return (order * amount(z[..., BASKET])).mean(0), (order * redeem * amount(z[..., COST])).mean(0)


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    told = lambda values: [float(f"{v:.6g}") for v in np.asarray(values).ravel()]
    for ordered in (True, False):
        p, b = weights(ordered), rows()
        p = {k: jnp.array(v) for k, v in p.items()}
        value, slopes = jax.value_and_grad(loss)(p, b, ordered)
        reward, cost = effects(p, b["x"], ordered)
        print("ordered" if ordered else "nominal", "loss", told(value))
        for name in ("w1", "b1", "w2", "b2", "base", "effects", "levels", *(["doses"] if ordered else [])):
            g = slopes[name]
            print(" ", name, "sum, root of squares, first, last", told([g.sum(), jnp.sqrt((g**2).sum()), g.ravel()[0], g.ravel()[-1]]))
        print("  reward of row 5", told(reward[5]), "cost", told(cost[5]))
