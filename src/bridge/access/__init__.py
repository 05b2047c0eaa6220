"""Who may do what, and who did: API keys, roles, the audit, repeated requests."""
