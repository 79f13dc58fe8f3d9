"""A share of a process's time for work that there is no end of."""

from collections.abc import Callable
from threading import Lock
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

_BURST = 4  # seconds that may be owed, so that nobody who clicks is refused


class Share:
    """Lets functions run one at a time, so that another thread stays free, and not too often.

    The time is counted as by the generic cell rate algorithm: each run is paid for by a pause.
    """

    def __init__(self, share: float) -> None:
        self._share = share
        self._lock = Lock()
        self.paid_until = 0.0  # by the monotonic clock

    def run(self, function: Callable[[], T]) -> T | None:
        """Return what the function returns, or `None` without calling it if there is no time."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            began = monotonic()
            if began < self.paid_until - _BURST:
                return None
            result = function()
            cost = (monotonic() - began) / self._share
            self.paid_until = max(self.paid_until, began) + cost
            return result
        finally:
            self._lock.release()
