# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
# Thousands of processes are started: none of them is to compile what another has compiled.
export PYTHONDONTWRITEBYTECODE =

.PHONY: demo test check format screenshots torture bench bench-quick bench-scale clean

demo: .venv/installed            ## the whole job on the shipped example, into a mail server of its own
	$(BIN)/roundup demo --to demo

test: check                      ## everything that CI runs
	$(BIN)/pytest -n 2 --dist loadfile

check: .venv/prepared            ## format, lint, types, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/prepared           ## put the code into form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

screenshots: .venv/prepared      ## the example as a browser shows it: docs/screenshots
	$(BIN)/python -m tests.screenshots

torture: .venv/prepared          ## 1,200 kills, 5,000 power cuts, a kill at each step of a restore: build/torture.md (an hour or so)
	$(BIN)/python -m tests.torture --out build/torture.md

bench: .venv/prepared            ## how fast it is and what a large list costs: build/bench.md (an hour or so)
	$(BIN)/python -m benchmarks --out build/bench.md

bench-scale: .venv/prepared      ## what several workers bring, and what queue and journal cost: build/bench-scale.md
	$(BIN)/python -m benchmarks.workers --out build/bench-scale.md

bench-quick: .venv/prepared      ## the same with few people: whether it works, not how fast it is
	$(BIN)/python -m benchmarks --quick --out build/bench-quick.md

.venv/installed: pyproject.toml scripts/prepare
	scripts/prepare product "$(PYTHON)"

.venv/prepared: pyproject.toml scripts/prepare scripts/axe.py
	scripts/prepare tests "$(PYTHON)"

clean:                           ## forget what was installed and made
	rm -rf .venv demo dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis
