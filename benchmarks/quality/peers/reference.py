"""The reference that the product's own network is held to, user by user: the network of reference_network.py, eight members over
one trunk, by itself: without folds, trees and calibration, and stopped by rows that it never learns from. Its settings are
those of the pilot that the product began with.

The control must cost nothing, and a cost must come with an order, as in the synthetic markets.
"""

import jax
import jax.numpy as jnp
import numpy as np
import reference_network as network
from descend import descend
from reference_network import AMOUNT_WEIGHT, BASKET, COST, ORDER, REDEEM

MEMBERS, FIRST, SECOND, HEADS = 8, 128, 32, 4
DECAY, DROPOUT, EPOCHS = 1e-4, 0.3, 40
# Weights are averaged over the steps, each step counting so much less than the next.
AVERAGE = 0.99
# What an arm's own effects cost by question, and what leaving a level, or an even step from dose to dose, costs.
POOLING = 1e-3 * np.array([1, 300, 10, 1.0])
LEVEL_WEIGHT, STEP_WEIGHT = 1.0, 1e-2
DECAYED = ("w1", "w2", "base", "b1", "b2")


def fit_reference(log):
    ordered = log.dose is not None
    mean, deviation = log.x.mean(0), log.x.std(0) + 1e-6
    scale = lambda z: jnp.array((z - mean) / deviation, jnp.float32)
    unit_r, unit_c = log.reward[log.reward > 0].mean(), log.cost[log.cost > 0].mean()
    columns = {
        "x": scale(log.x),
        "arm": jnp.array(log.t),
        "order": jnp.array(log.reward > 0, jnp.float32),
        "basket": jnp.array(log.reward / unit_r, jnp.float32),
        "redeem": jnp.array(log.cost > 0, jnp.float32),
        "cost": jnp.array(log.cost / unit_c, jnp.float32),
    }
    rows = lambda some: {name: values[some] for name, values in columns.items()}
    levels = jnp.array(levels_of(log, unit_r, unit_c), jnp.float32)
    start = initial(jax.random.PRNGKey(log.seed), log.x.shape[1], log.arms, levels, ordered)

    def loss(p, some, key):
        drop = lambda h: h * jax.random.bernoulli(key, 1 - DROPOUT, h.shape) / (1 - DROPOUT)
        total = MEMBERS * network.loss(p, rows(some), ordered, drop)
        total += (jnp.array(POOLING)[None, :, None, None] * p["effects"] ** 2).sum()
        total += LEVEL_WEIGHT * ((p["levels"] - levels) ** 2).sum()
        if ordered:
            total += STEP_WEIGHT * ((jnp.diff(p["doses"], axis=1) - 1 / (log.arms - 1)) ** 2).sum()
        return total

    decay = {name: DECAY if name in DECAYED else 0.0 for name in start}
    fixed = ("signs",) if ordered else ("signs", "doses")
    of_held = lambda p, some: held_loss(p, rows(some), ordered)
    kept = descend(loss, of_held, start, decay, log, EPOCHS, AVERAGE, fixed)
    predict = jax.jit(lambda x: network.effects(kept, x, ordered))

    def effects(z):
        told = [predict(scale(z[at : at + 20_000])) for at in range(0, len(z), 20_000)]
        reward, cost = (np.concatenate([np.array(part, float) for part in parts]) for parts in zip(*told))
        return [reward * unit_r, cost * unit_c]

    return effects


def held_loss(p, b, ordered):
    """Of the members' mean: probabilities and amounts are averaged before they are held against what was."""
    z = network.own_answers(p, b, ordered)
    order, redeem = jax.nn.sigmoid(z[..., ORDER]), jax.nn.sigmoid(z[..., REDEEM])
    chance = order.mean(0)
    redeemed = (order * redeem).mean(0)
    basket = (order * network.amount(z[..., BASKET])).mean(0) / chance
    cost = (order * redeem * network.amount(z[..., COST])).mean(0) / redeemed
    log_loss = lambda p, y: -(y * jnp.log(p + 1e-9) + (1 - y) * jnp.log(1 - p + 1e-9))
    paid = (b["arm"] > 0) * 1.0
    each = log_loss(chance, b["order"])
    each += b["order"] * paid * log_loss(jnp.clip(redeemed / chance, 1e-6, 1 - 1e-6), b["redeem"])
    each += AMOUNT_WEIGHT * b["order"] * (b["basket"] / basket + jnp.log(basket))
    each += AMOUNT_WEIGHT * paid * b["redeem"] * (b["cost"] / cost + jnp.log(cost))
    return each.mean()


def initial(key, width, arms, levels, ordered):
    keys = jax.random.split(key, 5)
    he = lambda at, *shape, fan: jax.random.normal(keys[at], shape) * np.sqrt(2 / fan)
    doses = jnp.linspace(0, 1, arms)[:, None] * jnp.ones((arms, HEADS))
    own = 1 if ordered else arms - 1
    return {
        "signs": jnp.sign(jax.random.normal(keys[0], (MEMBERS, width))),
        "w1": he(1, width, FIRST, fan=width),
        "b1": jnp.zeros((MEMBERS, FIRST)),
        "w2": he(2, FIRST, SECOND, fan=FIRST),
        "b2": jnp.zeros((MEMBERS, SECOND)),
        "base": 0.3 / np.sqrt(SECOND) * jax.random.normal(keys[3], (MEMBERS, SECOND, HEADS)),
        "effects": 0.05 * jax.random.normal(keys[4], (MEMBERS, HEADS, own, SECOND)),
        "levels": jnp.tile(levels, (MEMBERS, 1, 1)),
        "doses": jnp.tile(doses, (MEMBERS, 1, 1)) if ordered else jnp.zeros((MEMBERS, arms, HEADS)),
    }


def levels_of(log, unit_r, unit_c):
    """[arms, heads], logits and logarithms: each arm's mean answer, shrunk (empirical Bayes) to what all arms say, or to a
    curve over their doses where there are any."""
    arms = range(log.arms)
    dose = None if log.dose is None else log.dose / np.abs(log.dose).max()
    by_arm = lambda values: [values[log.t == arm] for arm in arms]
    rewards, costs = by_arm(log.reward), by_arm(log.cost)
    shown = np.array([len(own) for own in rewards])
    orders, redeemed = (np.array([(own > 0).sum() for own in each]) for each in (rewards, costs))
    levels = np.zeros((log.arms, HEADS))
    levels[:, ORDER] = shrunk(*logits(orders, shown), dose)
    levels[:, BASKET] = shrunk(*logarithms(rewards, unit_r), None)
    some = np.flatnonzero(redeemed)
    levels[some, REDEEM] = shrunk(*logits(redeemed[some], orders[some]), None if dose is None else dose[some])
    levels[some, COST] = shrunk(*logarithms([costs[arm] for arm in some], unit_c), None)
    return levels


def logits(some, of):
    return np.log((some + 0.5) / (of - some + 0.5)), 1 / (some + 0.5) + 1 / (of - some + 0.5)


def logarithms(amounts, unit):
    positive = [own[own > 0] for own in amounts]
    mean = np.array([own.mean() for own in positive])
    return np.log(mean / unit), np.array([own.var() / len(own) for own in positive]) / mean**2 + 1e-8


def shrunk(mean, variance, dose):
    """To the weighted mean of all, or to a parabola over the dose where there are more than three arms."""
    w = 1 / variance
    curved = dose is not None and len(mean) > 3
    prior, freedom = np.full(len(mean), (w * mean).sum() / w.sum()), len(mean) - 1
    if curved:
        powers = np.stack([dose**degree for degree in range(3)], 1)
        prior = powers @ np.linalg.solve((powers * w[:, None]).T @ powers, (powers * w[:, None]).T @ mean)
        freedom = len(mean) - 3
    between = ((mean - prior) ** 2 * w).sum() - max(freedom, 1)
    between = max(0.0, between / (w.sum() - (w**2).sum() / w.sum()))
    return prior + (mean - prior) * between / (between + variance)
