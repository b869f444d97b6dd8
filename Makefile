# Two commands need nothing before them: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
JOBS ?= 2

.PHONY: demo test check format bench build lock clean

demo: $(VENV)/.run           ## see an alert within a minute, on this machine alone
	$(BIN)/tocsin demo

test: $(VENV)/.dev check     ## everything that must hold
	$(BIN)/python -m pytest -n $(JOBS)

check: $(VENV)/.dev          ## style and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.dev          ## every benchmark, each beside its floor
	$(BIN)/python -m benchmarks

build: $(VENV)/.dev          ## wheel and sdist in dist/
	$(BIN)/python -m build --no-isolation

# Pins for every platform and Python from 3.11 up; needs uv (pip install uv), only when dependencies change.
COMPILE = uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate
lock:
	$(COMPILE) --group build pyproject.toml -o requirements.txt
	$(COMPILE) --group build --group dev pyproject.toml -o requirements-dev.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Tocsin needs Python 3.11 or newer; try make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); echo 'Python lacks its venv module; on Debian: apt install python3-venv'; exit 1; }

$(VENV)/.run: requirements.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(VENV)/.dev: requirements-dev.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@
