"""Boosted trees: LightGBM, stopped on rows kept back, and the mark made of them."""

import lightgbm as lgb
import numpy as np
from log import HELD, by_arm

USUAL = {"num_leaves": 15, "learning_rate": 0.1, "feature_fraction": 0.8, "lambda_l2": 1}
TUNED = {"num_leaves": 7, "learning_rate": 0.06, "feature_fraction": 0.5, "lambda_l2": 20}
ROUNDS, PATIENCE = 2000, 60


def boost(x, y, held, seed, objective="regression", settings=TUNED, min_leaf=50):
    """With the best validation loss beside the trees."""
    options = {
        **settings,
        **{"objective": objective, "num_threads": 1, "verbose": -1, "seed": seed},
        **{"bagging_fraction": 0.8, "bagging_freq": 1, "min_data_in_leaf": min_leaf},
    }
    data = lambda some: lgb.Dataset(x[some], y[some])
    stop = lgb.early_stopping(PATIENCE, verbose=False)
    return lgb.train(options, data(~held), ROUNDS, [data(held)], callbacks=[stop])


class Stopped:
    """As scikit-learn's regressors, for the meta-learners: the settings are those of the two that validate better."""

    def __init__(self, seed=1):
        self.seed = seed

    def get_params(self, deep=True):
        return {"seed": self.seed}

    def fit(self, x, y):
        x, y = np.asarray(x, float), np.asarray(y, float)
        held = np.random.default_rng(self.seed).random(len(y)) < HELD
        self.constant = y[0] if np.ptp(y) == 0 else None
        if self.constant is None:
            tried = [boost(x, y, held, self.seed, settings=settings) for settings in (TUNED, USUAL)]
            self.model = min(tried, key=lambda model: min(model.best_score["valid_0"].values()))
        return self

    def predict(self, x):
        x = np.asarray(x, float)
        return np.full(len(x), self.constant) if self.constant is not None else self.model.predict(x)


def two_part(log):
    """The mark: an S-learner in two parts, tuned: did they order, the basket then (without the arm), redeemed, the cost."""
    x = np.column_stack([log.x, log.of_arm(log.t)])
    ordered, paid = log.reward > 0, log.cost > 0
    costly = np.array([paid[log.t == arm].any() for arm in range(log.arms)])
    min_leaf = 100 if len(log.t) > 50_000 else 50
    fit = lambda x, y, rows, objective: boost(x[rows], y[rows], log.held[rows], log.seed, objective, min_leaf=min_leaf)
    order = fit(x, ordered * 1.0, np.ones(len(x), bool), "binary")
    basket = fit(log.x, log.reward, ordered, "gamma")
    redeem = fit(x, paid * 1.0, costly[log.t], "binary")
    amount = fit(x, log.cost, paid, "gamma")
    under = lambda z, arm: np.column_stack([z, log.of_arm(np.full(len(z), arm))])
    return lambda z: [
        by_arm(log, lambda arm: order.predict(under(z, arm)) * basket.predict(z)),
        by_arm(log, lambda arm: costly[arm] * redeem.predict(under(z, arm)) * amount.predict(under(z, arm))),
    ]
