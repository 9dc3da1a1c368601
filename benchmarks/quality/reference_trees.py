"""Boosted trees of a small seeded sample by LightGBM: losses after some rounds, and a few answers.

test/learn/trees.test.ts has the figures that this prints (LightGBM 4.7.0) and holds the product's own trees to them. The
sample is drawn by a generator that is exact in both languages (Park and Miller 1988).

    python3 reference_trees.py
"""

import lightgbm as lgb
import numpy as np

ROWS, CATEGORIES, ARMS = 1500, 4, 3
SETTINGS = {
    **{"num_leaves": 7, "learning_rate": 0.1, "lambda_l2": 20, "min_data_in_leaf": 0, "min_data_in_bin": 1},
    **{"enable_bundle": False, "num_threads": 1, "deterministic": True, "verbose": -1},
}


def sample():
    state = 1

    def draw():
        nonlocal state
        state = state * 16807 % 2147483647
        return state / 2147483647

    x, arm, happened, amount = [], [], [], []
    for _ in range(ROWS):
        a, b, k, t = int(draw() * 40), int(draw() * 200), int(draw() * CATEGORIES), int(draw() * ARMS)
        chance = 0.1 + 0.3 * (a > 20) + 0.2 * (k == 1) + 0.15 * t * (b > 120)
        x.append([a, b, *(float(k == each) for each in range(CATEGORIES))])
        arm.append(t)
        happened.append(float(draw() < chance))
        amount.append((1 + a / 20 + (k == 2)) * (0.5 + draw()))
    return np.array(x), np.array(arm), np.array(happened), np.array(amount)


def log_loss(z, y):
    return np.mean(np.logaddexp(0, z) - y * z)


def gamma_deviance(z, y):
    return np.mean(y * np.exp(-z) + z)


if __name__ == "__main__":
    x, arm, happened, amount = sample()
    told = lambda values: [float(f"{v:.6g}") for v in np.asarray(values).ravel()]
    of_arm = {"ordered": arm[:, None], "nominal": np.column_stack([arm, np.eye(ARMS)[arm]])}
    for kind, columns in of_arm.items():
        for objective, y, loss in (("binary", happened, log_loss), ("gamma", amount, gamma_deviance)):
            features = np.column_stack([x, columns])
            model = lgb.train({**SETTINGS, "objective": objective}, lgb.Dataset(features, y), 40)
            answers = {rounds: model.predict(features, raw_score=True, num_iteration=rounds) for rounds in (1, 5, 40)}
            print(kind, objective, "losses after 1, 5, 40", told([loss(z, y) for z in answers.values()]))
            print("  answers after 5 for rows 0, 1, 2", told(answers[5][:3]))
