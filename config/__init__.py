"""Settings, middleware, the page store, accounts and the servers.

`__version__` names the release: `1.2.0`, or `1.3.0.dev0` for what is becoming the next one.
"""

__version__ = "0.2.0.dev0"
