# A new machine needs python3 >= 3.11 and make. Every target uses .venv and installs what it lacks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
EXTRAS := ml,minilm,audio,dev
LIGHT_EXTRAS := dev
# One stamp per kind of install: it is old as soon as the requirements change.
STAMP := $(VENV)/.installed-full
LIGHT_STAMP := $(VENV)/.installed-light
# After `make setup-light` every other target keeps to the light install; `make setup` goes back to the full one.
READY := $(or $(wildcard $(LIGHT_STAMP)),$(STAMP))
CODE := tools assistant eval
# torchvision breaks transformers beside another build of torch, so the original segment-anything has its own place.
SAM_VENV := .venv-sam
SAM_STAMP := $(SAM_VENV)/.installed
# Two workers suit two cores; tests that share a browser, or what takes long to make, stay on one worker.
PYTEST_ARGS ?= -n 2 --dist loadgroup
# More for pip; a machine that is used once has no use for the byte code of every package: PIP_ARGS=--no-compile.
PIP_ARGS ?=
# Other programs pin other versions of OpenCV, so that each has an environment of its own.
ORACLES := .venv-oracles

# Some machines forbid it everywhere; then each process that a test starts would compile the whole program again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup setup-light demo test coverage mutate test-oracles test-sam check lint lint-js fmt bench clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: $(STAMP) ## create .venv with everything the demo and the tests use
	@rm -f $(LIGHT_STAMP)

setup-light: $(LIGHT_STAMP) ## the same without torch: no sentence embeddings, no hub models

demo: $(READY) ## open the demo project in a browser
	$(BIN)/assistant demo

test: $(READY) ## run the tests
	$(BIN)/python -m pytest $(PYTEST_ARGS)

coverage: $(READY) ## run the tests and note which test ran which line
	$(BIN)/python -m pytest $(PYTEST_ARGS) --cov --cov-context=test --cov-report=term

mutate: $(READY) ## plant faults in what a change touches and see which ones the tests find (ARGS="--base main~5 --faults 30")
	$(BIN)/python -m tests.mutation $(ARGS)

test-sam: $(SAM_STAMP) ## compare with the original segment-anything, in an environment of its own (several GB)
	$(SAM_VENV)/bin/python -m pytest -m sam tests/backends -s

test-oracles: $(READY) $(ORACLES)/label-studio-sdk $(ORACLES)/datumaro ## have other programs read what we write
	ASSISTANT_LABEL_STUDIO_PYTHON=$(CURDIR)/$(ORACLES)/label-studio-sdk/bin/python \
	ASSISTANT_DATUMARO_PYTHON=$(CURDIR)/$(ORACLES)/datumaro/bin/python \
	  $(BIN)/python -m pytest tests/exchange/formats/test_label_studio_oracle.py tests/exchange/formats/test_datumaro_oracle.py

check: lint lint-js test ## formatting, lint, types, tests

lint: $(READY) ## formatting, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/python -m mypy $(wildcard $(CODE))

lint-js: node_modules/typescript ## types of the page's JavaScript; needs Node, which nothing else does
	node_modules/.bin/tsc -p jsconfig.json

node_modules/typescript: package.json package-lock.json
	@command -v npm >/dev/null || { echo "The types of the page's JavaScript are checked with npm and Node, which are missing here."; exit 1; }
	npm ci --silent
	@touch $@

fmt: $(READY) ## format the code and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## run the benchmarks
	$(BIN)/python -m eval bench

clean: ## remove .venv, caches and build results
	rm -rf node_modules $(VENV) $(ORACLES) $(SAM_VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed; \"$(PYTHON)\" is older or missing. Say which one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV) \
	  || { echo "Could not create $(VENV). On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }

# An old pip cannot make an editable install from pyproject.toml alone, so pip comes first.
$(STAMP) $(LIGHT_STAMP): pyproject.toml constraints.txt | $(BIN)/python
	$(BIN)/python -m pip install --quiet --upgrade "pip>=24"
	$(BIN)/python -m pip install --quiet $(PIP_ARGS) -c constraints.txt -e ".[$(if $(filter $@,$(LIGHT_STAMP)),$(LIGHT_EXTRAS),$(EXTRAS))]"
	@touch $@

# Everything as in constraints.txt but torch: pip takes a torch that fits the newest torchvision.
$(SAM_STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -m venv $(SAM_VENV)
	$(SAM_VENV)/bin/python -m pip install --quiet --upgrade "pip>=24"
	grep -v '^torch==' constraints.txt > $(SAM_VENV)/constraints.txt
	$(SAM_VENV)/bin/python -m pip install --quiet -c $(SAM_VENV)/constraints.txt -e ".[ml,sam,dev]"
	@touch $@

# A folder is there only when everything in it is.
$(ORACLES)/%:
	$(PYTHON) -m venv $@.partial
	$@.partial/bin/python -m pip install --quiet $(@F)
	rm -rf $@ && mv $@.partial $@
