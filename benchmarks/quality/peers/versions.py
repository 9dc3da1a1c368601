"""What the other methods ran on, in one line."""

import platform
from importlib.metadata import version

if __name__ == "__main__":
    packages = ("causalml", "econml", "jax", "lightgbm", "numpy", "scikit-learn")
    print(f"Python {platform.python_version()}, " + ", ".join(f"{name} {version(name)}" for name in packages))
