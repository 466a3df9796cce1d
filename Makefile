# One task runner. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
ARGS ?=
STAMPS := .build

FRONT_SOURCES = $(shell find extensions -type f -not -path '*/node_modules/*' -not -path '*/lib/*' -not -name '*.tsbuildinfo' 2>/dev/null) package.json
# Set in many containers: every process of ours would compile all it imports again, each time.
unexport PYTHONDONTWRITEBYTECODE

say = @printf '\033[1m==> %s\033[0m\n' "$(1)"

.PHONY: help lab demo test test-full test-python test-front pictures lint format bench docs dev clean distclean requirements wheel

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

lab: $(STAMPS)/installed ## Open JupyterLab on the demo workspace (ARGS="--no-browser --port 8899")
	@$(BIN)/workbench demo demo
	@cd demo && exec ../$(BIN)/workbench lab $(ARGS)

dev: $(STAMPS)/dev $(STAMPS)/installed ## Install everything that tests, linters and docs need

test: dev ## Run all tests (heavy counts scaled by WORKBENCH_TEST_SCALE, default 0.1)
	@tools/run-tests

test-full: dev ## Run all tests with the full counts
	@WORKBENCH_TEST_SCALE=1 tools/run-tests

pictures: dev ## Take the pictures of the documentation into test-results/
	@tools/ensure-browser
	WORKBENCH_TEST_KEEP=1 $(BIN)/python -m pytest tests/e2e/test_pictures.py tests/e2e/test_sql.py tests/e2e/test_compliance.py tests/e2e/test_runs.py -k "pictures or chart or as_somebody or template"

lint: dev ## Ruff, mypy, import-linter, eslint, tsc
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent lint
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent typecheck

format: dev ## Format the Python code
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

bench: dev ## Run the benchmarks (ARGS="start --json")
	$(BIN)/workbench bench $(ARGS)

docs: dev ## Build the documentation into site/
	$(BIN)/mkdocs build --strict

wheel: dev ## Build the wheel into dist/ (the built front end is inside)
	$(BIN)/python -m build --wheel --no-isolation

requirements: $(STAMPS)/uv ## Compile requirements/*.txt from pyproject.toml
	tools/compile-requirements

clean: ## Remove what was built; the environment and the demo stay
	rm -rf dist site test-results .pytest_cache .mypy_cache .ruff_cache workbench/labextension $(STAMPS)/front $(STAMPS)/installed
	find . -name __pycache__ -not -path './.venv/*' -not -path './node_modules/*' -prune -exec rm -rf {} +

distclean: clean ## Also remove the environment, Node's packages and the demo workspace
	-[ -x $(BIN)/workbench ] && [ -d demo ] && (cd demo && ../$(BIN)/workbench down)
	rm -rf .venv node_modules extensions/*/node_modules $(STAMPS) demo

$(STAMPS)/uv:
	$(call say,Making the environment .venv)
	@mkdir -p $(STAMPS)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { echo "Python 3.11 to 3.13 is needed; this is $$($(PYTHON) -V). Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	@[ -x $(BIN)/python ] || $(PYTHON) -m venv .venv || { echo "The venv module is missing. On Debian or Ubuntu: apt install python3-venv"; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@touch $@

$(STAMPS)/lab: requirements/lab.txt | $(STAMPS)/uv
	$(call say,Installing the packages (about 250; a minute or two the first time))
	@$(BIN)/uv pip install --python $(BIN)/python -r requirements/lab.txt
	@touch $@

$(STAMPS)/dev: requirements/dev.txt | $(STAMPS)/uv
	$(call say,Installing what tests and linters need)
	@$(BIN)/uv pip install --python $(BIN)/python -r requirements/dev.txt
	@touch $@ $(STAMPS)/lab

$(STAMPS)/front: $(FRONT_SOURCES) | $(STAMPS)/lab
	$(call say,Building the front end)
	@tools/build-front
	@touch $@

$(STAMPS)/installed: pyproject.toml $(STAMPS)/lab $(STAMPS)/front
	$(call say,Installing the workbench itself)
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@tools/compile-bytecode
	@touch $@
