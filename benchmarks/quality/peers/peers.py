"""Other methods on the same log: each predicts the reward and the cost of every person under every arm.

    python3 peers.py NAME FOLDER [SEED]

reads FOLDER/log.csv, mapping.yaml, people.csv and shifted.csv and writes FOLDER/NAME.parquet and NAME_shifted.parquet (r0 …,
c0 …; major units); it prints the seconds of processor time that it took. Libraries where they are maintained (LightGBM, EconML); the networks are ours, in JAX, since no
maintained library has them: they stop on rows kept back, like our own, and use its scaling of features.
"""

import json
import sys
import time

import lightgbm as lgb
import numpy as np
import pandas as pd
from nets import fit_network
from worlds import write_effects

HELD = 0.12
USUAL = {"num_leaves": 15, "learning_rate": 0.1, "feature_fraction": 0.8, "lambda_l2": 1}
TUNED = {"num_leaves": 7, "learning_rate": 0.06, "feature_fraction": 0.5, "lambda_l2": 20}


class Log:
    """A randomised log and the people to be told of, features one-hot."""

    def __init__(self, folder, seed):
        with open(f"{folder}/mapping.yaml") as file:
            self.mapping = json.load(file)
        log = pd.read_csv(f"{folder}/log.csv")
        self.kinds = self.mapping["features"]
        self.categories = {k: sorted(log[k].unique()) for k, kind in self.kinds.items() if kind == "categorical"}
        self.x = self.encode(log)
        self.arms = self.mapping["arm"]["arms"]
        self.t = log["arm"].map({arm["id"]: at for at, arm in enumerate(self.arms)}).to_numpy()
        self.reward, self.cost = log["basket"].to_numpy(float), log["cost"].to_numpy(float)
        self.people = {name: self.encode(pd.read_csv(f"{folder}/{name}.csv")) for name in ("people", "shifted")}
        self.ordered = self.mapping["arm"]["ordered"]
        self.seed = seed
        self.held = np.random.default_rng(seed).random(len(self.t)) < HELD

    def encode(self, f):
        parts = []
        for name, kind in self.kinds.items():
            if kind == "categorical":
                parts.append(np.stack([f[name] == value for value in self.categories[name]], 1).astype(float))
            else:
                parts.append(f[[name]].to_numpy(float))
        return np.concatenate(parts, 1)

    def of_arm(self, t):
        if self.ordered:
            return np.array([arm["face"] for arm in self.arms])[t][:, None]
        return np.concatenate([t[:, None], np.eye(len(self.arms))[t]], 1)

    def boost(self, x, y, rows, objective="regression", settings=USUAL):
        """LightGBM on some rows, stopped on those of them that are kept back."""
        options = {
            **settings,
            **{"objective": objective, "num_threads": 1, "verbose": -1, "seed": self.seed},
            **{"bagging_fraction": 0.8, "bagging_freq": 1, "min_data_in_leaf": 100 if len(self.t) > 50_000 else 50},
        }
        data = lambda some: lgb.Dataset(x[some], y[some])
        stop = lgb.early_stopping(60, verbose=False)
        return lgb.train(options, data(rows & ~self.held), 2000, [data(rows & self.held)], callbacks=[stop])


def s_learner(log):
    x = np.column_stack([log.x, log.of_arm(log.t)])
    every = np.ones(len(log.t), bool)
    models = [log.boost(x, y, every) for y in (log.reward, log.cost)]
    under = lambda z, arm: np.column_stack([z, log.of_arm(np.full(len(z), arm))])
    return lambda z: [by_arm(log, lambda arm, m=m: m.predict(under(z, arm))) for m in models]


def t_learner(log):
    models = [[log.boost(log.x, y, log.t == arm) for arm in range(len(log.arms))] for y in (log.reward, log.cost)]
    return lambda z: [by_arm(log, lambda arm, each=each: each[arm].predict(z)) for each in models]


def x_learner(log):
    """Künzel et al. 2019, each arm against the control; the cost, which is 0 without an arm, by T."""
    means = [log.boost(log.x, log.reward, log.t == arm) for arm in range(len(log.arms))]
    costs = [log.boost(log.x, log.cost, log.t == arm) for arm in range(len(log.arms))]
    effects = []
    for arm in range(1, len(log.arms)):
        treated, control = log.t == arm, log.t == 0
        gain = np.where(treated, log.reward - means[0].predict(log.x), means[arm].predict(log.x) - log.reward)
        effects.append([log.boost(log.x, gain, treated), log.boost(log.x, gain, control)])
    tau = lambda z, arm: 0 if arm == 0 else (effects[arm - 1][0].predict(z) + effects[arm - 1][1].predict(z)) / 2
    return lambda z: [
        by_arm(log, lambda arm: means[0].predict(z) + tau(z, arm)),
        by_arm(log, lambda arm: costs[arm].predict(z)),
    ]


def two_part(log):
    """The mark: an S-learner in two parts, tuned: did they order, the basket then (without the arm), redeemed, the cost."""
    x = np.column_stack([log.x, log.of_arm(log.t)])
    ordered, paid = log.reward > 0, log.cost > 0
    costly = np.array([paid[log.t == arm].any() for arm in range(len(log.arms))])
    fit = lambda *of: log.boost(*of, settings=TUNED)
    order = fit(x, ordered * 1.0, np.ones(len(x), bool), "binary")
    basket = fit(log.x, log.reward, ordered, "gamma")
    redeem = fit(x, paid * 1.0, costly[log.t], "binary")
    amount = fit(x, log.cost, paid, "gamma")
    under = lambda z, arm: np.column_stack([z, log.of_arm(np.full(len(z), arm))])
    return lambda z: [
        by_arm(log, lambda arm: order.predict(under(z, arm)) * basket.predict(z)),
        by_arm(log, lambda arm: costly[arm] * redeem.predict(under(z, arm)) * amount.predict(under(z, arm))),
    ]


def causal_forest(log):
    """EconML's CausalForestDML for the effects on reward, boosted trees for the control's level, T for the cost."""
    from econml.dml import CausalForestDML

    nuisance = lambda: lgb.LGBMRegressor(n_estimators=100, num_leaves=15, n_jobs=1, verbose=-1)
    chance = lgb.LGBMClassifier(n_estimators=20, num_leaves=4, n_jobs=1, verbose=-1)
    settings = {"n_estimators": 200, "min_samples_leaf": 50, "max_samples": 0.2, "n_jobs": 1, "random_state": log.seed}
    forest = CausalForestDML(model_y=nuisance(), model_t=chance, discrete_treatment=True, cv=2, **settings)
    forest.fit(log.reward, log.t, X=log.x)
    control = log.boost(log.x, log.reward, log.t == 0)
    costs = [log.boost(log.x, log.cost, log.t == arm) for arm in range(len(log.arms))]

    def predict(z):
        gains = np.concatenate([np.zeros((len(z), 1)), forest.const_marginal_effect(z).reshape(len(z), -1)], 1)
        return [control.predict(z)[:, None] + gains, by_arm(log, lambda arm: costs[arm].predict(z))]

    return predict


def by_arm(log, predict):
    return np.stack([np.broadcast_to(predict(arm), predict(arm).shape) for arm in range(len(log.arms))], 1)


PEERS = {
    "mark": two_part,
    "s": s_learner,
    "t": t_learner,
    "x": x_learner,
    "forest": causal_forest,
    "tarnet": lambda log: fit_network(log, "tarnet"),
    "dragonnet": lambda log: fit_network(log, "dragonnet"),
    "dfcl": lambda log: fit_network(log, "dfcl"),
}


def main(name, folder, seed=1):
    log = Log(folder, int(seed))
    predict = PEERS[name](log)
    for people, z in log.people.items():
        reward, cost = predict(z)
        cost[:, 0] = 0
        write_effects(f"{folder}/{name}{'' if people == 'people' else '_shifted'}.parquet", reward, cost)
    print(time.process_time())


if __name__ == "__main__":
    main(*sys.argv[1:])
