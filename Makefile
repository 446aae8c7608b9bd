# One command each; `make help` lists them. Everything lives in .venv, made from the lock files.
PYTHON ?= python3.11
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help setup system system-monitoring system-drills run test test-long check bench bench-scale bench-peers lock i18n clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t16

$(VENV)/.stamp: requirements-dev.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install -q --no-deps --no-build-isolation -e .
	touch $@

setup: $(VENV)/.stamp ## make .venv from the lock file

system: ## install the system packages that the browser tests need (Debian, as root)
	sh tools/system-packages.sh

system-monitoring: ## install Prometheus, Alertmanager and an IMAP server for their tests (Debian, as root)
	sh tools/system-packages.sh monitoring

system-drills: ## install an SSH server and iproute2 for the tests of the scenarios (Debian, as root)
	sh tools/system-packages.sh drills

run: setup ## start the platform with the demonstration data set (PORT=8000)
	$(BIN)/shoushi serve --demo --port $(PORT)

test: setup ## run the tests but those that play for minutes (the browser tests ask for `make system` once)
	-@sh tools/system-packages.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests --ignore tests/bench -m "not long"

test-long: setup ## run the tests that play for minutes: whole drills, kills, rehearsals, a watched outage
	-@sh tools/system-packages.sh
	$(BIN)/python -m pytest -n 2 --dist loadgroup tests/e2e -m long

check: setup ## lint, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	cd playbooks/content && ANSIBLE_CONFIG=$(CURDIR)/playbooks/content/ansible.cfg PATH=$(CURDIR)/$(BIN):$$PATH ansible-lint --offline --profile production -q .

bench: setup ## measure the figures of docs/performance.md as ratios
	$(BIN)/python -m tests.bench

bench-scale: setup ## what a request costs with 1,000 and with 100,000 incidents
	$(BIN)/python -m tests.bench scale

bench-peers: setup ## alert intake beside Alerta's on one PostgreSQL; says why where it cannot be installed
	$(BIN)/python -m tests.bench.peers

lock: ## refresh the lock files (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q -o requirements.lock pyproject.toml
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-header -q --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml

clean: ## remove the virtual environment and local data
	rm -rf $(VENV) data
