# make demo   segment the sample photos, from nothing but Python 3.11+
# make test   install what tests need, then lint, types and tests
# make bench  print the speed figures that the README quotes

PYTHON ?= python3
LIGHT := .venv/light
DEV := .venv/dev
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: demo test lint bench clean

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

clean:
	rm -rf .venv demo build dist
