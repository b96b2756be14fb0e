"""Who may call: API keys, OpenID Connect, rate limits. Imports `problems` of `api`."""
