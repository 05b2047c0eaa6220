"""Who is who at which connection, where people.yaml does not say: learnt by e-mail, or reported."""
