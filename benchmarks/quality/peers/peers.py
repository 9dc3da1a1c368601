"""Other methods on the same log: each predicts the reward and the cost of every person under every arm.

    python3 peers.py NAME FOLDER [SEED]

reads FOLDER (log.py) and writes FOLDER/NAME.parquet, and NAME_shifted.parquet where there are such people (r0 …, c0 …; major
units); it prints the seconds of processor time that learning and predicting took. Libraries where they are maintained
(libraries.py, trees.py); the networks are ours, in JAX (nets.py, reference.py).
"""

import sys
import time

from log import Log
from worlds import write_effects


def learner_of(name):
    if name in ("s", "t", "x"):
        import causalml.inference.meta  # noqa: F401 - before the clock starts
        from libraries import meta_learner

        return lambda log: meta_learner(log, name)
    if name == "forest":
        from libraries import causal_forest

        return causal_forest
    if name == "mark":
        from trees import two_part

        return two_part
    if name == "reference":
        from reference import fit_reference

        return fit_reference
    from nets import fit_network

    return lambda log: fit_network(log, name)


def main(name, folder, seed=1):
    log = Log(folder, int(seed))
    learn = learner_of(name)
    start = time.process_time()
    predict = learn(log)
    for people, z in log.people.items():
        reward, cost = predict(z)
        cost[:, 0] = 0
        write_effects(f"{folder}/{name}{'' if people == 'people' else '_shifted'}.parquet", reward, cost)
    print(time.process_time() - start)


if __name__ == "__main__":
    main(*sys.argv[1:])
