# Everything people and machines run: install, demo, lab, test, check, bench. Each target is idempotent and quick the second time.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/.stamps
UV := $(shell command -v uv 2>/dev/null)
PIP := $(if $(UV),$(UV) pip install --quiet --python $(BIN)/python,$(BIN)/python -m pip install --quiet --disable-pip-version-check)
UI_SOURCES := $(shell find src ui/src ui/style -type f 2>/dev/null) ui/widget.mjs package.json ui/package.json yarn.lock tsconfig.json tsconfig.base.json

.PHONY: help install install-dev demo lab test test-python test-ui test-browser check format bench wheel clean system-packages

help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | column -t -s $$'\t'

$(BIN)/python:
	@$(if $(UV),$(UV) venv --quiet --seed --python $(PYTHON) $(VENV),$(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: apt-get install python3-venv"; exit 1; })
	@mkdir -p $(STAMPS)

$(STAMPS)/build-tools: pyproject.toml | $(BIN)/python
	@mkdir -p $(STAMPS)
	@echo "Installing JupyterLab and the build tools"
	@$(PIP) "jupyterlab>=4.6,<5" "hatchling>=1.27" "hatch-nodejs-version>=0.3.2" "hatch-jupyter-builder>=0.9" "jupyter-builder>=1.3"
	@touch $@

$(STAMPS)/node-modules: package.json ui/package.json yarn.lock $(STAMPS)/build-tools
	@command -v node >/dev/null || { echo "Node.js 20 or newer is needed to build the Lab extension: https://nodejs.org"; exit 1; }
	@echo "Installing the front end's packages"
	@PATH="$(CURDIR)/$(BIN):$$PATH" jlpm install --immutable > $(STAMPS)/jlpm.log 2>&1 || { tail -40 $(STAMPS)/jlpm.log; exit 1; }
	@touch $@

mlnb/labextension/package.json: $(UI_SOURCES) $(STAMPS)/node-modules
	@echo "Building the Lab extension"
	@PATH="$(CURDIR)/$(BIN):$$PATH" jlpm build:prod > $(STAMPS)/build.log 2>&1 || { tail -60 $(STAMPS)/build.log; exit 1; }
	@touch $@

$(STAMPS)/package: pyproject.toml mlnb/labextension/package.json
	@echo "Installing mlnb"
	@SKIP_JUPYTER_BUILDER=1 $(PIP) $(if $(UV),--no-build-isolation,--no-build-isolation) -e ".[examples]"
	@mkdir -p $(VENV)/share/jupyter/labextensions $(VENV)/etc/jupyter/jupyter_server_config.d
	@ln -sfn $(CURDIR)/mlnb/labextension $(VENV)/share/jupyter/labextensions/mlnb
	@cp jupyter-config/server-config/mlnb.json $(VENV)/etc/jupyter/jupyter_server_config.d/mlnb.json
	@touch $@

$(STAMPS)/dev: pyproject.toml $(STAMPS)/package
	@echo "Installing what the tests and checks need"
	@SKIP_JUPYTER_BUILDER=1 $(PIP) --no-build-isolation -e ".[dev]"
	@# The newest client asks for a certifi newer than what resolves beside MLflow; it works with the one that is there.
	@$(PIP) --no-deps "databricks-sdk==0.161.0"
	@touch $@

install: $(STAMPS)/package ## Create .venv with mlnb, its examples and the built Lab extension

install-dev: $(STAMPS)/dev ## The same, with what tests and checks need

demo: install ## Run the whole lifecycle on 336,776 real flights and open it in JupyterLab
	@$(BIN)/mlnb demo $(DEMO_ARGS)

lab: install ## Open JupyterLab with mlnb
	@$(BIN)/jupyter lab

system-packages:
	@scripts/system-packages

test: install-dev system-packages ## Run every test: Python, components, JupyterLab in a real browser
	@$(MAKE) check
	@$(MAKE) test-ui
	@$(MAKE) $(STAMPS)/ui-tests
	@scripts/test-python test-browser

test-python: install-dev ## Python tests, two folders at a time; PYTEST_ARGS="tests/catalog -x" runs some of them
	@if [ -n "$(PYTEST_ARGS)" ]; then $(BIN)/python -m pytest -q $(PYTEST_ARGS); else scripts/test-python; fi

test-ui: $(STAMPS)/node-modules ## Component and plugin tests
	@PATH="$(CURDIR)/$(BIN):$$PATH" jlpm test

$(STAMPS)/ui-tests: ui-tests/package.json ui-tests/yarn.lock $(STAMPS)/build-tools
	@echo "Installing the browser tests' packages"
	@cd ui-tests && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 PATH="$(CURDIR)/$(BIN):$$PATH" jlpm install --immutable > ../$(STAMPS)/ui-tests.log 2>&1 || { tail -40 ../$(STAMPS)/ui-tests.log; exit 1; }
	@touch $@

test-browser: install-dev $(STAMPS)/ui-tests ## JupyterLab in a real browser
	@cd ui-tests && PATH="$(CURDIR)/$(BIN):$$PATH" jlpm test && PATH="$(CURDIR)/$(BIN):$$PATH" jlpm test:hosts

check: install-dev $(STAMPS)/node-modules $(STAMPS)/ui-tests ## Run all linters and check generated files
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@PATH="$(CURDIR)/$(BIN):$$PATH" jlpm lint:check
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/generated --check

format: install-dev ## Format and mend what can be mended
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@PATH="$(CURDIR)/$(BIN):$$PATH" jlpm lint
	@PATH="$(CURDIR)/$(BIN):$$PATH" scripts/generated

bench: install-dev ## Measure beside peers; every script prints a ratio
	@for script in benchmarks/*.py benchmarks/*/*.py; do echo "== $$script"; $(BIN)/python $$script; done

wheel: mlnb/labextension/package.json ## Build a wheel that installs without Node
	@$(BIN)/python -m hatchling build -t wheel

clean: ## Remove what was built
	@rm -rf $(STAMPS) lib ui/lib mlnb/labextension mlnb/static dist demo *.tsbuildinfo ui/*.tsbuildinfo
