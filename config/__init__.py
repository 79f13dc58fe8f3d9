"""Settings, middleware, the page store, accounts and the servers.

`__version__` is that of pyproject.toml: `1.2.0`, or `1.3.0.dev0` for what becomes the next release.
"""

import tomllib
from pathlib import Path

with Path(__file__).parents[1].joinpath("pyproject.toml").open("rb") as _file:
    __version__: str = tomllib.load(_file)["project"]["version"]
