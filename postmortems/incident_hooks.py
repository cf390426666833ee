"""The only seam to the incidents app: what we answer when it asks, what we do when it tells."""

from incidents import hooks


def register() -> None:
    """Called once at start."""
    from postmortems import home

    hooks.home_panels.extend([home.my_actions, home.my_drafts, home.recent_publications])
