# Forewarn: `make help` says what there is.
.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help up test test-all check bench bench-ingest fuzz faults docs lock install install-dev clean

help: ## Show this help
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: install ## Install, start everything on this machine, and show the first case within a minute
	@$(BIN)/forewarn up $(ARGS)

test: install-dev ## Run the default tests (under two minutes)
	@$(BIN)/pytest -q -m "not slow" $(ARGS)

test-all: install-dev ## Run every test, the slow ones too
	@$(BIN)/pytest -q $(ARGS)

check: install-dev ## Lint, types, import rules, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

bench: install-dev ## Print the benchmarks, each as a ratio to a named baseline
	@for file in tests/benchmarks/bench_*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

bench-ingest: install-dev ## Telemetry in against the plain pipeline, on a real broker and stores; ends with the ratio
	@$(BIN)/python -m tests.benchmarks.bench_ingest $(ARGS)

fuzz: install-dev ## Feed a million broken payloads to every codec
	@$(BIN)/python -m tests.benchmarks.fuzz_codecs --payloads 1000000

faults: install-dev ## Kill, cut, fill and delay everything, and print what was lost (as root; about 20 minutes)
	@$(BIN)/python tests/e2e/fault_table.py $(ARGS)

docs: install-dev ## Write the pages of docs/ that repeat code
	@$(BIN)/python scripts/write_docs.py

lock: ## Resolve the dependencies again (needs uv)
	uv pip compile pyproject.toml scripts/build-requires.txt --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet -o constraints.txt
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --quiet -c constraints.txt -o constraints-dev.txt

install:
	@scripts/install.sh run

install-dev:
	@scripts/install.sh dev

clean: ## Remove .venv and every cache (not your data)
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
