"""A small true SOQL: the clauses the connector uses, and the vendor's refusal of all others."""
