# All set-up is here: each target makes .venv when it is missing or older than the lock.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
FEED ?=
ONLY ?=
AT_ONCE ?= 2
MINUTES ?= 60
KILLS ?= 200
TICKS ?= 500
FUZZ_EXAMPLES ?= 1000
MODEL_KILLS ?= 50
RACES ?= 100
MODEL ?=
SEED ?=
CHROMIUM ?= chromium
CHROMEDRIVER ?= chromedriver
export UV_PYTHON_DOWNLOADS := never

.DEFAULT_GOAL := help
.PHONY: help notes test slow check bench quality soak ui browser screenshots have-chromium wheel lock clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

notes: $(READY) ## make the notes: of your inkwell.yaml (or FEED=name of it), else of the bundled sample
	@$(BIN)/inkwell-pipeline run $(FEED)
	@echo
	@echo "Your own feeds: $(BIN)/inkwell-pipeline init https://... writes an inkwell.yaml, then: make notes"
	@echo "See the runs, start others: make ui, then open http://127.0.0.1:3000"
	@echo "One feed from the command line: $(BIN)/dagster asset materialize -m inkwell_pipeline.definitions --select '*' --partition NAME"

test: $(READY) ## run the tests, two files at a time: much of their time is waiting
	@$(BIN)/python -m pytest -q -n $(AT_ONCE) --dist loadfile

slow: $(READY) ## run what takes minutes: Dagster's real daemon, weeks of a faulty feed, a fault at many points
	@$(BIN)/python -m pytest -q -m slow

check: $(READY) ## lint, format, types, import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY) ## measure, and print the tables (or ONLY=cache, of one part)
	@$(BIN)/python -m inkwell_pipeline_tests.benchmarks $(ONLY)

quality: $(READY) ## score the notes against people's own (needs ../shared/quality); of a model: MODEL=test, MODEL=anthropic:...
	@$(BIN)/python -m inkwell_pipeline_tests.benchmarks.quality $(MODEL)

soak: $(READY) ## fuzz readers, merges and names for an hour (or MINUTES=5), anew each round; before: kills, power cuts, months of a faulty feed, budgets shared by two runs
	INKWELL_CACHE_KILLS=$(KILLS) INKWELL_CACHE_KILLS_SEED=$(or $(SEED),$(shell date +%s)) \
	  $(BIN)/python -m pytest -q inkwell_pipeline_tests/cache/test_processes.py inkwell_pipeline_tests/cache/test_power_cut.py
	$(if $(filter-out 0,$(TICKS)),INKWELL_TICKS=$(TICKS) INKWELL_FAULTS=1 INKWELL_SIMULATION_SEED=$(or $(SEED),$(shell date +%s)) \
	  $(BIN)/python -m pytest -q -m slow inkwell_pipeline_tests/defs/test_simulation.py inkwell_pipeline_tests/defs/test_faults_inside.py)
	$(if $(filter-out 0,$(MODEL_KILLS) $(RACES)),INKWELL_MODEL_KILLS=$(MODEL_KILLS) INKWELL_MODEL_RACES=$(RACES) \
	  $(BIN)/python -m pytest -q inkwell_pipeline_tests/defs/test_models.py -k 'killed or two_runs')
	@end=$$(($$(date +%s) + $(MINUTES) * 60)); while [ $$(date +%s) -lt $$end ]; do \
	  INKWELL_FUZZ_EXAMPLES=$(FUZZ_EXAMPLES) $(BIN)/python -m pytest -q -m fuzz $(if $(SEED),--hypothesis-seed=$(SEED)) || exit 1; done

ui: $(READY) ## start Dagster's UI and daemon on http://127.0.0.1:3000
	@$(BIN)/inkwell-pipeline ui

browser screenshots: export INKWELL_CHROMIUM := $(CHROMIUM)
browser screenshots: export INKWELL_CHROMEDRIVER := $(CHROMEDRIVER)
screenshots: export INKWELL_SCREENSHOTS := $(CURDIR)/docs/images

browser: have-chromium $(READY) ## drive the UI on the sample in a real browser (Debian: apt-get install chromium chromium-driver)
	@$(BIN)/python -m pytest -q -m browser

screenshots: have-chromium $(READY) ## the same, and the README's pictures are taken anew
	@$(BIN)/python -m pytest -q -m browser

have-chromium:
	@for program in $(CHROMIUM) $(CHROMEDRIVER); do command -v $$program >/dev/null || { \
	  echo "there is no $$program, which drives the UI in these tests: install it (Debian: apt-get install chromium chromium-driver), or name yours: make CHROMIUM=/path CHROMEDRIVER=/path browser"; exit 1; }; done

wheel: $(READY) ## build the wheel, install it into an empty environment, run it from another folder
	@$(BIN)/python -m pytest -q -m wheel

lock: $(READY) ## bring requirements/lock.txt up to date
	@$(BIN)/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --no-strip-extras \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --upgrade --quiet -o requirements/lock.txt

clean: ## remove .venv and what tools have left; your vault, data and config stay
	@rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis dist build

# uv installs in a quarter of pip's time; it comes out of the same lock, and pip does the work where uv cannot.
# pip compiles what it installs; uv need not where Python keeps what it compiles at the first import. Where it may not
# (many containers say so), each start would compile Dagster anew, which doubles its time.
$(READY): requirements/lock.txt pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "inkwell needs Python 3.11 or newer: install it, or name one: make PYTHON=/path/to/python3 notes"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "inkwell needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1): install one, or name one: make PYTHON=/path/to/python3.11 notes"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "$(PYTHON) has no ensurepip: install it first (Debian, Ubuntu: apt-get install python3-venv)"; exit 1; }
	@echo "Making $(VENV) (once; about a minute) ..."
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@sed -n '/^uv==/,/[^\\]$$/p' requirements/lock.txt > $(VENV)/uv.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r $(VENV)/uv.txt || true
	@$(BIN)/uv pip install --quiet $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode) --python $(BIN)/python --require-hashes --no-deps -r requirements/lock.txt 2>$(VENV)/uv.log \
	  || $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)
