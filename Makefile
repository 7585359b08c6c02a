# Two commands do everything: `make demo` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: demo test attack audit goldens lint package bench browser clean

demo: $(VENV)/ready
	rm -rf demo
	mkdir demo
	$(BIN)/semscan train sample_images/lines --out demo/model --steps 500 > demo/train.json
	$(BIN)/semscan inspect sample_images/wafer.png --model demo/model --threshold 0.5 --out demo/results > demo/wafer.json
	@cat demo/wafer.json
	@echo
	@echo "The overlay, with the defects outlined: demo/results/wafer.overlay.png"

test: $(VENV)/ready
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# Hostile files, and kills at random moments, for hours: seeds and options as in tests/attack/__main__.py.
ATTACK ?= --images 100000 --models 10000 --records 10000 --kills 1000 --trainings 200 --moments --seed 1
attack: $(VENV)/ready
	$(BIN)/python -m tests.attack $(ATTACK)

# Known faults of the libraries that are installed; skipped where the package index cannot be reached.
audit: $(VENV)/ready
	$(BIN)/python .ci/audit.py

# Record the results of the commands on sample_images anew, and print what changed.
goldens: $(VENV)/ready
	$(BIN)/python -m tests.goldens.renew

lint: $(VENV)/ready
	$(BIN)/ruff check semscan tests benchmarks .ci
	$(BIN)/ruff format --check semscan tests benchmarks .ci
	$(BIN)/mypy
	$(BIN)/lint-imports

# Build wheel and source distribution, check what they hold, and try the wheel without extras in a clean environment.
package: $(VENV)/ready
	rm -rf build dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python .ci/check_package.py dist
	PYTHON=$(PYTHON) .ci/light

# For the tests of the HTML report, which are skipped without one; a Chromium of the system does as well.
browser: $(VENV)/ready
	$(BIN)/python -m playwright install chromium

bench: $(VENV)/ready
	$(BIN)/python benchmarks/run.py
	$(BIN)/python benchmarks/training_free.py generated
	$(BIN)/python benchmarks/pairs.py

clean:
	rm -rf $(VENV) demo build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache bench-out

$(VENV)/ready: setup.cfg pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable ".[train,test,lint]"
	@$(BIN)/python -c "import cv2" || { \
	  echo "OpenCV cannot be loaded (most often libGL is missing on a machine without a screen)."; \
	  echo "Either install it:      sudo apt-get install libgl1 libglib2.0-0"; \
	  echo "or use the headless build:  $(BIN)/pip uninstall opencv-python && $(BIN)/pip install opencv-python-headless"; \
	  exit 1; }
	touch $@
