# Everything lives in .venv; `make demo` and `make test` need nothing but Python 3.11 to 3.13 (PYTHON=python3.12 to choose).
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo study site-demo test test-fast test-gate test-long torture lint ssf-validator clean

demo: .venv/installed
	$(BIN)/python -m msk_jax.train --config=configs/knee.py

# The whole study in miniature, on a phantom, up to its site. The same command resumes.
STUDY := workspace_study
study: .venv/installed .venv-launch/installed
	$(BIN)/python -m msk_jax.study --config=configs/study.py:miniature --workdir=$(STUDY) --run=local

# The site of simulated predictions with genotypes and X variables: every stage but the trainings. The same command resumes.
SITE_DEMO := workspace_site_demo
site-demo: .venv/installed
	$(BIN)/python -m msk_jax.simulate_predictions --workdir=$(SITE_DEMO) \
	  --config=configs/simulated.py:genotypes=true,exposures=true,small=true,num_participants=3000
	$(BIN)/python -m msk_jax.ensemble --workdir=$(SITE_DEMO)
	$(BIN)/python -m msk_jax.evaluate --workdir=$(SITE_DEMO) --config.evaluate.has_figures=false
	$(BIN)/python -m msk_jax.ages --workdir=$(SITE_DEMO) --config.ages.has_figures=false
	$(BIN)/python -m msk_jax.xwas --workdir=$(SITE_DEMO) --config=configs/xwas.py:prediction=quick --config.xwas.has_figures=false
	$(BIN)/python -m msk_jax.gwas --workdir=$(SITE_DEMO)
	$(BIN)/python -m msk_jax.loci --workdir=$(SITE_DEMO) --config.loci.has_figures=false
	$(BIN)/python -m msk_jax.release --workdir=$(SITE_DEMO)
	$(BIN)/python -m msk_jax.site --workdir=$(SITE_DEMO)

# TESTS: which of them, e.g. `make test-long TESTS=tests/planning`. `make test MARKED=` runs all in one go, also the long ones.
MARKED := not long and not gate
TESTS :=
test: .venv/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations=20 -rs -m "$(MARKED)" $(TESTS)

test-gate:
	$(MAKE) test MARKED="gate and not long"

test-long:
	$(MAKE) test MARKED=long

test-fast: .venv/installed-test
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow"

# Commands of a small study are killed and hindered, and run again; input files are damaged and read. The same command resumes.
MINUTES := 30
COUNT := 10000
SEED := 0
LOGS := build
torture: .venv/installed-test
	mkdir -p $(LOGS)
	status=0; \
	$(BIN)/python -m tests.torture --minutes=$(MINUTES) --seed=$(SEED) --log=$(LOGS)/torture.jsonl || status=1; \
	$(BIN)/python -m tests.mutants --count=$(COUNT) --log=$(LOGS)/mutants.jsonl || status=1; \
	exit $$status

lint: .venv/installed-test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyrefly check

# gwas-sumstats-tools, for tests/shared_release/test_official_validator.py: an environment within the environment.
ssf-validator: .venv/ssf-validator/installed

.venv/ssf-validator/installed: tests/shared_release/validator_requirements.txt | .venv/installed
	$(PYTHON) -m venv .venv/ssf-validator
	.venv/ssf-validator/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

.venv/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

.venv/installed-test: .venv/installed requirements-test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-test.txt
	touch $@

.venv-launch/installed: launch/requirements.txt
	$(PYTHON) -m venv .venv-launch
	.venv-launch/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	touch $@

clean:
	rm -rf .venv .venv-launch build *.egg-info
