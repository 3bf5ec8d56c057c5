# make demo   segment the sample photos, from nothing but Python 3.11+
# make test   install what tests need, then lint, types and tests
# make web    rebuild the annotator's page from web/ (needs Node 20; users do not)
# make bench  print the speed figures that the README quotes
# make benchmark DATA=FOLDER   measure and compare all methods, docs/benchmark and the README's table with them

PYTHON ?= python3
LIGHT := .venv/light
DEV := .venv/dev
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: demo test lint bench benchmark web web-check clean

demo: $(LIGHT)/installed
	$(LIGHT)/$(BIN)/iog demo --out demo

test: lint
	$(DEV)/$(BIN)/python -m pytest

lint: $(DEV)/installed
	$(DEV)/$(BIN)/ruff check .
	$(DEV)/$(BIN)/ruff format --check .
	$(DEV)/$(BIN)/mypy

bench: $(LIGHT)/installed
	$(LIGHT)/$(BIN)/python benchmarks/speed.py

# Only what RESULTS lacks is measured; MODELS names further networks: MODELS='--model dextr-lite=runs/dextr/final.pt'
DATA ?= ../shared/data
RESULTS ?= runs/benchmark
MODELS ?=
benchmark: $(DEV)/installed
	$(DEV)/$(BIN)/iog bench accuracy --data $(DATA) --out $(RESULTS) --limit 40 --threads 1 $(MODELS)
	$(DEV)/$(BIN)/iog bench speed --out $(RESULTS) $(MODELS)
	$(DEV)/$(BIN)/iog bench report $(RESULTS) --data $(DATA)
	$(DEV)/$(BIN)/python benchmarks/publish.py $(RESULTS)

# The light package as a user gets it: built and installed, no PyTorch.
$(LIGHT)/installed: pyproject.toml $(shell find src -type f -not -name '*.pyc')
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "iog needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(LIGHT)
	$(LIGHT)/$(BIN)/python -m pip install --quiet --disable-pip-version-check .
	touch $@

$(DEV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "iog needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(DEV)
	$(DEV)/$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

web/node_modules: web/package.json web/package-lock.json
	cd web && npm ci
	touch web/node_modules

# The annotator's page: TypeScript in web/, bundled into the Python package.
web: web/node_modules
	cd web && npm run build

# Fails unless the committed bundle is what the source builds.
web-check: web/node_modules
	cd web && npm run check

clean:
	rm -rf .venv demo build dist
