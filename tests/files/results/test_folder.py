import itertools
import json
import multiprocessing
import os
import time
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

import semscan.files.results.folder
from semscan.errors import OutputError
from semscan.files.disk.atomic import write_bytes
from semscan.files.find.images import InputImage
from semscan.files.results.folder import CROP, MAP, MASK, NAMES, OVERLAY, RESULTS, ResultsFolder, output_path
from semscan.files.results.map_file import write_tiff_map
from semscan.files.results.names import candidates
from semscan.values.record import parse_record
from semscan.values.run_record import RunRecord


def record_of(**json):
    """A record as it is read from a line with these keys."""
    return parse_record({"status": "ok", **json})


def named(path):
    return InputImage(path, Path(path))


def inspect(out, *paths, records=None):
    """Claim, write and finish as the pipeline does; return the claimed names."""
    outputs = ResultsFolder(out)
    done, bases = [], []
    for path in paths:
        found = path if isinstance(path, InputImage) else named(str(path))
        source = os.path.abspath(found.path)
        base = outputs.claim(found, source)
        write_bytes(output_path(base, OVERLAY), os.fsencode(source))
        files = {"overlay": str(output_path(base, OVERLAY))}
        done.append(record_of(image=found.given, source=source, outputs=files))
        bases.append(base.relative_to(out).as_posix())
    outputs.finish(done if records is None else records, RunRecord(state="done"))
    return bases


def run(out, *suffixes, path="x/a.png", error=False, finish=True):
    """One run of one source that writes files of these suffixes; return the claimed name."""
    outputs, source = ResultsFolder(out), os.path.abspath(path)
    base = outputs.claim(named(path), source)
    files = {}
    for suffix in suffixes:
        write_bytes(output_path(base, suffix), b"semscan's")
        if "crop" in suffix:
            files.setdefault("crops", []).append(str(output_path(base, suffix)))
        else:
            files[suffix.split(".")[1]] = str(output_path(base, suffix))
    record = record_of(image=path, source=source, outputs=files)
    if error:
        record = record_of(image=path, source=source, status="error", error="no room")
    if finish:
        outputs.finish([record], RunRecord())
    return base.relative_to(out).as_posix()


def results(out):
    return [json.loads(line) for line in (out / RESULTS).read_text().splitlines()]


@pytest.fixture
def out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "out"


def test_a_file_goes_under_its_own_name_and_a_folder_mirrors_below_itself(out):
    below = InputImage("data/bridge/b.png", Path("data/bridge/b.png"), PurePosixPath("bridge/b.png"))

    assert inspect(out, "x/a.b.png", below) == ["a.b", "bridge/b"]


def test_nothing_but_results_stays_after_a_run(out):
    inspect(out, "a.png")

    assert sorted(os.listdir(out)) == ["a.overlay.png", "results.jsonl", "run.json"]
    assert json.loads((out / "run.json").read_text())["state"] == "done"


def test_sources_of_the_same_name_never_share(out):
    assert inspect(out, "x/a.png", "x/a.tif", "y/a.png", "y/z/a.png") == ["a", "a.tif", "a.png", "z_a.png"]


def test_names_that_differ_in_case_only_count_as_the_same(out):
    assert inspect(out, "x/a.png", "y/A.png", "z/a\u0308.png", "u/\u00e4.png") == [
        "a",
        "A.png",
        "a\u0308",
        "\u00e4.png",
    ]


def test_even_a_source_named_like_a_fallback_gets_its_own(out):
    names = inspect(out, "x/a.png", "y/a.png", "x/a.png.png", "z/a.png", "q/z_a.png")

    assert len(set(names)) == 5


def test_a_rerun_gets_its_own_names_back_in_any_order(out):
    first = inspect(out, "x/a.png", "y/a.png", "z/a.tif")

    assert inspect(out, "z/a.tif", "y/a.png", "x/a.png") == first[::-1]
    assert inspect(out, "y/a.png") == [first[1]]
    assert len(results(out)) == 3
    assert len(list(out.glob("*.png"))) == 3


def test_a_rerun_from_another_folder_gets_its_own_names_back(out, tmp_path, monkeypatch):
    first = inspect(Path("out"), "x/a.png", "y/a.png")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    again = inspect(Path("../out"), "../y/a.png", "../x/a.png")

    assert again == first[::-1]


def test_a_record_that_names_a_file_elsewhere_gives_no_right_to_one_here(out):
    write_bytes(output_path(out / "a", MAP), b"the user's own")
    inspect(out, records=[record_of(image="a.png", outputs={"map": "elsewhere/a.map.tif", "crops": ["x"]})])

    assert inspect(out, "a.png") == ["a.png"]


@pytest.mark.parametrize("suffix", [OVERLAY, MASK, MAP])
def test_a_foreign_file_is_never_written_over(out, suffix):
    foreign = output_path(out / "a", suffix)
    write_bytes(foreign, b"the user's own")

    assert inspect(out, "x/a.png") == ["a.png"]
    assert foreign.read_bytes() == b"the user's own"


@pytest.mark.parametrize("number", [1, 2, 7, 12])
def test_a_foreign_crop_of_any_number_is_never_written_over(out, number):
    foreign = output_path(out / "a", CROP.format(number))
    write_bytes(foreign, b"the user's own")

    assert run(out, CROP.format(1), CROP.format(2)) == "a.png"
    assert foreign.read_bytes() == b"the user's own"


@pytest.mark.parametrize("suffix", [MASK, MAP, CROP.format(3)])
def test_a_foreign_file_put_beside_our_own_later_is_never_written_over(out, suffix):
    assert run(out, OVERLAY, CROP.format(1)) == "a"
    write_bytes(output_path(out / "a", suffix), b"the user's own")

    assert run(out, OVERLAY, MASK, MAP, CROP.format(1)) == "a.png"
    assert output_path(out / "a", suffix).read_bytes() == b"the user's own"


def test_crops_of_an_earlier_run_that_found_more_go_and_nothing_else_does(out):
    crops = [CROP.format(number) for number in (1, 2, 3)]
    run(out, *crops)
    write_bytes(out / "a.crop004.png.txt", b"the user's own")
    write_bytes(out / "b.crop002.png", b"the user's own")

    assert run(out, *crops[:1]) == "a"
    assert sorted(path.name for path in out.glob("*crop*")) == ["a.crop001.png", "a.crop004.png.txt", "b.crop002.png"]
    assert "earlier_outputs" not in results(out)[0]


def test_crops_that_a_record_names_elsewhere_stay(out, tmp_path):
    elsewhere = tmp_path / "elsewhere" / "a.crop001.png"
    write_bytes(elsewhere, b"the user's own")
    inspect(out, records=[record_of(image="x/a.png", outputs={"crops": [str(elsewhere)]})])
    inspect(out, records=[record_of(image="x/a.png", outputs={"crops": []})])

    assert elsewhere.read_bytes() == b"the user's own"


def test_a_run_of_crops_alone_gets_its_name_back_however_often(out):
    assert [run(out, CROP.format(1)) for _ in range(9)] == ["a"] * 9
    assert [path.name for path in out.glob("*.png")] == ["a.crop001.png"]


def test_there_is_always_one_more_name(out):
    found, source = named("/a.png"), "/a.png"
    first = list(itertools.islice(candidates(found, source), 8))
    for stem in first[:-1]:
        write_bytes(output_path(out / stem, OVERLAY), b"the user's own")

    assert len(set(first)) == 8
    assert ResultsFolder(out).claim(found, source) == out / first[-1]


@pytest.mark.parametrize("name", ["..png", "...png"])
def test_a_name_that_is_dots_before_its_suffix_goes_under_its_full_name(out, name):
    assert inspect(out, f"x/{name}", "x/b.png") == [name, "b"]
    assert inspect(out, f"x/{name}") == [name]


def test_an_error_keeps_the_name_and_says_what_is_there_of_earlier_runs(out):
    run(out, OVERLAY, MAP)
    run(out, error=True)
    (failed,) = results(out)
    again = run(out, OVERLAY)

    assert failed["status"] == "error"
    assert "outputs" not in failed
    assert failed["earlier_outputs"] == [str(output_path(out / "a", kind)) for kind in (OVERLAY, MAP)]
    assert again == "a"
    assert results(out)[0]["earlier_outputs"] == [str(output_path(out / "a", MAP))]
    assert run(out, OVERLAY, MAP) == "a"
    assert "earlier_outputs" not in results(out)[0]


def test_an_error_keeps_the_name_of_what_it_wrote_before_it_failed(out):
    run(out, OVERLAY, error=True)

    assert run(out, OVERLAY, path="y/a.png") == "a.png"
    assert run(out, OVERLAY) == "a"


def test_earlier_outputs_that_are_gone_are_not_on_record(out):
    run(out, OVERLAY, MAP)
    output_path(out / "a", MAP).unlink()
    run(out, error=True)

    assert results(out)[0]["earlier_outputs"] == [str(output_path(out / "a", OVERLAY))]


def test_a_rerun_that_was_killed_gets_its_name_back_with_what_it_wrote_more(out):
    run(out, OVERLAY)
    run(out, OVERLAY, MASK, CROP.format(1), finish=False)

    assert run(out, OVERLAY) == "a"
    assert run(out, OVERLAY, CROP.format(1)) == "a"


def test_a_map_says_whose_it_is_when_the_results_are_gone(out):
    mine, other = out / "a", out / "b"
    write_tiff_map(output_path(mine, MAP), np.ones((4, 4)), {"source": os.path.abspath("x/a.png")})
    write_tiff_map(output_path(other, MAP), np.ones((4, 4)), {"source": "/elsewhere/b.png"})

    assert inspect(out, "x/a.png", "x/b.png") == ["a", "b.png"]


def test_an_interrupted_run_gets_its_names_back(out):
    outputs = ResultsFolder(out)
    for path in ("x/a.png", "y/a.png"):
        base = outputs.claim(named(path), os.path.abspath(path))
        write_bytes(output_path(base, OVERLAY), b"half done")
    del outputs  # no finish: the process was killed

    assert inspect(out, "y/a.png", "x/a.png") == ["a.png", "a"]
    assert sorted(os.listdir(out)) == ["a.overlay.png", "a.png.overlay.png", "results.jsonl", "run.json"]


def test_thousands_of_names_do_not_slow_each_other_down(out, monkeypatch):
    read, looks = semscan.files.results.folder.held_names, []
    monkeypatch.setattr(semscan.files.results.folder, "held_names", lambda names: looks.append(1) or read(names))
    outputs = ResultsFolder(out)
    for number in range(20):
        outputs.claim(named(f"{number}.png"), f"/d/{number}.png")

    assert len(looks) == 1


def test_names_that_another_process_took_meanwhile_are_seen(out):
    ours, theirs = ResultsFolder(out), ResultsFolder(out)
    bases = [outputs.claim(named(path), path) for path, outputs in (("/x/a.png", ours), ("/y/a.png", theirs))]
    bases.append(ours.claim(named("/z/a.png"), "/z/a.png"))

    assert [base.name for base in bases] == ["a", "a.png", "z_a.png"]


def test_claims_that_were_not_finished_stay_known(out):
    outputs = ResultsFolder(out)
    for path in ("x/a.png", "y/a.png"):
        outputs.claim(named(path), os.path.abspath(path))
    outputs.finish([record_of(image="x/a.png")], RunRecord())  # without "source": taken from "image"

    assert [json.loads(line)["stem"] for line in (out / NAMES).read_text().splitlines()] == ["a.png"]


def test_the_error_of_a_name_that_never_existed_is_not_kept(out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.png").touch()
    inspect(out, "a.png", "gone.png")

    inspect(out, records=[record_of(image=name, status="error") for name in ("slip.png", "empty.png", "gone.png")])

    assert [(r["image"], r["status"]) for r in results(out)] == [
        ("a.png", "ok"),
        ("gone.png", "error"),
        ("empty.png", "error"),
    ]


def test_records_of_others_stay_and_the_same_source_is_replaced_in_place(out, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.png").touch()
    inspect(out, "a.png", "b.png", "c.png")

    inspect(out, records=[record_of(image=name, status="error") for name in ("d.png", "./b.png")])

    assert [(r["image"], r["status"]) for r in results(out)] == [
        ("a.png", "ok"),
        ("./b.png", "error"),
        ("c.png", "ok"),
        ("d.png", "error"),
    ]


def test_lines_that_are_not_ours_stay_as_they_are(out):
    out.mkdir()
    theirs = b'caf\xe9\n[1]\n{"image": "a.png"}\n{"status":"ok",  "image": "c.png", "regions": [{"accepted": true}]}'
    (out / RESULTS).write_bytes(theirs)

    inspect(out, records=[record_of(image="b.png")])

    assert (out / RESULTS).read_bytes().startswith(theirs + b'\n{"image": "b.png", ')


def test_a_name_that_is_not_text_is_recorded(out):
    name = os.fsdecode(b"caf\xe9.png")
    if os.name == "nt":
        pytest.skip("Windows has no names that are not text")

    assert len(inspect(out, name)) == 1
    assert results(out)[0]["image"] == name
    assert inspect(out, name, "x/" + name) == ["caf\udce9", "caf\udce9.png"]


def test_a_name_too_long_for_a_suffix_is_cut_and_stays_its_own(out):
    (first, second) = inspect(out, "x/" + "ä" * 125 + ".png", "x/" + "ä" * 125 + ".tif")

    assert first != second
    assert len((first + OVERLAY).encode()) < 255


def test_failing_to_write_the_results_keeps_the_old_ones(out, monkeypatch):
    inspect(out, "a.png")
    before = (out / RESULTS).read_bytes()

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match="No space left"):
        ResultsFolder(out).finish([record_of(image="b.png")], RunRecord())

    assert (out / RESULTS).read_bytes() == before


@pytest.mark.parametrize("where", ["out", "out/results.jsonl"])
def test_an_output_folder_that_cannot_be_used_is_refused_at_once(out, where):
    if where == "out":
        out.write_bytes(b"a file")
    else:
        (out.parent / where).mkdir(parents=True)

    with pytest.raises(OutputError, match="choose another --out"):
        ResultsFolder(out)


def work(out, name, count, start):
    while not start.exists():
        time.sleep(0.001)
    for number in range(count):
        inspect(Path(out), f"{name}/{number % 5}.png", f"{name}/only-{name}-{number}.png")


def test_parallel_processes_lose_no_record_and_share_no_name(out, tmp_path):
    context, count = multiprocessing.get_context("spawn"), 10
    start = tmp_path / "start"
    workers = [context.Process(target=work, args=(str(out), name, count, start)) for name in "xyz"]
    for worker in workers:
        worker.start()
    start.touch()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    records = results(out)
    expected = {f"{n}/{k}.png" for n in "xyz" for k in range(5)}
    expected |= {f"{n}/only-{n}-{k}.png" for n in "xyz" for k in range(count)}
    assert sorted(record["image"] for record in records) == sorted(expected)
    for record in records:
        written = Path(record["outputs"]["overlay"]).read_bytes()
        assert written == os.path.abspath(tmp_path / record["image"]).encode()
    assert not (out / NAMES).exists()
