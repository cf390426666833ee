"""The example organisation: its data (`organisation.yaml`), the exports its tools would give, and the writing of it all."""
