"""Mutants of the project's own modules, for the tests that prove the tests."""
