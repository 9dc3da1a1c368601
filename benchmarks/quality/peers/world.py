"""python3 world.py WORLD SEED ROWS PEOPLE FOLDER NOISE: writes one of worlds.py; ROWS 0 for the world's own number."""

import sys

from worlds import write

if __name__ == "__main__":
    world, seed, rows, people, folder, noise = sys.argv[1:]
    write(world, int(seed), int(rows), int(people), folder, float(noise))
