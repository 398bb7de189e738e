# Everything that this project does, by name. A fresh machine needs Python 3.11 or newer, and the package index.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: site test preview format clean

site: .venv/installed  ## builds the shipped archive into site/
	@$(BIN)/digest build
	@echo "Preview it with: make preview"

test: .venv/tested  ## format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto

preview: .venv/installed  ## serves the shipped archive at http://127.0.0.1:8000/ until Ctrl-C
	@$(BIN)/digest --quiet build --output .digest/preview --base-url http://127.0.0.1:8000/
	@echo "The archive is at http://127.0.0.1:8000/ (Ctrl-C ends it)"
	@$(BIN)/python -m http.server 8000 --bind 127.0.0.1 --directory .digest/preview

format: .venv/tested  ## brings the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## removes what can be made again
	rm -rf .venv .digest .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find site -mindepth 1 ! -name .gitkeep -delete

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Digest needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/tested: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@
