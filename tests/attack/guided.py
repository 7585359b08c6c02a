"""Attack the readers with what reaches new code in them: ``python -m tests.attack.guided READER [-runs=N] [-seed=S]``.

Needs atheris (Linux): https://github.com/google/atheris. The options are those of libFuzzer. A reader may answer, or
refuse with an error of semscan. Anything else is printed and ends the run; the input is left as ``crash-...``.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from semscan.errors import SemscanError
from semscan.settings import ReadSettings
from tests.attack.campaigns import KLARF, KLARF_18, PLACES
from tests.attack.corpus import past_failures
from tests.attack.mutate.images import image_seeds
from tests.conftest import box_graph, looks_graph, write_model

LONGEST = 20_000  # bytes of an input
LIMITS = ("-timeout=30", "-rss_limit_mb=1500", f"-max_len={LONGEST}")
Reader = Callable[[bytes], object]


def readers(folder: Path) -> dict[str, tuple[Reader, Iterable[bytes]]]:
    """Return each reader with the files to begin with; import them, so that atheris sees what they run."""
    from semscan.files.images.read import read_image
    from semscan.files.klarf.read import parse_klarf
    from semscan.files.models.folder import read_model_folder
    from semscan.files.places import read_places
    from semscan.files.results.records import parse_line

    def in_file(name: str, read: Callable[[Path], object]) -> Reader:
        def run(data: bytes) -> object:
            (folder / name).write_bytes(data)
            return read(folder / name)

        return run

    images = {**image_seeds(), **past_failures()}
    by_suffix = {
        suffix: [data for name, data in images.items() if name.endswith(suffix)]
        for suffix in (".tif", ".png", ".bmp", ".jpg")
    }
    model = write_model(folder / "model", classes=["good", "a"], good="good")
    config = (model / "config.json").read_bytes()

    def with_graph(data: bytes) -> object:
        named = json.loads(config) | {"graph_sha256": hashlib.sha256(data).hexdigest()}
        (model / "config.json").write_text(json.dumps(named), "utf-8")
        (model / "graph.onnx").write_bytes(data)
        return read_model_folder(model)

    record = b'{"image": "a", "source": "/a", "status": "ok", "regions": [{"id": 1, "bbox": [0, 0, 2, 2]}]}'
    return {
        **{
            suffix.removeprefix("."): (in_file(f"a{suffix}", lambda path: read_image(path, ReadSettings())), seeds)
            for suffix, seeds in by_suffix.items()
        },
        "klarf": (parse_klarf, [KLARF.encode(), KLARF_18.encode()]),
        "places": (in_file("places.csv", read_places), [PLACES.encode()]),
        "graph": (with_graph, [box_graph(), box_graph(2), looks_graph()]),
        "config": (in_file("model/config.json", lambda path: read_model_folder(path.parent)), [config]),
        "record": (parse_line, [record, json.dumps({"image": "a", "status": "error", "error": "b"}).encode()]),
    }


def main() -> None:
    import atheris

    folder = Path(tempfile.mkdtemp())
    with atheris.instrument_imports(include=["semscan.files"]):
        known = readers(folder)
    if len(sys.argv) < 2 or sys.argv[1] not in known:
        sys.exit(f"name one of: {', '.join(known)}")
    read, seeds = known[sys.argv[1]]
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(seeds):
        (corpus / str(number)).write_bytes(seed[:LONGEST])

    def one_input(data: bytes) -> None:
        with suppress(SemscanError):
            read(data)

    atheris.Setup([sys.argv[0], str(corpus), *LIMITS, *sys.argv[2:]], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
