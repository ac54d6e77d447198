# Peduli. `make` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
# The first Python that runs and is new enough: a name on the PATH may be a shim that starts nothing.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
  $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.run
DEV := $(VENV)/.dev
STAMP := pyproject.toml constraints.txt

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

run: $(RUN) ## set everything up and serve with the demonstration on http://127.0.0.1:8000
	@$(BIN)/lms run --demo

test: $(DEV) ## set everything up and run all tests
	@$(BIN)/python tests/run.py

lint: $(DEV) ## linters, types, import rules, templates, migrations, docs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djlint --lint lms courses quizzes media --quiet
	$(BIN)/python tests/check_migrations.py
	$(BIN)/lms docs --check

setup: $(DEV) ## make .venv with what developers need

fix: $(DEV) ## let the linters mend and format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

words: $(DEV) ## collect the words of pages into the Indonesian catalogue
	@$(BIN)/python tests/support/words.py

bench: $(DEV) ## measure pages against a bare Flask page, in one run
	@$(BIN)/python tests/bench/run.py --write

bench-scale: $(DEV) ## measure pages with a million enrolments on PostgreSQL (ten minutes, 12 GB in the temporary folder)
	@$(BIN)/python tests/bench/scale.py --write

bench-journeys: $(DEV) ## measure whole journeys over HTTP on SQLite and PostgreSQL (six minutes)
	@$(BIN)/python tests/bench/journeys.py --write

load: $(DEV) ## measure the rhythms of people with locust (eight minutes) and draw docs/load.html
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[load]'
	@$(BIN)/python tests/load/run.py --write

docs: $(DEV) ## write the generated parts of docs/
	$(BIN)/lms docs

pictures: $(DEV) ## take the pictures of README and docs from the demonstration
	@$(BIN)/python tests/pictures.py

clean: ## remove .venv and caches; data in instance/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

# A machine may have Python without pip: then Debian's python3-venv is missing, and the sentence says how to get it.
$(BIN)/pip:
	@[ -n "$(PYTHON)" ] || { echo "Peduli needs Python 3.11 or newer; none was found on the PATH."; exit 1; }
	@$(PYTHON) -m venv $(VENV) 2>/dev/null || { rm -rf $(VENV); .ci/python-venv $(PYTHON) && $(PYTHON) -m venv $(VENV); }

$(RUN): $(BIN)/pip $(STAMP)
	@echo "Installing what Peduli needs …"
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[fast]'
	@touch $@

$(DEV): $(BIN)/pip $(STAMP)
	@echo "Installing what Peduli and its tests need …"
	@$(BIN)/pip install -q --disable-pip-version-check -c constraints.txt -e '.[fast,test,lint]'
	@touch $@ $(RUN)

.PHONY: help run test lint setup fix words bench bench-scale bench-journeys load docs pictures clean
