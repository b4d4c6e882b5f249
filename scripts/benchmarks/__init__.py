"""Benchmarks against the alternatives that a user has; run by scripts/bench, never installed."""
