"""Forms of the postmortems app, by topic."""
