"""README.md and docs/, taken apart; and a folder that holds what their commands name."""

from __future__ import annotations

import itertools
import json
import os
import re
import runpy
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TOO_LONG = "<!-- test: too long, parsed only -->"
SETUP = ("make", "pip", "python", ".")  # what a line that only installs begins with


@dataclass(frozen=True)
class Block:
    """A fenced block: its page's path below the project, the line it begins at, its language and text."""

    page: str
    line: int
    language: str
    text: str
    too_long: bool

    @property
    def id(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True)
class Line:
    """A command of a shell block, comment removed, as one would type it."""

    page: str
    number: int
    text: str

    @property
    def id(self) -> str:
        return f"{self.page}:{self.number}"

    @property
    def tokens(self) -> list[str]:
        """Words and operators; quotes removed."""
        words = shlex.shlex(self.text, posix=True, punctuation_chars=True)
        words.whitespace_split = True
        return list(words)

    @property
    def arguments(self) -> list[str]:
        """What follows `semscan` up to the next pipe or redirection; empty if semscan is not called."""
        tokens = self.tokens
        if "semscan" not in tokens:
            return []
        rest = tokens[tokens.index("semscan") + 1 :]
        ends = (n for n, token in enumerate(rest) if set(token) <= set("|&;<>()"))
        return rest[: next(ends, len(rest))]

    @property
    def tools(self) -> set[str]:
        """The programs that the line begins with or pipes into."""
        tokens = self.tokens
        return {tokens[0], *(after for before, after in itertools.pairwise(tokens) if before == "|")} - {"semscan"}

    @property
    def after(self) -> str | None:
        """The shell's part of a line that begins with semscan: "" without one, what it pipes into, or "cat > FILE".

        None if the whole line is the shell's.
        """
        tokens = self.tokens
        operator = (tokens[1 + len(self.arguments) :] or [""])[0]
        if tokens[0] != "semscan" or operator not in ("", "|", ">"):
            return None
        rest = self.text[self.text.index(operator) :] if operator else ""
        return f"cat {rest}" if operator == ">" else rest.removeprefix("|")

    @property
    def setup(self) -> bool:
        """Whether the line only installs something."""
        return self.tokens[0] in SETUP


def blocks() -> list[Block]:
    """Every fenced block of every page."""
    made = []
    for page in PAGES:
        text = page.read_text("utf-8")
        for match in FENCE.finditer(text):
            number = text[: match.start()].count("\n") + 1
            too_long = text[: match.start()].rstrip().endswith(TOO_LONG)
            made.append(Block(page.relative_to(ROOT).as_posix(), number, match[1], match[2], too_long))
    return made


def lines() -> list[Line]:
    """Every command: each line of the blocks in sh, and what follows `$` in sessions."""
    made = []
    for block in blocks():
        if block.language not in ("sh", "console"):
            continue
        for number, text in enumerate(block.text.splitlines(), start=block.line + 1):
            typed = text.removeprefix("$ ") if block.language == "console" else text
            if typed.startswith("#") or not typed.strip() or (block.language == "console" and typed is text):
                continue
            made.append(Line(block.page, number, typed.split("   #")[0].strip()))
    return made


def pytest_generate_tests(metafunc):
    """One test for each command and for each configuration file."""
    if "line" in metafunc.fixturenames:
        run = [line for line in lines() if not line.setup]
        metafunc.parametrize("line", run, ids=[line.id for line in run])
    if "toml" in metafunc.fixturenames:
        tables = [block for block in blocks() if block.language == "toml"]
        metafunc.parametrize("toml", tables, ids=[block.id for block in tables])


@pytest.fixture(scope="session")
def pages():
    """README.md and the pages of docs/."""
    return PAGES


@pytest.fixture(scope="session")
def fenced():
    """Every fenced block."""
    return blocks()


@pytest.fixture(scope="session")
def typed():
    """Every command, those that install included."""
    return lines()


@pytest.fixture(scope="session")
def run_here():
    """Run semscan in this process, in a folder; returns the exit code."""
    from semscan.cli.main import main

    def run(folder, *arguments):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            patch.setattr(sys, "argv", ["semscan", *arguments])
            patch.delenv("SEMSCAN_MODEL", raising=False)
            with pytest.raises(SystemExit) as ended:
                main(arguments)
        return ended.value.code

    return run


def _crop(source: Path, target: Path, side: int = 128, corner: tuple[int, int] = (0, 0)) -> None:
    import cv2

    target.parent.mkdir(parents=True, exist_ok=True)
    pixels = cv2.imread(str(source), cv2.IMREAD_GRAYSCALE)[corner[0] :, corner[1] :][:side, :side]
    target.write_bytes(cv2.imencode(target.suffix, pixels)[1].tobytes())


def _data(folder: Path) -> None:
    """A training folder of small crops with good and defective test images."""
    lines_, masks = ROOT / "sample_images" / "lines", "ground_truth/bridge"
    for name in ("000", "001", "002", "003"):
        _crop(lines_ / f"train/good/{name}.png", folder / f"train/good/{name}.png")
    for name in ("000", "001"):
        _crop(lines_ / f"test/good/{name}.png", folder / f"test/good/{name}.png")
        _crop(lines_ / f"test/bridge/{name}.png", folder / f"test/bridge/{name}.png")
        _crop(lines_ / f"{masks}/{name}_mask.png", folder / f"{masks}/{name}_mask.png")


def _fab(folder: Path) -> None:
    """A KLARF file of one defect, and tables of places and of class numbers."""
    (folder / "W07.001").write_text(
        'FileVersion 1 2;\nLotID "L1";\nTiffFileName wafer.tif;\nDiePitch 5000 5000;\nWaferID "W07";\n'
        "DefectRecordSpec 8 DEFECTID XREL YREL XINDEX YINDEX CLASSNUMBER IMAGECOUNT IMAGELIST ;\n"
        "DefectList\n 1 100 200 0 0 0 1 1 1 0;\nEndOfFile;\n"
    )
    header = "image,lot,wafer,slot,step,device,die_column,die_row,x_um,y_um,die_pitch_x_um,die_pitch_y_um"
    end = ",5000,5000,0,0,300,NOTCH,DOWN\n"
    (folder / "places.csv").write_text(
        f"{header},centre_x_um,centre_y_um,sample_size_mm,mark,orientation\n"
        f"lot7/a.tif,L1,W07,7,ADI,D,0,0,10,10{end}lot7/b b.tif,L1,W07,7,ADI,D,1,0,10,10{end}"
    )
    (folder / "codes.toml").write_text("[codes]\nunclassified = 0\n")


def _write_calibrated(folder: Path) -> None:
    """The threshold of a method without training, which the folder's suffix names."""
    from semscan.files.models.method_folder import method_config_text
    from semscan.pipeline.methods.raw_map import raw_map
    from semscan.values.method import MethodConfig
    from semscan.values.model.calibration import Calibration

    calibration = Calibration(1.2, 0.1, 0.0, "2 good images of lot8/good")
    folder.mkdir()
    method = folder.suffix.removeprefix(".")
    config = MethodConfig("0.1.0", method, raw_map(method), calibration)
    (folder / "config.json").write_text(method_config_text(config), "utf-8")


def _review(results: Path) -> None:
    """Decide about the regions of the first image, real and harmless in turn."""
    record = json.loads((results / "results.jsonl").read_text("utf-8").splitlines()[0])
    about = {
        "at": "2026-01-31T09:30:00Z",
        "by": None,
        "image": record["image"],
        "class": None,
        "polygon": None,
        "note": None,
    }
    decided = [
        about | {"region": region["id"], "verdict": ("real", "harmless")[place % 2], "bbox": region["bbox"]}
        for place, region in enumerate(record["regions"])
    ]
    (results / "review.jsonl").write_text("".join(json.dumps(one) + "\n" for one in decided), "utf-8")


def _write_model():
    return runpy.run_path(str(ROOT / "tests" / "conftest.py"))["write_model"]


@pytest.fixture(scope="session")
def template(tmp_path_factory, run_here):
    """A folder with everything that the commands of the docs name; its models find bright spots, at once."""
    write_model = _write_model()
    folder = tmp_path_factory.mktemp("docs")
    samples = ROOT / "sample_images"
    (folder / "sample_images").symlink_to(samples)
    for name in ("wafer.png", "wafer.tif"):
        _crop(samples / "wafer.png", folder / name, side=320)
    for name in ("a", "b b"):
        _crop(samples / "lines/test/bridge/000.png", folder / f"lot7/{name}.tif", side=96)
        _crop(samples / "lines/ground_truth/bridge/000_mask.png", folder / f"masks/{name}.png", side=96)
    for die in ("1", "2"):
        _crop(samples / f"lines/test/good/00{die}.png", folder / f"die{die}.tif", side=128)
        _crop(samples / f"lines/test/good/00{die}.png", folder / f"dies{die}/a.tif", side=128)
    for number, corner in enumerate([(0, 0), (12, 5), (5, 17), (20, 9)]):
        _crop(samples / "wafer.png", folder / f"dies/{number}.tif", side=160, corner=corner)
    for name in ("000", "001"):
        _crop(samples / f"lines/train/good/{name}.png", folder / f"lot8/good/{name}.png", side=192)
        for kind in ("good", "bridge"):
            _crop(samples / f"classes/train/{kind}/{name}.png", folder / f"classes/{kind}/{name}.png", side=48)
    _fab(folder)
    _data(folder / "data")
    _data(folder / "week2")
    for name in ("semscan-model", "lines.model", "lines2.model", "models/lines", "demo/model"):
        write_model(folder / name)
    for name in ("lot8.periodic", "dies.reference"):
        _write_calibrated(folder / name)
    for out in ("semscan-results", "o"):
        assert run_here(folder, "inspect", "lot7", "--out", out, "--nm-per-px", "1.3", "-q") == 0
        _review(folder / out)
    assert run_here(folder, "inspect", "--klarf-in", "W07.001", "--out", "reviewed", "--nm-per-px", "2", "-q") == 0
    shutil.copy(folder / "semscan-results" / "results.jsonl", folder / "marked.jsonl")
    for name in ("W01", "W02", "W03"):
        shutil.copytree(folder / "o", folder / name)
    return folder


@pytest.fixture
def world(template, tmp_path):
    """A copy of `template` for one test."""
    return Path(shutil.copytree(template, tmp_path / "world", symlinks=True))


@pytest.fixture(scope="session")
def network(tmp_path_factory):
    """A model that TensorFlow can load: a whole attention CNN, which nobody has trained."""
    from semscan.model.build import build, start
    from semscan.model.export.to_onnx import to_onnx
    from semscan.values.model.config import NetworkConfig

    start(0, "float32")
    made = build(NetworkConfig("attention-cnn", "soft-mask", ("good", "bridge"), "good"))
    graph, _ = to_onnx(made, np.random.default_rng(0).normal(size=(2, 32, 32)).astype(np.float32), logit_map=False)
    names = {"classes": ["good", "bridge"], "good": "good", "attention": "soft-mask"}
    folder = _write_model()(tmp_path_factory.mktemp("network") / "tiny.model", graph=graph, **names)
    made.save_weights(folder / "weights.weights.h5")
    return folder


@pytest.fixture(scope="session")
def shell(tmp_path_factory):
    """The environment of a shell in which `semscan` is this semscan."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "semscan"
    script.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m semscan "$@"\n')
    script.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if name != "SEMSCAN_MODEL"}
    return {**kept, "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
