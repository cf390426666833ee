"""What knows nothing of the apps: no models, no app imports."""
