# make demo   segment the sample photos and open the annotator on them, from nothing but Python 3.11+
# make web-demo   the annotator as a static site, served: everything stays in the browser
# make test   install what tests need, then lint, types and tests
# make docs   build the site of docs/ into build/site, strictly: a broken link or anchor fails
# make web    rebuild the annotator's page from web/ (needs Node 20; users do not)
# make bench  print the speed figures that docs/bench.md quotes
# make figures DATA=FOLDER   measure the shipped model again and write every figure that documents quote
# make weights DATA=FOLDER   train the shipped model, some nine hours on two cores; resumes
# make rivals DATA=FOLDER   train the learned methods of others on one backbone, and measure them
# make rivals-table DATA=FOLDER   measure those of them that are trained, and write docs/rivals.md
# make benchmark DATA=FOLDER   measure and compare all methods, docs/benchmark and the README's table with them

PYTHON ?= python3
# How many tests run at once: more than two share browsers and caches badly.
JOBS ?= 2
LIGHT := .venv/light
DEV := .venv/dev
BIN := $(if $(filter Windows_NT,$(OS)),Scripts,bin)

.PHONY: demo web-demo test lint bench weights figures benchmark rivals rivals-table web web-check web-tools browser readers tools docs docs-tools clean

demo: $(LIGHT)/installed
	$(LIGHT)/$(BIN)/iog demo --out demo --page

web-demo: $(LIGHT)/installed
	$(LIGHT)/$(BIN)/iog web --out demo/site --serve

test: lint web-tools browser readers tools docs-tools
	$(DEV)/$(BIN)/python -m pytest -n $(JOBS) --dist loadfile

lint: $(DEV)/installed
	$(DEV)/$(BIN)/ruff check .
	$(DEV)/$(BIN)/ruff format --check .
	$(DEV)/$(BIN)/mypy

bench: $(LIGHT)/installed
	$(LIGHT)/$(BIN)/python benchmarks/speed.py

# Each run starts from the one before; a test compares the last one's options with what the shipped files say.
RUNS ?= runs
TRAIN = $(DEV)/$(BIN)/iog train lite --data $(DATA)
FIRST = --shares voc_animals=22,coco=40,wild_animals=12,household=9,bsds_regions=4,davis=5,horses=3,cats=3,person_clothes=3,person_portrait=2,food=3,mandarins=1,pallets=1,mushrooms=1
AGAIN = --start $(RUNS)/lite/final.pt --start-share 0.3 --precision bf16 --samples 120000 --sizes 224,288 \
	--size-shares 0.6,0.4 --learning-rate 1.2e-3 --rounds 0.5,0.3,0.2 --alike 0.5 --background 0.05 --seed 7 \
	--shares voc_animals=24,coco=40,wild_animals=12,household=9,bsds_regions=4,davis=5,horses=4,cats=3,person_clothes=6,person_portrait=5,food=3,mandarins=1,pallets=1,mushrooms=1
BROADER = --start $(RUNS)/lite-again/final.pt --start-share 0.5 --precision bf16 --samples 130000 --sizes 224,256 \
	--size-shares 0.55,0.45 --learning-rate 1.2e-3 --weight-decay 0.05 --feature-dropout 0.1 --corner-jitter 0.05 \
	--rounds 0.5,0.3,0.2 --distractor 0.2 --alike 0.4 --background 0.2 --augment.rotate 0.7 --augment.angle 30 \
	--augment.margin 0.04,0.28 --augment.colour 0.85 --augment.blur 0.2 --augment.noise 0.12 --seed 9 \
	--shares voc_animals=22,coco=42,wild_animals=12,household=10,bsds_regions=4,davis=5,horses=4,cats=3,person_clothes=6,person_portrait=5,food=3,mandarins=1,pallets=1,mushrooms=1
weights: $(DEV)/installed
	$(TRAIN) --out $(RUNS)/lite $(FIRST)
	$(TRAIN) --out $(RUNS)/lite-again $(AGAIN)
	$(TRAIN) --out $(RUNS)/lite-broader $(BROADER)
	$(DEV)/$(BIN)/iog convert $(RUNS)/lite-broader/final.pt --to onnx --int8 $(DATA) --out $(RUNS)/weights/lite

# Only what RESULTS lacks is measured; MODELS names further networks: MODELS='--model dextr-lite=runs/dextr/final.pt'
DATA ?= ../shared/data
RESULTS ?= runs/benchmark
MODELS ?=
benchmark: $(DEV)/installed
	$(DEV)/$(BIN)/iog bench accuracy --data $(DATA) --out $(RESULTS) --limit 40 --threads 1 $(MODELS)
	$(DEV)/$(BIN)/iog bench speed --out $(RESULTS) $(MODELS)
	$(DEV)/$(BIN)/iog bench report $(RESULTS) --data $(DATA)
	$(DEV)/$(BIN)/python benchmarks/publish.py $(RESULTS)

# The learned methods of others (docs/rivals.md) on one backbone, each with the same budget; resumes.
# A smaller budget: make rivals SAMPLES=6400 SIZE=160 BUDGET='--precision bf16 --warmup 40 --ema 0.98'
SAMPLES ?= 30000
SIZE ?= 224
BUDGET ?=
RIVALS ?= lite dextr-lite clicks-lite ifcn itis latent-diversity fca-net fctsfn ris-net curve-gcn brs f-brs \
	iog-light iog-light-coarse iog-light-extreme iog-light-extreme-coarse iog-light-refinement \
	clicks-lite-strokes lite-strokes
RIVAL_RESULTS ?= $(RUNS)/rivals/results
RIVAL_LIMIT ?= 40
# The control takes another name than the bundled model, which had a larger budget and is measured beside.
RIVAL_NAME = $(if $(filter lite,$1),lite-here,$1)
# NAME-strokes is NAME, trained with strokes and measured with them.
RIVAL_MODEL = --model $(call RIVAL_NAME,$1)=$(if $(filter %-strokes,$1),strokes:)$(RUNS)/rivals/$1/final.pt
RIVAL_RUNS = $(foreach name,$(RIVALS),$(RUNS)/rivals/$(name)/final.pt)
rivals: $(RIVAL_RUNS)
	$(MAKE) rivals-table

# Of the runs that are there: all figures and pictures of docs/rivals.md. Nothing else may run meanwhile.
RIVALS_THERE = $(notdir $(patsubst %/final.pt,%,$(wildcard $(RUNS)/rivals/*/final.pt)))
rivals-table:
	$(DEV)/$(BIN)/iog bench accuracy --data $(DATA) --out $(RIVAL_RESULTS) --splits val --limit $(RIVAL_LIMIT) \
		--jitter-every 0 --methods lite --threads 1 --table docs/rivals.md \
		$(foreach name,$(RIVALS_THERE),$(call RIVAL_MODEL,$(name)))
	$(DEV)/$(BIN)/iog bench report $(RIVAL_RESULTS) --data $(DATA)
	$(DEV)/$(BIN)/python benchmarks/rivals.py --table docs/rivals.md
	$(DEV)/$(BIN)/python benchmarks/quote.py docs/rivals.md traits -- \
		$(DEV)/$(BIN)/python -m benchmarks.rival_traits $(RUNS)/rivals --data $(DATA) --limit $(RIVAL_LIMIT)
	$(DEV)/$(BIN)/python benchmarks/rival_pictures.py $(RUNS)/rivals --table docs/rivals.md

# These refine a trained network and learn nothing themselves.
$(RUNS)/rivals/brs/final.pt $(RUNS)/rivals/f-brs/final.pt: $(RUNS)/rivals/%/final.pt: $(RUNS)/rivals/itis/final.pt
	$(DEV)/$(BIN)/iog train $* --data $(DATA) --start $< --out $(RUNS)/rivals/$* --sizes $(SIZE) --size-shares 1

$(RUNS)/rivals/%/final.pt: $(DEV)/installed
	$(DEV)/$(BIN)/iog train $(patsubst %-strokes,%,$*) --data $(DATA) --out $(RUNS)/rivals/$* --samples $(SAMPLES) \
		--sizes $(SIZE) --size-shares 1 $(BUDGET) $(if $(filter %-strokes,$*),--strokes 0.5)

# After new weights: run nothing else at the same time, as some of it is timed.
DEV_PYTHON := $(DEV)/$(BIN)/python
QUOTE := $(DEV_PYTHON) benchmarks/quote.py
EVAL := $(DEV)/$(BIN)/iog eval --data $(DATA) --trained-on $(DATA)/train
MEASURED := $(RESULTS)/val.jsonl
figures: $(DEV)/installed
	$(DEV)/$(BIN)/iog calibrate --data $(DATA)
	$(DEV_PYTHON) benchmarks/calibration_tables.py
	mkdir -p $(RESULTS) && rm -f $(MEASURED)
	$(EVAL) --out $(MEASURED) --table docs/model/card.md
	$(QUOTE) docs/model/card.md strata -- $(EVAL) --out $(MEASURED) --resume --by size
	$(EVAL) --jitter 0.03 --inside-depth 0.5 --table docs/model/card.md
	$(EVAL) --split test --table docs/model/card.md
	$(DEV_PYTHON) benchmarks/pictures.py
	$(DEV_PYTHON) benchmarks/three_clicks.py
	$(EVAL) --protocol all --sets voc_animals,iseg --table docs/evaluation.md
	$(EVAL) --split test --protocol all --table docs/evaluation.md
	$(EVAL) --split test --clicks 5 --jitter 0.05 --inside-depth 0.5 --correction-depth 0.5 --table docs/evaluation.md
	$(QUOTE) docs/bench.md speed --fenced -- $(DEV_PYTHON) benchmarks/speed.py
	$(QUOTE) docs/auto.md auto --fenced -- $(DEV_PYTHON) benchmarks/auto.py --data $(DATA) --boxes 1000
	$(QUOTE) docs/auto.md box-variants -- $(DEV_PYTHON) benchmarks/box_variants.py --data $(DATA) --limit 300
	$(QUOTE) docs/connectors.md serve --fenced -- $(DEV_PYTHON) benchmarks/serve.py
	$(QUOTE) docs/training.md step --fenced -- $(DEV_PYTHON) benchmarks/training_step.py
	$(DEV_PYTHON) benchmarks/finetune.py --data $(DATA) --lengths 320 --threads 2 --measured 100 --elsewhere 40 --table docs/training.md
	$(QUOTE) docs/formats.md accounts --fenced -- $(DEV_PYTHON) benchmarks/accounts.py
	$(MAKE) benchmark

# The light package as a user gets it, with the annotator: built and installed, no PyTorch.
$(LIGHT)/installed: pyproject.toml $(shell find src -type f -not -name '*.pyc')
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "iog needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(LIGHT)
	$(LIGHT)/$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[annotate]'
	touch $@

$(DEV)/installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "iog needs Python 3.11 or newer: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear $(DEV)
	$(DEV)/$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $@

web/node_modules: web/package.json web/package-lock.json web/packages/iog-web/package.json
	cd web && npm ci
	touch web/node_modules

# The annotator's page: TypeScript in web/, bundled into the Python package.
web: web/node_modules $(DEV)/installed
	$(DEV)/$(BIN)/python web/schema.py
	cd web && npm run build

# Fails unless the committed bundle is what the source builds.
web-check: web/node_modules $(DEV)/installed
	$(DEV)/$(BIN)/python web/schema.py --check
	cd web && npm run check && npm test

# What the test of the bundle needs; without Node or network that test says that it was skipped (CI: fails).
web-tools:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory web/node_modules || true; fi

# A Chromium for the browser tests: found, or else installed where that is possible.
browser: $(DEV)/installed
	$(DEV)/$(BIN)/python tests/browser/chromium.py

# Another tool's reader for our exports, apart from the dev environment: it brings other versions of much.
readers: .venv/readers/installed

.venv/readers/installed:
	$(PYTHON) -m venv --clear .venv/readers
	.venv/readers/$(BIN)/python -m pip install --quiet --disable-pip-version-check 'supervision>=0.25' || rm -rf .venv/readers
	test ! -d .venv/readers || touch $@

# The site of the documents, in an environment of its own; nothing but the first installation needs a network.
docs: .venv/docs/installed
	NO_MKDOCS_2_WARNING=1 .venv/docs/$(BIN)/mkdocs build --strict

docs-tools:
	@$(MAKE) --no-print-directory .venv/docs/installed || true

.venv/docs/installed: pyproject.toml
	$(PYTHON) -m venv --clear .venv/docs
	.venv/docs/$(BIN)/python -m pip install --quiet --disable-pip-version-check '.[docs]' || rm -rf .venv/docs
	test ! -d .venv/docs || touch $@

# The tools that iog plugs into, each in an environment of its own (3 GB); tests of a missing one say so.
TOOLS := .venv/tools
tools: $(TOOLS)/label-studio/installed $(TOOLS)/xanylabeling/installed $(TOOLS)/cvat-cli/installed

$(TOOLS)/label-studio/installed: NEEDS = label-studio
$(TOOLS)/xanylabeling/installed: NEEDS = 'x-anylabeling-cvhub[cpu]'
$(TOOLS)/cvat-cli/installed: NEEDS = cvat-cli .

$(TOOLS)/%/installed:
	$(PYTHON) -m venv --clear $(@D)
	$(@D)/$(BIN)/python -m pip install --quiet --disable-pip-version-check $(NEEDS) || rm -rf $(@D)
	test ! -d $(@D) || touch $@

clean:
	rm -rf .venv demo build dist
