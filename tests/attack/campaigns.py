"""The attacks: each makes one hostile input from a seed, uses semscan on it, and lists what must not have happened."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from tests.attack.drive import Ended, run
from tests.attack.mutate.bits import Random, pick
from tests.attack.mutate.graphs import mutate_graph
from tests.attack.mutate.images import image_seeds, mutate_image
from tests.attack.mutate.texts import mutate_json, mutate_lines, mutate_rows, mutate_words
from tests.conftest import box_graph, grey_image, write_model, write_png

SIDECAR = "[SemImageFile]\nPixelSize=2.5\nAcceleratingVoltage=800 Volt\nDataSize=64x48\nDate=11/29/2026"
JEOL = "$CM_FORMAT 5\n$$SM_MICRON_BAR 50\n$$SM_MICRON_MARKER 100nm\n$CM_ACCEL_VOLT 5.0\n$CM_FULL_SIZE 64 48"
TOML = '[score]\nthreshold = 0.4\nmin-area = 7\nmethod = ["periodic"]\nnm-per-px = 2.5\njobs = 1\ndatabar = "auto"'
KLARF = """FileVersion 1 2;
FileTimestamp 11-20-2026 20:05:00;
LotID "LOT0001";
SampleSize 1 300;
DeviceID "L32P";
StepID "ADI";
OrientationMarkLocation DOWN;
TiffFileName d 0.png;
DiePitch 5000.0 4000.0;
WaferID "W07";
Slot 7;
SampleCenterLocation 0.0 0.0;
ClassLookup 2
 0 "Unclassified"
 50 "old";
DefectRecordSpec 9 DEFECTID XREL YREL XINDEX YINDEX XSIZE CLASSNUMBER IMAGECOUNT IMAGELIST ;
DefectList
 1 100.5 1.25 0 0 0.1 50 1 1 1 0;
TiffFileName d 1.png;
DefectList
 2 200.5 1.25 1 0 0.1 50 1 1 1 0
 3 300.5 1.25 1 1 0.1 50 0 0;
SummarySpec 5 TESTNO NDEFECT DEFDENSITY NDIE NDEFDIE ;
SummaryList
 1 3 6.0e+002 40 3;
EndOfFile;
"""
KLARF_18 = """Record FileRecord  "1.8"
{
  Record LotRecord "LOT.01"
  {
    Record WaferRecord "W01"
    {
      Field SlotNumber 1 {4}
      Field ImageFileName 2 {"d 0.png", "TIF"}
      List DefectList
      {
        Columns 8 { int32 DEFECTID, int32 XREL, int32 YREL, int32 XINDEX, int32 YINDEX,
        int32 XSIZE, int32 CLASSNUMBER, ImageList IMAGEINFO }
        Data 2
        {
          1 100500 200500 0 0 40 0 Images 1 {1 "30"} ;
          2 300000 400000 1 -1 50 0 Images 1 { "d 1.png" "PNG" 1 "24" } ;
        }
      }
    }
    Field DiePitch 2 {23376636, 32874750}
    Field SampleSize 2 {200000000, 0}
  }
}
EndOfFile;
"""
PLACES = """image,lot,wafer,slot,step,device,die_column,die_row,x_um,y_um,die_pitch_x_um,die_pitch_y_um,\
centre_x_um,centre_y_um,sample_size_mm,mark,orientation
d 0.png,L1,W1,3,ADI,D,0,0,50,60,1000,2000,1500,2000,200,NOTCH,DOWN
d 1.png,L1,W1,3,ADI,D,1,-1,50,60,1000,2000,1500,2000,200,NOTCH,DOWN
"""
CODES = "[codes]\nunclassified = 0\nbridge = 21\n"
FORMATS = "html,csv,coco,klarf,roi,labelme"


class Images:
    """Mutated image files through info, a method without training and a network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seeds = image_seeds()
        self._model = write_model(folder / "model")

    def __call__(self, rng: Random) -> Iterator[Ended]:
        name = pick(rng, sorted(self._seeds))
        path = self._folder / name
        path.write_bytes(mutate_image(rng, name, self._seeds[name]))
        yield run(["info", path])
        yield run(["score", path, "--method", "periodic"])
        yield run(["score", path, "--model", self._model])


class Models:
    """Model folders with a mutated graph or config.json through score, doctor and export."""

    def __init__(self, folder: Path) -> None:
        from semscan.files.models.onnx_rules import OPERATORS

        self._operators = OPERATORS
        self._good = write_png(folder / "good.png", grey_image())
        self._export = folder / "export"
        self._folders = [
            (write_model(folder / "plain"), box_graph()),
            (write_model(folder / "classes", classes=["good", "a", "b"], good="good"), box_graph(3)),
        ]
        self._configs = [(model / "config.json").read_bytes() for model, _ in self._folders]

    def __call__(self, rng: Random) -> Iterator[Ended]:
        at = int(rng.integers(2))
        (model, graph), config = self._folders[at], self._configs[at]
        if rng.random() < 0.6:
            graph = mutate_graph(rng, graph, self._operators)
            config = json.dumps({**json.loads(config), "graph_sha256": hashlib.sha256(graph).hexdigest()}).encode()
        else:
            config = mutate_json(rng, config)
        (model / "graph.onnx").write_bytes(graph)
        (model / "config.json").write_bytes(config)
        yield run(["score", self._good, "--model", model], limit_s=30)
        yield run(["doctor", model, "--format", "json"], limit_s=30)
        yield run(["export", model, "--to", "onnx", self._export, "--overwrite"], limit_s=30)


class Records:
    """Mutated results.jsonl, run.json, maps, sidecars and semscan.toml through what reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._image = write_png(folder / "a b.png", grey_image(spot=True))
        self._model = write_model(folder / "model")
        self._out = folder / "out"
        run(["inspect", self._image, "--model", self._model, "--nm-per-px", "2", "--out", self._out])
        self._results = (self._out / "results.jsonl").read_bytes()
        self._run = (self._out / "run.json").read_bytes()
        self._map = (self._out / "a b.map.tif").read_bytes()

    def __call__(self, rng: Random) -> Iterator[Ended]:
        kind = int(rng.integers(5))
        if kind < 2:
            results = mutate_lines(rng, self._results * 2) if kind == 0 else self._results
            (self._out / "results.jsonl").write_bytes(results)
            (self._out / "run.json").write_bytes(self._run if kind == 0 else mutate_json(rng, self._run))
            yield run(["report", self._out, "--to", FORMATS, "--out", self._folder / "reports"])
            yield from self._klarf_files()
            yield run(["inspect", self._image, "--model", self._model, "--out", self._out])
            yield self._accepted(results)
        elif kind == 2:
            sidecar = self._image.with_suffix(".txt")
            sidecar.write_bytes(mutate_words(rng, pick(rng, (SIDECAR, JEOL))))
            yield run(["info", self._image])
            sidecar.unlink()
        elif kind == 3:
            path = self._folder / "x.map.tif"
            path.write_bytes(mutate_image(rng, path.name, self._map))
            yield run(["regions", path, "--out", self._folder / "cut"])
        else:
            file = self._folder / "semscan.toml"
            file.write_bytes(mutate_words(rng, TOML))
            yield run(["score", self._image, "--config", file])

    def _klarf_files(self) -> Iterator[Ended]:
        """Read each KLARF file back, and remove the reports."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from klarf_reader.klarf import Klarf

        for path in sorted((self._folder / "reports").rglob("*")):
            if path.suffix == ".klarf":
                try:
                    Klarf.load_from_file(path)
                except Exception as error:
                    yield Ended(0, "", "", 0.0, 0.0, (f"KLARF cannot be read back: {error!r}",))
            if path.is_file():
                path.unlink()

    def _accepted(self, results: bytes) -> Ended:
        """Read the records as `train --accept` does."""
        from semscan.errors import SemscanError
        from semscan.files.datasets.accepted import read_accepted

        path = self._folder / "accepted.jsonl"
        path.write_bytes(results)
        try:
            read_accepted(path, every=True)
        except SemscanError:
            pass
        except Exception as error:
            return Ended(4, "", "", 0.0, 0.0, (f"read_accepted raised {error!r}",))
        return Ended(0, "", "", 0.0, 0.0)


class Reviews:
    """A mutated review.jsonl, and the results beside it, through what reads decisions."""

    def __init__(self, folder: Path) -> None:
        self._image = write_png(folder / "a b.png", grey_image(spot=True))
        self._model = write_model(folder / "model")
        self._out = folder / "out"
        self._folder = folder
        run(["inspect", self._image, "--model", self._model, "--nm-per-px", "2", "--out", self._out])
        record = json.loads((self._out / "results.jsonl").read_bytes())
        others = [record | {"image": f"{number}.png", "source": f"/gone/{number}.png"} for number in range(12)]
        self._results = "".join(json.dumps(one) + "\n" for one in [record, *others]).encode()
        about = {"at": "", "by": None, "image": record["image"], "class": "pit", "note": "x", "polygon": None}
        region = {"region": record["regions"][0]["id"], "bbox": record["regions"][0]["bbox"]}
        decided = [
            about | region | {"image": f"{number}.png", "verdict": ("real", "harmless")[number % 2]}
            for number in range(12)
        ]
        polygon = {"region": None, "verdict": "missed", "polygon": [[2, 2], [9.5, 2], [9, 8]]}
        decided += [about | region | {"verdict": "real"}, about | polygon]
        self._review = "".join(json.dumps(one) + "\n" for one in decided).encode()

    def __call__(self, rng: Random) -> Iterator[Ended]:
        kind = int(rng.integers(3))
        (self._out / "results.jsonl").write_bytes(mutate_lines(rng, self._results) if kind else self._results)
        review = self._out / "review.jsonl"
        review.write_bytes(self._review if kind == 1 else mutate_lines(rng, self._review))
        yield run(["evaluate", "--review", review])
        yield run(
            ["calibrate", "--review", review, "--model", self._model, "--out", self._folder / "new", "--overwrite"]
        )
        yield self._learned(review)
        yield run(["report", self._out, "--to", FORMATS, "--out", self._folder / "reports"])

    def _learned(self, review: Path) -> Ended:
        """Read the decisions as `train --review` does."""
        from semscan.errors import SemscanError
        from semscan.pipeline.training.data.reviewed_images import open_reviewed
        from semscan.settings import ReadSettings

        try:
            open_reviewed([str(review)], self._folder, ReadSettings(), lambda line: None)
        except SemscanError:
            pass
        except Exception as error:
            return Ended(4, "", "", 0.0, 0.0, (f"open_reviewed raised {error!r}",))
        return Ended(0, "", "", 0.0, 0.0)


class Fab:
    """Mutated KLARF files, tables of places and tables of class numbers through inspect and report."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._model = write_model(folder / "model")
        self._names = [write_png(folder / f"d {n}.png", grey_image(spot=n == 0)).name for n in range(2)]
        images = [folder / name for name in self._names]
        self._out = folder / "out"
        run(["inspect", *images, "--model", self._model, "--nm-per-px", "2", "--out", self._out])

    def __call__(self, rng: Random) -> Iterator[Ended]:
        kind = int(rng.integers(4))
        klarf, places, codes = self._folder / "W 1.001", self._folder / "places.csv", self._folder / "codes.toml"
        text = KLARF if kind == 0 else KLARF_18
        klarf.write_bytes(mutate_rows(rng, text) if kind < 2 else text.encode())
        places.write_bytes(mutate_rows(rng, PLACES) if kind == 2 else PLACES.encode())
        codes.write_bytes(mutate_words(rng, CODES) if kind == 3 else CODES.encode())
        if kind != 2:
            before = os.path.lexists(self._folder / "back")
            words = ["--model", self._model, "--nm-per-px", "2", "--classes", codes, "--out", self._folder / "back"]
            ended = run(["inspect", "--klarf-in", klarf, "--klarf-add", *words])
            yield ended
            yield from self._judged(klarf, ended, before)
            shutil.rmtree(self._folder / "back", ignore_errors=True)
        else:
            yield run(["report", self._out, "--to", "klarf,json,html", "--places", places, "--classes", codes,
                       "--out", self._folder / "reports"])  # fmt: skip
            shutil.rmtree(self._folder / "reports", ignore_errors=True)

    def _judged(self, klarf: Path, ended: Ended, before: bool) -> Iterator[Ended]:
        """Name a refusal of several lines, one that left a folder, and a file that cannot be read again."""
        from semscan.errors import SemscanError
        from semscan.files.klarf.read import read_klarf

        back = self._folder / "back"
        if ended.code == 2 and "states no nm" not in ended.err and "has no number" not in ended.err:
            if len(ended.err.splitlines()) != 1:
                yield Ended(2, "", "", 0.0, 0.0, ("refused in several lines",))
            if not before and back.exists():
                yield Ended(2, "", "", 0.0, 0.0, ("refused, and left a folder",))
        written = back / klarf.name
        if written.is_file():
            try:
                read_klarf(written)
            except SemscanError as error:
                yield Ended(0, "", "", 0.0, 0.0, (f"KLARF cannot be read back: {error}",))


CAMPAIGNS: dict[str, Callable[[Path], Callable[[Random], Iterator[Ended]]]] = {
    "images": Images,
    "models": Models,
    "records": Records,
    "reviews": Reviews,
    "fab": Fab,
}


def attack(name: str, folder: Path, seeds: range) -> Iterator[tuple[int, list[Ended]]]:
    """Yield each seed with how its commands ended. Files that were written outside `folder` are a fault."""
    folder.mkdir(parents=True, exist_ok=True)
    campaign = CAMPAIGNS[name](folder)
    before, here = sorted(os.listdir(folder.parent)), Path.cwd()
    inside = folder / "here"
    inside.mkdir(exist_ok=True)
    os.chdir(inside)
    try:
        for seed in seeds:
            ended = list(campaign(np.random.default_rng(seed)))
            with suppress(FileNotFoundError):
                if strange := [*os.listdir(inside), *(set(os.listdir(folder.parent)) - set(before))]:
                    ended.append(Ended(0, "", "", 0.0, 0.0, (f"wrote {strange[:3]} elsewhere",)))
                    for each in os.listdir(inside):
                        with suppress(OSError):
                            (inside / each).unlink()
            yield seed, ended
    finally:
        os.chdir(here)
