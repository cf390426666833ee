# What a person types. The work is in scripts/ and manage.py, so that it reads and tests like the rest.
.PHONY: help run test install lint bench screenshots lock clean

help:
	@sed -n 's/^#: //p' Makefile

#: make run          set everything up and serve on http://127.0.0.1:8000 (make run PORT=9000 for another port)
run:
	@exec sh scripts/run.sh

#: make test         every test, on SQLite and on PostgreSQL (make test ARGS="-k milestones" for some)
test:
	@exec sh scripts/test.sh $(ARGS)

#: make install      the set-up alone: .venv, locked dependencies, native libraries
install:
	@exec sh scripts/install.sh base

#: make lint         style, types, templates, imports, migrations, deployment checks
lint:
	@exec sh scripts/lint.sh

#: make bench        the table of docs/performance.md
bench:
	@sh scripts/install.sh test && exec .venv/bin/python -m tests.benchmarks $(ARGS)

#: make screenshots  the pictures in README.md and docs/, made from the demo
screenshots:
	@sh scripts/install.sh test && exec .venv/bin/python scripts/screenshots.py $(ARGS)

#: make lock         resolve requirements/*.in anew into the hashed lock files
lock:
	@exec sh scripts/lock.sh

#: make clean        remove what tools left behind; data under var/ stays
clean:
	@rm -rf .venv .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache test-results
