# Everything that a bare machine needs is installed by these targets: Python 3.11-3.13 and make must be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
MODULES := stacks/standby/node_modules
# Where Python may not keep what it has compiled, each of the thousands of processes here compiles its modules anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup engine yaml typescript browser postgres demo test conformance chaos lint bench bench-scale bench-terraform oracle lock clean

setup: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info[:2] < (3, 14) else "Python 3.11-3.13 is needed: make PYTHON=python3.12 …")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	touch $(STAMP)

engine: setup
	$(BIN)/mcloud engine install

demo: engine
	$(BIN)/mcloud demo

# The pages of reports are tried in Debian's chromium. Without it those tests are skipped; the build goes on.
browser:
	@if test -x /usr/bin/chromium; then :; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "chromium is missing, installing it for the browser tests"; \
	  { timeout 120 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -qq --no-install-recommends chromium \
	    >/dev/null; } || echo "WARNING: chromium could not be installed: the browser tests will be SKIPPED"; \
	else echo "WARNING: no /usr/bin/chromium and no right to install it: the browser tests will be SKIPPED"; fi

# Programs in YAML: the host is built once, in a minute or two, and kept beside the engine. Without it their test is skipped.
yaml: engine
	@timeout 1200 $(BIN)/mcloud engine install --yaml \
	  || echo "WARNING: no Pulumi host for YAML: the test of programs in YAML will be SKIPPED"

# Programs in TypeScript: Pulumi's packages from npm, where node is. Without them their test is skipped.
typescript:
	@if ! command -v npm >/dev/null || ! node -e 'process.exit(parseInt(process.versions.node) >= 20 ? 0 : 1)'; then \
	  echo "WARNING: no npm and Node 20: the test of programs in TypeScript will be SKIPPED"; \
	elif test $(MODULES)/.package-lock.json -nt stacks/standby/package-lock.json; then :; \
	else echo "installing the packages of stacks/standby"; \
	  (cd stacks/standby && timeout 900 npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) \
	  || { rm -rf $(MODULES); echo "WARNING: npm ci failed: the test of programs in TypeScript will be SKIPPED"; }; fi

# States in PostgreSQL are tried on a server of the tests' own. Without it those tests are skipped; the build goes on.
postgres:
	@if ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null; then :; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then \
	  echo "PostgreSQL is missing, installing it for the state's tests"; \
	  { timeout 120 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y -qq --no-install-recommends postgresql \
	    >/dev/null; } || echo "WARNING: PostgreSQL could not be installed: its tests will be SKIPPED"; \
	else echo "WARNING: there is no PostgreSQL and no right to install it: its tests will be SKIPPED"; fi

test: lint engine yaml typescript browser postgres
	$(BIN)/coverage erase
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report= tests
	$(BIN)/python tests/coverage_floor.py

# Every case of every kind of every cloud, through the engine too: an hour and more.
conformance: engine
	MCLOUD_CONFORMANCE=whole $(BIN)/python -m pytest -n 2 --dist worksteal -o timeout=900 tests/conformance

# Faults at the calls that change something, and what a person types then; hours, which may be played in pieces:
# make chaos CHAOS="--folder /tmp/chaos --minutes 60"
chaos: engine
	$(BIN)/python tests/chaos/run.py $(CHAOS)

lint: setup
	$(BIN)/ruff check mcloud adapters tests stacks examples
	$(BIN)/mypy
	$(BIN)/mypy stacks/three-tier-web/*.py
	$(BIN)/lint-imports

bench: engine
	$(BIN)/python tests/bench/run.py $(BENCH)

# The engine alone, on a cloud that answers at once, beside terraform: make bench-scale SCALE="--resources 1000,5000"
bench-scale: engine
	$(BIN)/python tests/bench/scale.py $(SCALE)

# mcloud up beside terraform apply, the same estate: make bench-terraform PROVIDER=/path/to/terraform-provider-vngcloud
bench-terraform: engine
	$(BIN)/python tests/bench/terraform_beside.py $(PROVIDER) $(BENCH)

# The vendor's own Terraform provider against the emulator: make oracle PROVIDER=/path/to/terraform-provider-vngcloud
oracle: setup
	$(BIN)/python tests/oracle/terraform_vng.py $(PROVIDER)

lock: setup
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header \
	  --no-emit-index-url --extra dev pyproject.toml --output-file requirements.lock

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .coverage*
