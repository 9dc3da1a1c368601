"""A randomised log and the people to be told of, features one-hot; money in major units.

A folder has a synthetic market's log (log.csv, mapping.yaml, people.csv, shifted.csv; worlds.py), or, with encoded.json, a
real experiment's rows as the product has read and encoded them (real/encoded.ts).
"""

import json
import os

import numpy as np
import pandas as pd

HELD = 0.12


class Log:
    """x [n, width], t the arm's index, reward, cost, p the chance of the arm; `held`: rows on which learning is stopped."""

    def __init__(self, folder, seed):
        self.seed = seed
        (self.read_encoded if os.path.exists(f"{folder}/encoded.json") else self.read_market)(folder)
        self.held = np.random.default_rng(seed).random(len(self.t)) < HELD

    def read_market(self, folder):
        with open(f"{folder}/mapping.yaml") as file:
            mapping = json.load(file)
        log = pd.read_csv(f"{folder}/log.csv")
        self.kinds = mapping["features"]
        self.categories = {k: sorted(log[k].unique()) for k, kind in self.kinds.items() if kind == "categorical"}
        self.x = self.encode(log)
        arms = mapping["arm"]["arms"]
        self.arms = len(arms)
        self.t = log["arm"].map({arm["id"]: at for at, arm in enumerate(arms)}).to_numpy()
        self.reward, self.cost = log["basket"].to_numpy(float), log["cost"].to_numpy(float)
        self.p = np.full(len(self.t), 1 / self.arms)
        self.people = {name: self.encode(pd.read_csv(f"{folder}/{name}.csv")) for name in ("people", "shifted")}
        self.dose = np.array([arm["face"] for arm in arms]) if mapping["arm"]["ordered"] else None

    def read_encoded(self, folder):
        with open(f"{folder}/encoded.json") as file:
            told = json.load(file)
        floats = lambda name: np.fromfile(f"{folder}/{name}.f32", np.float32).astype(float)
        self.x, people = (floats(name).reshape(-1, told["width"]) for name in ("log_x", "people_x"))
        self.arms = told["arms"]
        self.t = np.fromfile(f"{folder}/log_arm.u8", np.uint8).astype(int)
        self.reward, self.cost, self.p = floats("log_reward"), floats("log_cost"), floats("log_p")
        self.people = {"people": people}
        self.dose = None if told["dose"] is None else np.array(told["dose"])

    def encode(self, f):
        parts = []
        for name, kind in self.kinds.items():
            if kind == "categorical":
                parts.append(np.stack([f[name] == value for value in self.categories[name]], 1).astype(float))
            else:
                parts.append(f[[name]].to_numpy(float))
        return np.concatenate(parts, 1)

    def of_arm(self, t):
        """An arm as features: its dose, or which it is."""
        if self.dose is not None:
            return self.dose[t][:, None]
        return np.concatenate([t[:, None], np.eye(self.arms)[t]], 1)


def by_arm(log, predict):
    """[n, arms] from the predictions of each arm."""
    return np.stack([np.broadcast_to(predict(arm), predict(arm).shape) for arm in range(log.arms)], 1)
