"""From decisions to alerts, and from groups of alerts to cards."""
