"""Methods of maintained libraries: causalml's meta-learners over boosted trees, and EconML's causal forest.

They tell effects over the control, one target at a time, so each is fitted to the reward and again to the cost. Chance gave
the arms, and what it was is handed on. What the control's reward is does not matter to who gets what: its mean stands for it.
"""

import numpy as np
from log import by_arm
from trees import Stopped


def meta_learner(log, name):
    """S, T (Künzel et al. 2019 have both) or X."""
    from causalml.inference import meta

    kind = {"s": meta.BaseSRegressor, "t": meta.BaseTRegressor, "x": meta.BaseXRegressor}[name]
    # Of an arm among those that got it or the control.
    chance = {arm: shared_chance(log, arm) for arm in range(1, log.arms)}
    learned = []
    for y in (log.reward, log.cost):
        learner = kind(learner=Stopped(log.seed), control_name=0)
        learner.fit(X=log.x, treatment=log.t, y=y, p={arm: np.full(len(y), p) for arm, p in chance.items()})
        learned.append(learner)

    def predict(z):
        p = {arm: np.full(len(z), chance[arm]) for arm in chance}
        gains, costs = (learner.predict(z, p=p) for learner in learned)
        control = np.full((len(z), 1), log.reward[log.t == 0].mean())
        return [np.concatenate([control, control + gains], 1), np.concatenate([0 * control, np.maximum(costs, 0)], 1)]

    return predict


def shared_chance(log, arm):
    own, control = ((1 / log.p[log.t == each]).mean() for each in (arm, 0))
    return (1 / own) / (1 / own + 1 / control)


def causal_forest(log):
    """EconML's CausalForestDML for the effects on reward; the cost, which is 0 without an arm, by trees for each arm."""
    import lightgbm as lgb
    from econml.dml import CausalForestDML

    nuisance = lambda: lgb.LGBMRegressor(n_estimators=100, num_leaves=15, n_jobs=1, verbose=-1)
    chance = lgb.LGBMClassifier(n_estimators=20, num_leaves=4, n_jobs=1, verbose=-1)
    settings = {"n_estimators": 200, "min_samples_leaf": 50, "max_samples": 0.2, "n_jobs": 1, "random_state": log.seed}
    forest = CausalForestDML(model_y=nuisance(), model_t=chance, discrete_treatment=True, cv=2, **settings)
    forest.fit(log.reward, log.t, X=log.x)
    costs = [Stopped(log.seed).fit(log.x[log.t == arm], log.cost[log.t == arm]) for arm in range(log.arms)]
    level = log.reward[log.t == 0].mean()

    def predict(z):
        gains = forest.const_marginal_effect(z).reshape(len(z), -1)
        reward = level + np.concatenate([np.zeros((len(z), 1)), gains], 1)
        return [reward, by_arm(log, lambda arm: costs[arm].predict(z))]

    return predict
