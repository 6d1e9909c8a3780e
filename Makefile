# Every target does all the set-up it needs: a fresh clone and Python >= 3.11 are enough.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
# For `make faults`: it takes hours, and may be run in parts, one after the other, until all rows have run.
ROWS ?= all
SOURCES := config parsers rules templates daemon tests
# Two files at a time: most of a test with a daemon is waiting.
TWO := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test fast lint fix bench faults row fuzz corpus clean

run: $(STAMP)  ## the example group on loopback ports: sends the sample mails and shows what became of them
	@$(PY) -m tests.demo

test: $(STAMP)  ## everything; tests against programs that are not installed are skipped and say which package to install
	$(PY) -m pytest -q $(TWO) -m "not alone"
	$(PY) -m pytest -q -m alone

fast: $(STAMP)  ## without what takes more than a few seconds each, or the whole machine: kills, poison, full disks
	$(PY) -m pytest -q $(TWO) -m "not slow and not alone"

lint: $(STAMP)
	$(VENV)/bin/ruff check $(SOURCES)
	$(VENV)/bin/ruff format --check $(SOURCES)
	$(VENV)/bin/mypy

fix: $(STAMP)
	$(VENV)/bin/ruff check --fix $(SOURCES)
	$(VENV)/bin/ruff format $(SOURCES)

bench: $(STAMP)  ## against Postfix, aiosmtpd and mail-parser; BENCH=short for a few minutes only
	$(PY) -m tests.bench

faults: $(STAMP)  ## the matrix of faults and threats at full length, for hours; writes docs/reliability.md. A part: ROWS=R1,R7
	POSTROOM_FAULT_ROUNDS=100 $(PY) -m pytest -q tests --row $(ROWS) --junitxml=build/faults/$(ROWS).xml; \
	tests=$$?; $(PY) -m tests.matrix && exit $$tests

row: $(STAMP)  ## one row of it, at the length of every run: make row ROW=R7; POSTROOM_FAULT_ROUNDS=100 for all of it
	$(PY) -m pytest -q tests --row $(ROW)

fuzz: $(STAMP)  ## random sessions and mails at full length: 100,000; then ten minutes guided by coverage
	POSTROOM_FUZZ_CASES=100000 $(PY) -m pytest -q tests/security tests/fuzz tests/unit/parsers tests/faults/test_r18_ten_years.py tests/unit/rules/test_quiet_years.py tests/unit/rules/test_visit_walks.py
	$(PY) -m tests.fuzz 10

corpus: $(STAMP)  ## what is read of the sample mails in POSTROOM_CORPUS, per set and field
	$(PY) -m tests.corpus_report

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find $(SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMP): pyproject.toml
	test -x $(PY) || $(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	touch $@
