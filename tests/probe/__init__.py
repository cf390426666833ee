"""An app for tests of real processes: one kind of job whose runs can be seen, held and killed from outside."""
