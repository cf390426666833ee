"""The only seam to the incidents app: what we answer when it asks, what we do when it tells."""


def register() -> None:
    """Called once at start."""
