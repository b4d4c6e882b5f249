"""Benchmarks against what a user would take instead; run by scripts/bench, never installed."""
