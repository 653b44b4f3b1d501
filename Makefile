# Every target creates the environment it needs on first use. Settings, with their defaults:
#   PYTHON=python3  the interpreter that .venv is created with
#   VENV=.venv      the environment; `VENV=` uses $(PYTHON) directly and installs nothing
#   CUDA=           12 or 13; by default the version of the driver
#   TORCH=2.13.0    the PyTorch of `make peers`; the CPU build if pip is configured to find one
#   ARGS=           passed on to the program that the target runs
PYTHON ?= python3
VENV ?= .venv
TORCH ?= 2.13.0
CUDA ?= $(shell nvidia-smi 2>/dev/null | sed -n 's/.*CUDA[A-Z ]* Version: *\([0-9]*\).*/\1/p' | head -n 1)

ifeq ($(VENV),)
PY = $(PYTHON)
env = build/uninstalled/stamp
export PYTHONPATH := $(CURDIR)/build/uninstalled:$(CURDIR):$(CURDIR)/backends$(if $(PYTHONPATH),:$(PYTHONPATH))
else
BIN = $(VENV)/bin/
PY = $(BIN)python
env = $(VENV)/.installed-$(1)
endif

cuda_env = $(if $(CUDA),$(call env,$(if $(filter 12,$(CUDA)),cuda12,cuda13)))
backend_env = $(if $(filter cupy,$(TENSORLAB_BACKEND)),$(cuda_env))
workers = $(shell $(PY) -c "import xdist" 2>/dev/null && echo --numprocesses auto)

.DEFAULT_GOAL := help
.NOTPARALLEL:
.SECONDEXPANSION:
.PHONY: help demo course test coverage bench gpu gpu-test gpu-bench parity peers docs lint format clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

demo: $(call env,demo) $$(backend_env) ## train LeNet-5 on handwritten digits; results go to runs/
	$(PY) examples/lenet_digits.py $(ARGS)

course: $(call env,demo) $(call env,optim) $$(backend_env) ## run the lessons of the course; the page is runs/course/index.html
	$(PY) -m examples all $(ARGS)

test: $(call env,dev) $$(backend_env) ## run the test suite and the doctests
	$(PY) -m pytest $(workers) --doctest-modules tests tensorlab $(ARGS)

coverage: $(call env,dev) ## run `make test` and list the lines of the core that no test reaches, worst file first
	$(PY) -m coverage run -m pytest $(workers) --doctest-modules tests tensorlab $(ARGS)
	$(PY) -m coverage combine --quiet
	$(PY) -m coverage report

bench: $(call env,bench) $$(backend_env) ## run the benchmarks; results go to benchmarks/results/
	$(PY) -m pytest benchmarks $(ARGS)

gpu: gpu-test gpu-bench ## the whole GPU check: the suite on the cupy backend, then the benchmarks

gpu-test: $(call env,dev) $$(cuda_env) ## the suite on the cupy backend
	TENSORLAB_BACKEND=cupy $(PY) -m pytest $(ARGS)

gpu-bench: $(call env,bench) $$(cuda_env) ## the benchmarks on the cupy backend
	TENSORLAB_BACKEND=cupy $(PY) -m pytest benchmarks $(ARGS)

parity: $(call env,dev) $(call env,peers) ## compare layers, functions and optimizers with PyTorch
	$(PY) -c "import torch; print('PyTorch', torch.__version__)" # without it the tests would be skipped
	$(PY) -m pytest $(workers) tests/parity $(ARGS)

peers: $(call env,peers) ## install PyTorch, to benchmark against it

docs: $(call env,dev) ## rewrite the generated parts of docs/, and the types of tensors' methods
	$(PY) tools/docs.py

lint: $(call env,dev) ## check style, format, types and import direction
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m pyright --pythonpath $(PY) --warnings
	$(BIN)lint-imports

format: $(call env,dev) ## rewrite the code in the project's format
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean: ## remove the environment, build output and caches (keeps runs/)
	rm -rf $(VENV) build dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache .hypothesis .benchmarks .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@echo "Creating the environment $(VENV)"
	$(PYTHON) -m venv $(VENV)

# One stamp per extra; dev holds demo, bench and optim.
$(VENV)/.installed-%: pyproject.toml | $(VENV)/bin/python
	@echo "Installing tensorlab and its extra '$*' into $(VENV): once, in about a minute"
	$(PY) -m pip install --disable-pip-version-check --editable '.[$*]' $(if $(filter peers,$*),torch==$(TORCH))
	@touch $@ $(if $(filter dev,$*),$(call env,demo) $(call env,bench) $(call env,optim))

# Without an installation, this folder on PYTHONPATH gives the version and the entry points.
build/uninstalled/stamp: pyproject.toml tools/dist_info.py
	$(PY) tools/dist_info.py $(@D)
	@touch $@
