# The project's public face. `make help` lists the targets.
PYTHON ?= python3
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
WORKERS ?= 2

.DEFAULT_GOAL := help
.PHONY: help run test payment3p pipeline check torture format bench package lock migrations deploy rollback undeploy clean

help: ## list the targets
	@grep -E '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "AspireClothes needs Python 3.11 or newer")'
	@test -x $(BIN)/python || { echo "Making the virtual environment in $(VENV)"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing the locked dependencies"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	@touch $@

run: $(READY) ## the shop on http://127.0.0.1:8000 (PORT=... changes it), set up on first use
	@PORT=$(PORT) END_WITH_PARENT=1 exec $(BIN)/python manage.py run

.PHONY: twin
twin: $(READY) ## the same shop on a pretended AWS: bus, queues, tables and mails at /sandbox/twin/
	@PORT=$(PORT) END_WITH_PARENT=1 DJANGO_SETTINGS_MODULE=storefront.settings.twin exec $(BIN)/python manage.py twin

test: $(READY) payment3p ## every test: unit, contract, journeys, browser
	@$(BIN)/python -m storefront.testing

payment3p: $(READY) ## synthesize and test the CDK app of infra/payment3p, in an environment of its own
	@$(BIN)/python -m infra.payment3p.testing

pipeline: $(READY) ## what the pipeline does before it deploys, by its own buildspecs: test, then package
	@$(BIN)/python -m deploy.buildspec test package

check: $(READY) ## ruff, mypy, import-linter, template lint, migration check
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/lint-imports
	@$(BIN)/djlint --lint --quiet templates sandbox/templates
	@$(BIN)/python manage.py makemigrations --check --dry-run
	@$(BIN)/python manage.py check --fail-level WARNING
	@$(BIN)/python -m deploy.migrations

format: $(READY) ## put the code into the project's format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

torture: $(READY) ## the long proofs: purchases under crashes and races, stock under four processes, tests against a broken shop
	@$(BIN)/python -m torture
	@$(BIN)/python -m torture.stock
	@$(BIN)/python -m torture.mutants

bench: $(READY) ## the benchmarks: prints figures, judges nothing
	@$(BIN)/python -m bench

package: $(READY) ## the zip for AWS Lambda, in dist/
	@$(BIN)/python -m deploy.package

DEPLOY = $(BIN)/python -m deploy.release
deploy: $(READY) ## release this tree on STAGE=dev|staging|production (DRY_RUN=1 looks and changes nothing)
	@$(DEPLOY) deploy $(STAGE) $(if $(DRY_RUN),--dry-run) $(if $(PACKAGE),--package $(PACKAGE))

rollback: $(READY) ## go back to the release before the live one on STAGE=...
	@$(DEPLOY) rollback $(STAGE) $(if $(DRY_RUN),--dry-run)

.PHONY: manage
manage: $(READY) ## run a command in the function of STAGE=..., such as COMMAND="reconcile --days 5"
	@$(BIN)/python -m deploy.account $(STAGE) "$$COMMAND"

undeploy: $(READY) ## take the function and its gateway away from STAGE=...; data stays
	@$(DEPLOY) undeploy $(STAGE) $(if $(DRY_RUN),--dry-run)

LOCK := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links --no-emit-options
lock: $(READY) ## lock the dependencies anew, with hashes and without any index address (UPGRADE=--upgrade for newer ones)
	@mkdir -p .local
	@{ $(LOCK) $(UPGRADE) --output-file requirements/base.txt pyproject.toml && \
	$(LOCK) $(UPGRADE) --extra dev --constraint requirements/base.txt --output-file requirements/dev.txt pyproject.toml && \
	$(LOCK) $(UPGRADE) --output-file infra/payment3p/requirements.txt infra/payment3p/requirements.in; \
	} > .local/lock.log 2>&1 || { sed -E 's#[a-z+]+://[^ ]+#(address)#g' .local/lock.log; exit 1; }

migrations: $(READY) ## make the first migration anew (until the first production deploy there is only one)
	@mkdir -p .local; rm -f shop/migrations/0001_initial.py
	@mv shop/migrations/0002_guards.py .local/  # it depends on the one that is being made
	@$(BIN)/python manage.py makemigrations shop --name initial; mv .local/0002_guards.py shop/migrations/

clean: ## throw away the virtual environment, the local database, pictures and mails
	rm -rf $(VENV) .local .mypy_cache .ruff_cache .pytest_cache
