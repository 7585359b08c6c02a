"""What holds for any name, record and image size: each tried with a few hundred drawn from a seed."""

import json
from itertools import pairwise
from pathlib import Path, PurePosixPath

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from semscan.files.find.images import InputImage
from semscan.files.models.onnx_rules import MOST_PARTS, OPERATORS, check_graph
from semscan.files.models.onnx_wire import parse_onnx
from semscan.files.results.names import LONGEST_NAME, candidates, name_key
from semscan.image.tiling import tile_offsets
from semscan.values.record import Outputs, Record, parse_record
from tests.attack.mutate.bits import pick
from tests.attack.mutate.graphs import mutate_graph
from tests.attack.mutate.texts import mutate_json
from tests.conftest import box_graph

LETTERS = ("a", "B", ".", " ", "é", "e\u0301", "\n", "\udcff", "=", "..", "日", "x" * 200, "\x1b", "'", '"', "-")


def drawn_name(rng):
    name = "".join(pick(rng, LETTERS) for _ in range(int(rng.integers(1, 8)))).strip("/")
    name += pick(rng, (".png", ".tif", "", "."))
    return "a" if name in ("", ".", "..") else name


def test_two_sources_never_share_a_name_and_a_rerun_gives_the_same():
    rng = np.random.default_rng(1)
    taken = {}
    for number in range(300):
        source = f"/data/{number % 7}/{drawn_name(rng)}"
        found = InputImage(source, Path(source))
        stem = next(stem for stem in candidates(found, source) if taken.get(name_key(stem), source) == source)
        again = next(stem for stem in candidates(found, source) if taken.get(name_key(stem), source) == source)
        taken[name_key(stem)] = source

        assert stem == again
        assert len(stem.name.encode("utf-8", "surrogateescape")) <= LONGEST_NAME
        assert stem.name not in ("", ".", "..")
        assert not PurePosixPath(stem).is_absolute()


def test_any_json_is_a_record_or_none_and_what_is_read_is_written_the_same():
    rng = np.random.default_rng(2)
    whole = Record(image="a.png", source="/d/a.png", width=9, height=9, regions=(), outputs=Outputs(mask="a.mask.png"))
    text = json.dumps(whole.to_json()).encode()
    for _ in range(400):
        try:
            found = json.loads(mutate_json(rng, text))
        except (ValueError, RecursionError):
            continue
        record = parse_record(found) if isinstance(found, dict) else None
        if record is not None:
            written = json.loads(json.dumps(record.to_json()))
            assert parse_record(written).to_json() == record.to_json()


def test_the_tiles_of_any_image_cover_it_and_lie_inside():
    rng = np.random.default_rng(3)
    for _ in range(100):
        tile = 16 * int(rng.integers(1, 20))
        overlap = int(rng.integers(0, 3 * tile // 4 + 1))
        rows, cols = (int(side) for side in rng.integers(16, 1000, 2))
        offsets = tile_offsets((rows, cols), tile, overlap)
        for side, starts in zip((rows, cols), zip(*offsets, strict=True), strict=True):
            ends = sorted({start + tile for start in starts})
            assert min(starts) == 0
            assert max(ends) == max(side, tile)
            assert all(later - tile <= earlier for earlier, later in pairwise(ends))


def test_a_graph_that_is_accepted_is_the_same_for_the_library_of_onnx():
    rng = np.random.default_rng(4)
    accepted = 0
    for _ in range(300):
        data = mutate_graph(rng, box_graph(3), OPERATORS)
        try:
            check_graph(data)
            other = onnx.load_model_from_string(data)
        except (ValueError, DecodeError):  # what the library refuses, the runtime does as well
            continue
        accepted += 1
        seen = parse_onnx(data, MOST_PARTS)
        attributes = [each for node in other.graph.node for each in node.attribute]

        assert [node.op_type for node in seen.nodes] == [node.op_type for node in other.graph.node]
        assert {node.op_type for node in other.graph.node} <= OPERATORS
        assert not other.functions
        assert not any(each.HasField("g") or each.graphs for each in attributes)
        assert not any(tensor.external_data or tensor.data_location for tensor in other.graph.initializer)
    assert accepted > 30
