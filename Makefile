# Everything a newcomer needs. `make` alone prints this list.
PYTHON ?= python3
JOBS ?= 4
BIN := .venv/bin
READY := .venv/.ready

PINS := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
  --no-header --no-annotate --no-emit-index-url

.DEFAULT_GOAL := help
.PHONY: help setup demo run test check fix bench chaos properties migrate docs requirements clean

help: ## This list
	@sed -n 's/^\([a-z]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(READY) ## The environment in .venv, with the bridge command in it

$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Bridge needs Python 3.11 or newer: make setup PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: $(READY) ## The story on simulators; ONCE=1 ends by itself, FAULTS=1 makes trouble
	$(BIN)/bridge demo $(if $(ONCE),--once) $(if $(FAULTS),--faults)

run: $(READY) ## Serve with bridge.yaml and mappings/
	$(BIN)/bridge serve

test: $(READY) ## All tests, on SQLite and PostgreSQL; ARGS=… for pytest, JOBS=4 processes
	$(BIN)/pytest --numprocesses=$(JOBS) --dist=loadfile --no-loadscope-reorder $(ARGS)

check: $(READY) ## All that needs no test run: style, types, layers, mappings, migrations
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/bridge rules check
	$(BIN)/bridge rules test --strict
	$(BIN)/pytest -q tests/test_migrations.py -k alembic

fix: $(READY) ## Mend what can be mended by itself
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

bench: $(READY) ## Measure (Linux); QUICK=1 two minutes, GOALS=1 twelve; RULES=1 rules alone; JSON=FILE, ONLY=sqlite
	$(BIN)/python -m bench$(if $(RULES),.rules) $(if $(JSON),--json $(JSON)) $(if $(QUICK),--quick) $(if $(GOALS),--goals) \
	  $(if $(ONLY),--only "$(ONLY)")

chaos: $(READY) ## 500 runs of two systems that agree, then bad weather on real processes for MINUTES=10; SEED=…, ROUNDS=1, ONLY=… repeat
	$(if $(ONLY)$(ROUNDS),,$(BIN)/pytest -q -rP --hypothesis-profile=long $(if $(SEED),--hypothesis-seed=$(SEED)) tests/agreement)
	$(BIN)/python -m chaos $(if $(MINUTES),--minutes $(MINUTES)) $(if $(SEED),--seed $(SEED)) \
	  $(if $(ROUNDS),--rounds $(ROUNDS)) $(if $(ONLY),--only $(ONLY)) $(if $(SECONDS),--seconds $(SECONDS))

properties: $(READY) ## Each property test with 600 new examples and more; ARGS=tests/outbox/test_machine.py
	$(BIN)/pytest --hypothesis-profile=long --timeout=3600 $(ARGS)

migrate: $(READY) ## Bring the database of BRIDGE_DATABASE_URL to the newest schema
	$(BIN)/alembic upgrade head

docs: $(READY) ## Write docs/mappings.md, docs/commands.md and mappings/schema.json anew out of the code
	UPDATE_GOLDEN=1 $(BIN)/pytest -q tests/rules/test_mappings.py tests/rules/test_json_schema.py tests/test_docs.py -k "is_current or commands_are_described"

requirements: ## Resolve the pins anew (needs uv on the PATH)
	$(PINS) --upgrade pyproject.toml -o requirements.txt
	$(PINS) --upgrade pyproject.toml --group dev -c requirements.txt -o requirements-dev.txt
	echo hatchling | $(PINS) --upgrade - -c requirements-dev.txt -o requirements-build.txt

clean: ## Remove the environment and what tools keep
	rm -rf .venv build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
