# Two commands: `make run` and `make test`. Works with GNU make 3.81 and later, on Linux and macOS.
SHELL := /bin/bash
.DEFAULT_GOAL := help
BIN := .venv/bin
STAMP := .venv/.stamp
CLASSES := .venv/.classes
FIRST := 2026-03-02
LAST := 2026-04-05
# the newest Python that is there and works; `make PYTHON=…` takes another
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do $$p -c 'import ensurepip, sys; \
	sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
# a module is compiled when it is first imported: all of them at once take a minute
PIP := --disable-pip-version-check --no-compile
AIRFLOW := .venv-airflow/bin
AIRFLOW_STAMP := .venv-airflow/.stamp
AUDIT := .venv-audit/bin
AUDIT_STAMP := .venv-audit/.stamp

.PHONY: help setup run airflow test tests dags drills lint audit score bench size clean java python

help: ## this page
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' Makefile

setup: $(CLASSES) ## .venv with all that is needed, in the versions of constraints.txt

run: setup demo/.stamp ## 35 nights of the whole pipeline over the demo country
	$(BIN)/sojourn run --conf conf/local.yaml --from $(FIRST) --to $(LAST) --provisional
	$(BIN)/sojourn report --conf conf/local.yaml --out demo/report.html
	@echo
	@echo "report         demo/report.html             opens in a browser, without network"
	@echo "configuration  conf/local.yaml              what it means: its comments; copy it to begin with your own"
	@echo "landing zone   demo/landing                 the files of an invented operator, 35 days of them"
	@echo "planted truth  demo/truth                   what should be found, for those who compare"
	@echo "tables         demo/lake/restricted, demo/lake/published   (sojourn tables says what each row is)"
	@echo "checks         demo/lake/data_docs/index.html   opens in a browser"

airflow: setup $(AIRFLOW_STAMP) demo/.stamp ## Airflow on its embedded default, with the demo country ready to run
	@exec conf/airflow.sh

test: ## every test: unit, spark, e2e, browser, dags
	@conf/need.sh browser
	@$(MAKE) --no-print-directory -j 2 setup $(AIRFLOW_STAMP) lint
	@$(MAKE) --no-print-directory -j 2 tests dags

tests:
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder tests/unit tests/spark tests/e2e tests/browser

dags:
	$(AIRFLOW)/python -m pytest --confcutdir=tests/dags tests/dags

drills: setup $(AIRFLOW_STAMP) ## faults, a cluster, S3, Airflow on PostgreSQL, an hour or two: what make test leaves out
	@conf/need.sh postgres
	$(BIN)/python -m pytest tests/drills

lint: $(STAMP) ## ruff, mypy and the import laws
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

audit: setup $(AIRFLOW_STAMP) $(AUDIT_STAMP) ## known vulnerabilities of all packages, and bills of materials in dist/
	@$(AUDIT)/python deploy/audit.py

score: setup ## what was found against what was planted, into docs/accuracy.md (after make run)
	$(BIN)/python -m sojourn.demo.score --conf demo/conf.yaml --out docs/accuracy.md

bench: setup ## sojourn beside DuckDB, into docs/benchmarks.md: EVENTS=1000000 NIGHTS=1 FORMAT=csv RUNS=3
	$(BIN)/python bench/run.py

size: ## lengths of files and functions against the design's figures: a report, not a gate
	@$(or $(wildcard $(BIN)/python),python3) bench/size.py

clean: ## removes the environments, the demo country with its lake, and caches
	rm -rf .venv .venv-airflow .venv-audit demo build dist spark-warehouse metastore_db derby.log *.egg-info .hypothesis .*_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml constraints.txt | java python
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install $(PIP) -e '.[dev]' -c constraints.txt
	@echo "Delta's jars, once, beside those of PySpark:"
	$(BIN)/python -m sojourn.session jars
	@touch $@

$(CLASSES): $(STAMP)
	@echo "An archive of classes, for the JVM to start in half the time:"
	$(BIN)/python -m sojourn.session rehearse
	@touch $@

$(AIRFLOW_STAMP): constraints-airflow.txt | python
	test -x $(AIRFLOW)/python || $(PYTHON) -m venv .venv-airflow
	$(AIRFLOW)/python -m pip install $(PIP) -c constraints-airflow.txt \
		apache-airflow apache-airflow-providers-apache-spark psycopg2-binary asyncpg pytest pytest-timeout
	@touch $@

$(AUDIT_STAMP): constraints-audit.txt | python
	test -x $(AUDIT)/python || $(PYTHON) -m venv .venv-audit
	$(AUDIT)/python -m pip install $(PIP) -c constraints-audit.txt pip-audit cyclonedx-bom PyYAML
	@touch $@

# another demo country is another lake: mixed with the former one it would be nobody's
demo/.stamp: $(wildcard sojourn/demo/*.py) | setup
	rm -rf demo/landing demo/truth demo/lake
	$(BIN)/sojourn demo --out demo
	@touch $@

java:
	@conf/need.sh java

python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 with ensurepip is missing:" \
		"apt-get install python3 python3-venv  (or brew install python@3.12)" >&2; exit 1; }
