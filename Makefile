# What a person types. Everything runs in .venv, from the hashed lock in requirements/.

PORT ?= 8000
# The first Python that is new enough; `make demo PYTHON=/path/to/python3` overrides it.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$name && break; done)
ARGS ?=
N ?= 1000000
LARGE ?=

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV := cd requirements && ../$(BIN)/uv pip compile --universal --python-version 3.11 --quiet \
	--generate-hashes --no-header --no-annotate --no-emit-index-url
# With COVERAGE=1, the tests must run every line and branch of these, and this share of all the rest.
COMPLETE := engagements/*,articles/publishing/*,articles/timeline/*
REST := 97
COVERAGE ?=
TEMPLATES := $(shell find templates articles engagements -name '*.html' 2>/dev/null)

# Nothing installed or set elsewhere may change what runs, or have it compiled anew each time.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE DJANGO_SETTINGS_MODULE

.PHONY: help demo check test lint lock audit sbom release-archive bench bench-data clean
.DEFAULT_GOAL := help

help:
	@echo 'make demo   the demo newsroom on http://localhost:$(PORT) (PORT=8123: elsewhere)'
	@echo 'make check  lint, and the tests of the packages that have changed: before each commit'
	@echo 'make test   the whole suite (STRICT=1: leaving a test out is a failure; COVERAGE=1: so is code that no test runs; ARGS: for pytest)'
	@echo 'make lint   formatters, linters, type checker'
	@echo 'make lock   requirements/*.txt from requirements/*.in (UPGRADE=1: newest versions)'
	@echo 'make audit  known vulnerabilities of what the site runs on, asked of the package index'
	@echo 'make sbom   the bill of materials, CycloneDX, into var/sbom.cdx.json'
	@echo 'make release-archive  the code of the last tag, for tests of upgrades (CONTRIBUTING.md)'
	@echo 'make bench  times the timelines at 10,000 and 1,000,000 visits, and the page store, into docs/performance.md (LARGE=100000: sooner, to the screen)'
	@echo 'make bench-data N=1000000  fills an empty database with so many visits (DATABASE_URL, or var/bench/N.sqlite3)'
	@echo 'make clean  remove what was built; the data in var/ stays'

demo: .venv/base.stamp
	@exec $(BIN)/python -m config.demo --port '$(PORT)'

check: lint
	@exec $(BIN)/python -m tests.changed $(ARGS)

test: .venv/dev.stamp
ifeq ($(COVERAGE),)
	@exec $(BIN)/python -m tests $(ARGS)
else
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m tests $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --include='$(COMPLETE)' --skip-covered --fail-under=100
	@$(BIN)/coverage report --omit='$(COMPLETE)' --skip-covered --fail-under=$(REST)
endif

lint: .venv/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(if $(TEMPLATES),$(BIN)/djade --check --target-version 5.2 $(TEMPLATES))
	$(BIN)/mypy
	$(BIN)/deptry .
	$(BIN)/lint-imports

lock: .venv/dev.stamp
	$(UV) $(if $(UPGRADE),--upgrade) base.in --output-file base.txt
	$(UV) $(if $(UPGRADE),--upgrade) dev.in --constraint base.txt --output-file dev.txt

# Both read the lock alone, and are run by a maintainer, so the lock does not hold them.
audit: .venv/dev.stamp
	$(BIN)/uv tool run --quiet pip-audit==2.10.1 --strict --require-hashes --disable-pip --requirement requirements/base.txt

sbom: .venv/dev.stamp
	@mkdir -p var
	@$(BIN)/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml \
		--output-reproducible --output-file var/sbom.cdx.json requirements/base.txt

release-archive:
	git archive "$$(git describe --tags --abbrev=0 --match 'v*')" articles config engagements static templates \
		manage.py pyproject.toml | xz -9e > tests/upgrade/release.tar.xz

bench: .venv/dev.stamp
	@exec $(BIN)/python -m tests.bench $(if $(LARGE),--large '$(LARGE)',--write) $(ARGS)

bench-data: .venv/dev.stamp
	@mkdir -p var/bench
	@DATABASE_URL="$${DATABASE_URL:-sqlite:///$(CURDIR)/var/bench/$(N).sqlite3}" exec $(BIN)/python -m tests.bench fill '$(N)'

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/venv.stamp:
	@$(if $(PYTHON),,echo 'Communiqué needs Python 3.11 or newer; install it, or name one: make PYTHON=/path/to/python3' >&2; exit 1;) \
	'$(PYTHON)' -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo '$(PYTHON) is not Python 3.11 or newer; name another one: make PYTHON=/path/to/python3' >&2; exit 1; }
	@'$(PYTHON)' -c 'import ensurepip, venv' || \
		{ echo '$(PYTHON) cannot make virtual environments; on Debian and Ubuntu install python3-venv.' >&2; exit 1; }
	@'$(PYTHON)' -m venv .venv
	@touch $@

.venv/base.stamp: .venv/venv.stamp requirements/base.txt
	@echo 'Installing what the site runs on ...'
	@$(PIP) install --require-hashes --requirement requirements/base.txt
	@touch $@

.venv/dev.stamp: .venv/venv.stamp requirements/dev.txt
	@echo 'Installing what the tests and checks need ...'
	@$(PIP) install --require-hashes --requirement requirements/dev.txt
	@touch $@
