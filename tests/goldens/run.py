"""Find the golden cases, run one through the command line, and read and write what is expected of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from tests.goldens import reduce

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES = HERE / "cases"
CLASSES = ("behaviour", "wording")
STREAMS = ("stdout", "stderr", "code")


@dataclass
class Case:
    """One folder below `cases`: the commands of `command.txt`, run in turn in one folder."""

    folder: Path
    commands: list[str] = field(default_factory=list)
    varies: frozenset[str] = frozenset()
    any_picture: bool = False
    any_number_in_words: bool = False

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    def in_words(self, kind: str) -> str:
        """How near numbers inside of texts have to be: exact, near or any."""
        if kind == "behaviour":
            return "exact"
        return "any" if self.any_number_in_words else "near"


def read_case(folder: Path) -> Case:
    """Read `command.txt` of a case: commands, and `# key: value` lines about what cannot be compared."""
    case = Case(folder)
    for line in (folder / "command.txt").read_text("utf-8").splitlines():
        key, _, value = line.removeprefix("#").partition(":")
        if line.startswith("semscan "):
            case.commands.append(line)
        elif line.startswith("#") and key.strip() == "varies":
            case.varies |= frozenset(value.split())
        elif line.startswith("#") and key.strip() == "pictures":
            case.any_picture = value.strip() == "size only"
        elif line.startswith("#") and key.strip() == "words":
            case.any_number_in_words = value.strip() == "any number"
        elif line and not line.startswith("# "):
            raise ValueError(f"{folder.name}/command.txt: {line!r} is neither a semscan command nor a comment")
    return case


def find_cases() -> list[Case]:
    """Find every case by the name of its file, in order."""
    return [read_case(path.parent) for path in sorted(CASES.glob("*/command.txt"))]


def make_inputs(folder: Path) -> None:
    """Make the images that the cases need beyond `sample_images`, from it; the same bytes each time."""
    samples = ROOT / "sample_images"
    for path in sorted((HERE / "inputs").rglob("*")):
        if path.is_file():
            _copy(path, folder / path.relative_to(HERE / "inputs"))

    wafer = cv2.imread(os.fspath(samples / "wafer.png"), cv2.IMREAD_GRAYSCALE)
    _write_png(folder / "die1.png", wafer[3:387, 5:389])  # as wafer.png, 5 px to the right and 3 px down
    die2 = wafer[:384, :384].copy()
    cv2.circle(die2, (250, 120), 9, 235, -1)
    _write_png(folder / "die2.png", cv2.GaussianBlur(die2, (3, 3), 0.8))

    for name in ("000", "001", "002", "003"):
        image = cv2.imread(os.fspath(samples / "lines/train/good" / f"{name}.png"), cv2.IMREAD_GRAYSCALE)
        _write_png(folder / "lines/good" / f"{name}.png", image[64:192, 64:192])
    for kind in ("good", "missing", "particle"):
        for name in ("000", "001"):
            _copy(samples / "contacts/test" / kind / f"{name}.png", folder / "contacts/test" / kind / f"{name}.png")
            mask = samples / "contacts/ground_truth" / kind / f"{name}_mask.png"
            if mask.exists():
                _copy(mask, folder / "contacts/ground_truth" / kind / mask.name)


def run_case(case: Case, here: Path) -> dict[str, dict[str, Any]]:
    """Run the commands of a case in the new folder `here`.

    Returns what is compared, as {"behaviour": {name: value}, "wording": {name: value}}; a value is JSON or,
    for a picture, an array.
    """
    here = here.resolve()
    here.mkdir(parents=True)
    (here / "sample_images").symlink_to(ROOT / "sample_images", target_is_directory=True)
    make_inputs(here / "inputs")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SEMSCAN_", "COLUMNS"))}

    reducer = reduce.Reducer(here, ROOT, case.varies, size_only=case.any_picture)
    commands = []
    with tempfile.TemporaryDirectory() as streams:
        subprocess.run(
            [sys.executable, HERE / "run_in_turn.py", streams, *case.commands],
            stdin=subprocess.DEVNULL,
            cwd=here,
            env=environment,
            timeout=600,
            check=True,
        )
        for number, line in enumerate(case.commands, 1):
            stdout, stderr, code = (Path(streams, f"{number}.{name}").read_text("utf-8") for name in STREAMS)
            answer = reducer.stdout(f"{number} stdout", stdout, line)
            reducer.words(f"{number} stderr", stderr)
            commands.append({"command": line, "exit": int(code), "stdout": answer})
    reducer.behaviour["commands"] = commands
    made = (path for path in sorted(here.rglob("*")) if path.is_file())
    for path in made:
        name = path.relative_to(here).as_posix()
        if not name.startswith(("inputs/", "sample_images/")):
            reducer.file(name, path)
    reducer.fold_copies()
    return {"behaviour": reducer.behaviour, "wording": reducer.wording}


def load(case: Case, kind: str) -> dict[str, Any]:
    """Load what is expected: `behaviour` or `wording`. Empty where nothing was recorded."""
    folder = case.folder / kind
    expected: dict[str, Any] = {}
    if (folder / "expected.json").exists():
        expected = json.loads((folder / "expected.json").read_text("utf-8"))
    for path in sorted(folder.rglob("*.png")):
        pixels = cv2.imread(os.fspath(path), cv2.IMREAD_UNCHANGED)
        expected[path.relative_to(folder).as_posix() + ":picture"] = pixels
    return expected


def save(case: Case, kind: str, found: dict[str, Any]) -> None:
    """Write what is expected of a case from now on; pictures as PNG."""
    folder = case.folder / kind
    for path in sorted(folder.rglob("*.png")):
        path.unlink()
    values = {name: value for name, value in found.items() if not isinstance(value, np.ndarray)}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "expected.json").write_text(_dump(values) + "\n", "utf-8")
    for name, value in found.items():
        if isinstance(value, np.ndarray):
            _write_png(folder / name.removesuffix(":picture"), value)


def _dump(value: Any, indent: str = "") -> str:
    """JSON with a list or mapping of plain values on one line, where it fits."""
    short = json.dumps(value, ensure_ascii=False)
    if len(short) + len(indent) <= 118 or not isinstance(value, (dict, list)):
        return short
    inner = indent + " "
    if isinstance(value, dict):
        lines = [f"{inner}{json.dumps(key, ensure_ascii=False)}: {_dump(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{indent}}}"
    return "[\n" + ",\n".join(inner + _dump(item, inner) for item in value) + f"\n{indent}]"


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(source.read_bytes())


def _write_png(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])[1].tobytes())
