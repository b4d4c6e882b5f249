"""Credentials and access tokens: how tokens are fetched, refreshed and shared."""
