# Everything a newcomer needs: `make serve` and `make test`. Both create what they need in .venv.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8080
BIN     = $(VENV)/bin

.PHONY: serve test lint bench fuzz parity goldens lock clean help

help:  ## Say what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /make \1\t/' | expand -t 16

$(VENV)/.serve: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -m compileall -q policy scorer
	@touch $@

$(VENV)/.test: requirements-dev.lock $(VENV)/.serve
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

serve: $(VENV)/.serve  ## Decide logins on 127.0.0.1:8080 with the embedded default
	$(BIN)/scoregate serve configs/ --port $(PORT) --log log

test: $(VENV)/.test  ## Run every test
	$(BIN)/python -m pytest

lint: $(VENV)/.test  ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/.test  ## Measure speed; prints ratios beside their targets
	$(BIN)/python tests/bench/run.py

fuzz: $(VENV)/.test  ## Try 100,000 random policy files, 20,000 mutated saves, 10 million decisions
	$(BIN)/python tests/fuzz/policies.py 100000
	$(BIN)/python tests/fuzz/saves.py 20000
	$(BIN)/python tests/fuzz/evaluations.py 10000000

parity: $(VENV)/.test  ## Compare with every golden answer of Spark; writes the table in scorer/README.md
	$(BIN)/python tests/scorer/parity.py

SPARKS = 3.5.9 4.0.5 4.1.1 4.3.0

goldens:  ## Ask real Spark again, in its versions (needs Java 17)
	@for spark in $(SPARKS); do \
	    test -x $(VENV)-spark-$$spark/bin/python || $(PYTHON) -m venv $(VENV)-spark-$$spark; \
	    $(VENV)-spark-$$spark/bin/python -m pip install --quiet --disable-pip-version-check \
	        pyspark==$$spark numpy pandas pyarrow setuptools && \
	    $(VENV)-spark-$$spark/bin/python tests/golden/make.py || exit 1; \
	done

lock:  ## Pin the newest versions that pyproject.toml allows (needs uv)
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	    --extra all --group build pyproject.toml --output-file requirements.lock
	uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --python-version 3.11 \
	    --extra all --group build --group dev pyproject.toml --output-file requirements-dev.lock

clean:  ## Remove what make made
	rm -rf $(VENV) $(VENV)-spark-* .mypy_cache .ruff_cache .pytest_cache .hypothesis dist log
