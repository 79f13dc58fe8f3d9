"""Benchmarks: they print ratios and are no tests, since a busy machine would fail them."""
