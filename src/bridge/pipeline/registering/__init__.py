"""Registrations of webhooks at the vendors: declared, compared, put right."""
