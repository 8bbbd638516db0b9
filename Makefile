# `make run` and `make test` need Python 3.11 or newer and make; everything else they fetch.
# Scripts in scripts/ do the work. Paths are relative, so a checkout may lie in a folder with
# spaces in its name.

PORT ?= 8000
DATA ?= ./data
DEMO ?= 1
REQUIRE ?=
export REQUIRE

# Dozens of processes start in a test run: none should compile the whole program anew.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
PREPARE := python=$$(sh scripts/python.sh) && "$$python" scripts/prepare.py

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run test setup lint format types imports unit wheel bench lock clean

help: ## this list
	@echo "Helpdesk: what make can do"
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 18
	@echo
	@echo "  make run takes PORT=8000 DATA=./data, and DEMO=0 for an empty start."
	@echo "  make test takes REQUIRE=browser: a missing Chromium is then a failure."

run: ## set up, then run everything at http://127.0.0.1:8000 (Ctrl-C stops it)
	@$(PREPARE) run
	@exec $(BIN)/helpdesk up --port "$(PORT)" --data "$(DATA)" $(if $(filter 0,$(DEMO)),,--demo)

test: setup lint types imports unit wheel ## set up, then every check CI makes

setup: ## everything that running and testing need
	@$(PREPARE) dev

lint: ## style and common mistakes
	@echo "== lint"
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: ## types: strict for core and the pure files
	@echo "== types"
	@$(BIN)/mypy

imports: ## imports go down only
	@echo "== imports"
	@$(BIN)/lint-imports --no-logo

unit: ## the test suite, on SQLite and PostgreSQL, and in the browser
	@echo "== tests"
	@$(BIN)/pytest -n auto --cache-clear || $(BIN)/python scripts/second_look.py $$?

wheel: ## build the wheel and look inside
	@echo "== wheel"
	@$(BIN)/python scripts/inspect_wheel.py

format: ## put the code into its standard shape
	@$(BIN)/ruff check --fix-only -q .
	@$(BIN)/ruff format .

bench: setup ## the figures of benchmarks/README.md
	@$(BIN)/python -m benchmarks

lock: setup ## write the lock files anew (scripts/lock.sh --upgrade takes newer versions)
	@sh scripts/lock.sh

clean: ## remove everything set-up and builds made; ./data stays
	rm -rf .venv node_modules static/vendor build dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis tests/_out
	find static -name '*.gz' -delete
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
