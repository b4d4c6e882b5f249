"""Who calls: credentials, access tokens, and how they are fetched and shared."""
