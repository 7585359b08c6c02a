"""Many images: lost processes, limits, runs that are killed and resumed, folders that are followed."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import tifffile

from tests.in_process import run as run_here

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux says which processes there are")
posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
COUNT = 7


@pytest.fixture
def lot(tmp_path, save_png, grey):
    for number in range(COUNT):
        save_png(tmp_path / "lot" / f"{number:02d}.png", grey(rows=40 + number, spot=number % 3 == 0))
    return tmp_path / "lot"


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def lasting(record):
    """Leave out what differs from run to run."""
    names = {kind: Path(path).name for kind, path in record["outputs"].items()}
    return {**record, "seconds": None, "outputs": names}


def start(semscan, *arguments, **extra):
    return subprocess.Popen(
        [sys.executable, "-m", "semscan", "inspect", *map(str, arguments)],
        cwd=semscan.here,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what is read line by line here and then to the end must not stay in a buffer
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
        **extra,
    )


def working(parent_number):
    """Return the process numbers of those in which images are inspected."""
    found = []
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == parent_number and b"spawn_main" in (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


@posix
def test_a_run_that_was_killed_is_resumed_and_gives_what_one_run_gives(semscan, in_process, model, lot):
    whole = in_process("inspect", lot, "--model", model, "--out", "whole")
    with start(semscan, lot, "--model", model, "--out", "o", "--jobs", "2") as run:
        run.stdout.readline()
        run.stdout.readline()
        run.kill()
    resumed = semscan("inspect", lot, "--model", model, "--out", "o", "--jobs", "2", "--resume")

    assert "an earlier run was cut off" in resumed.stderr
    assert "earlier result" in resumed.stderr
    assert list(map(lasting, records(resumed.stdout))) == list(map(lasting, records(whole.stdout)))
    kept = records((semscan.here / "o" / "results.jsonl").read_text())
    assert sorted(record["image"] for record in kept) == [str(path) for path in sorted(lot.iterdir())]


def test_resumed_results_are_kept_and_changed_images_are_judged_again(in_process, model, lot, save_png, grey):
    first = records(in_process("inspect", lot, "--model", model).stdout)
    save_png(lot / "01.png", grey(rows=41, spot=True))
    (in_process.here / "semscan-results" / "02.mask.png").unlink()
    os.utime(lot / "03.png", (1, 1))  # another time, the same content
    second = records(in_process("inspect", lot, "--model", model, "--resume").stdout)

    again = [number for number, (old, new) in enumerate(zip(first, second, strict=True)) if old != new]
    assert set(again) >= {1}
    assert set(again) <= {1, 2}
    assert second[1]["defect"] is True
    assert (in_process.here / "semscan-results" / "02.mask.png").exists()


def test_a_record_is_not_kept_if_an_interrupted_run_has_written_its_files(in_process, model, lot, monkeypatch):
    image = lot / "00.png"
    (first,) = records(in_process("inspect", image, "--model", model).stdout)
    with monkeypatch.context() as patch:
        patch.setattr("semscan.pipeline.inspect.write_map", lambda *_: os.kill(os.getpid(), signal.SIGINT))
        in_process("inspect", image, "--model", model, "--threshold", "0.2")
    masks = in_process.here / "semscan-results" / "00.mask.png"
    other = masks.read_bytes()
    (kept,) = records(in_process("inspect", image, "--model", model, "--resume").stdout)

    assert kept["threshold"] == first["threshold"]
    assert masks.read_bytes() != other


def test_outputs_that_this_version_does_not_know_are_kept(in_process, model, lot):
    in_process("inspect", lot, "--model", model)
    results = in_process.here / "semscan-results" / "results.jsonl"
    lines = [json.loads(line) for line in results.read_text().splitlines()]
    lines[0]["outputs"] |= {"thumb": None, "sizes": [64, 48]}
    results.write_text("".join(json.dumps(line) + "\n" for line in lines))

    again = records(in_process("inspect", lot, "--model", model, "--resume").stdout)

    assert [record["status"] for record in again] == ["ok"] * len(lines)
    assert again[0]["outputs"]["sizes"] == [64, 48]


def test_kept_results_name_their_files_from_where_the_run_is_resumed(in_process, model, lot, monkeypatch):
    first = records(in_process("inspect", lot, "--model", model, "--out", "o").stdout)
    out = os.path.relpath(in_process.here / "o", lot)
    monkeypatch.chdir(lot)
    again = records(run_here("inspect", lot, "--model", model, "--out", out, "--resume").stdout)

    assert [record["seconds"] for record in again] == [record["seconds"] for record in first]
    assert [record["outputs"]["map"] for record in again] == [
        os.path.join(out, Path(record["outputs"]["map"]).name) for record in first
    ]


def test_kept_results_keep_their_files_when_the_images_are_named_otherwise(in_process, model, lot):
    in_process("inspect", lot, "--model", model, "--out", "o", "--crops")
    before = sorted(path.name for path in (in_process.here / "o").iterdir())
    again = records(in_process("inspect", lot.parent, "--model", model, "--out", "o", "--crops", "--resume").stdout)

    assert sorted(path.name for path in (in_process.here / "o").iterdir()) == before
    outputs = [path for record in again for path in (record["outputs"]["map"], *record["outputs"]["crops"])]
    assert all((in_process.here / path).is_file() for path in outputs)


def test_another_page_costs_itself_alone_and_no_record(in_process, model, grey, tmp_path):
    for name in ("m.tif", "n.tif"):
        tifffile.imwrite(tmp_path / name, np.stack([grey(), grey(spot=True)]), photometric="minisblack")
    in_process("inspect", tmp_path / "m.tif", "--model", model, "--out", "o")
    done = in_process("inspect", tmp_path / "m.tif", tmp_path / "n.tif", "--model", model, "--out", "o", "--page", "1")
    kept = records((in_process.here / "o" / "results.jsonl").read_text())

    assert done.returncode == 3
    assert "holds page 0 of" in records(done.stdout)[0]["error"]
    assert [(Path(record["image"]).name, record["status"], record["page"]) for record in kept] == [
        ("m.tif", "ok", 0),
        ("n.tif", "ok", 1),
    ]


def test_with_other_settings_everything_is_judged_again(in_process, model, lot):
    in_process("inspect", lot, "--model", model)
    again = records(in_process("inspect", lot, "--model", model, "--resume", "--threshold", "0.9").stdout)

    assert {record["threshold"] for record in again} == {0.9}


@linux
def test_a_run_whose_processes_are_killed_loses_and_doubles_nothing(semscan, model, lot):
    run = start(semscan, lot, "--model", model, "--jobs", "2")
    first = run.stdout.readline()
    for number in working(run.pid):
        os.kill(number, signal.SIGKILL)
    rest, _ = run.communicate(timeout=100)

    assert run.returncode == 0
    assert [record["image"] for record in records((first + rest).decode())] == [str(p) for p in sorted(lot.iterdir())]


@linux
def test_a_cluster_of_which_a_process_is_killed_loses_and_doubles_nothing(semscan, model, lot):
    pytest.importorskip("distributed")
    run = start(semscan, *[lot] * 4, "--model", model, "--cluster", "2")
    first = run.stdout.readline()
    # each process of the cluster has a guard, which starts it again
    guarded = [number for guard in working(run.pid) for number in [guard, *working(guard)]]
    os.kill(guarded[-1], signal.SIGKILL)
    rest, stderr = run.communicate(timeout=100)

    assert run.returncode == 0, stderr.decode()
    wanted = [str(path) for path in sorted(lot.iterdir())] * 4
    assert [record["image"] for record in records((first + rest).decode())] == wanted
    assert len((semscan.here / "semscan-results" / "results.jsonl").read_text().splitlines()) == COUNT
    assert stderr.decode().startswith("semscan: ")
    assert "Traceback" not in stderr.decode()


def test_an_image_that_takes_too_long_costs_itself(semscan, model, lot):
    done = semscan("inspect", lot / "00.png", lot / "01.png", "--model", model, "--timeout", "0.000001")

    assert done.returncode == 3
    assert all("not done after 1e-06 s; check the file, or give more" in each["error"] for each in records(done.stdout))


@linux
def test_an_image_that_takes_too_much_memory_costs_itself(semscan, model, lot, save_png, grey):
    large = save_png(lot.parent / "large.png", np.tile(grey(rows=60, cols=60), (100, 100)))
    done = semscan("score", lot / "00.png", large, lot / "01.png", "--model", model, "--max-memory", "256M")

    assert done.returncode == 3
    assert [record["status"] for record in records(done.stdout)] == ["ok", "error", "ok"]
    assert "large.png: takes more than 256 MiB of memory; check the file, or give more with --max-memory" in done.stderr


@pytest.mark.parametrize("size", ["3", "much", "-1G", "10M", "1e9T"])
def test_a_size_that_is_none_is_refused(in_process, size):
    done = in_process("inspect", "a.png", "--max-memory", size)

    assert done.returncode == 2
    assert "Invalid value for '--max-memory'" in done.stderr


@posix
def test_a_followed_folder_is_inspected_until_ctrl_c(semscan, model, lot, save_png, grey):
    folder = semscan.here / "in"
    folder.mkdir()
    (lot / "00.png").rename(folder / "a.png")
    with start(semscan, "--follow", "in", "--model", model, "--out", "o") as run:
        first = json.loads(run.stdout.readline())
        save_png(folder / "b.png", grey(spot=True))
        second = json.loads(run.stdout.readline())
        run.send_signal(signal.SIGINT)
        run.wait(60)
        stderr = run.stderr.read().decode()

    assert (first["image"], second["image"]) == (f"in{os.sep}a.png", f"in{os.sep}b.png")
    assert run.returncode == 130
    assert stderr.splitlines()[-1] == "semscan: interrupted"
    assert len(records((semscan.here / "o" / "results.jsonl").read_text())) == 2


def test_a_followed_folder_has_no_report_at_an_end(in_process, lot):
    done = in_process("inspect", lot, "--follow", "--report", "html")

    assert done.returncode == 2
    assert "leave out --report and use `semscan report`" in done.stderr


@pytest.mark.parametrize("option", ["--resume", "--follow"])
def test_images_that_are_judged_together_are_neither_resumed_nor_followed(in_process, lot, option):
    done = in_process("inspect", lot, "--method", "dies", option)

    assert done.returncode == 2
    assert f"judges all images of a run together; leave out {option}" in done.stderr


@linux
@pytest.mark.parametrize("way", ["--jobs", "--cluster"])
def test_ctrl_c_ends_the_processes_too(semscan, model, lot, way):
    if way == "--cluster":
        pytest.importorskip("distributed")
    run = start(semscan, *[lot] * 20, "--model", model, way, "2", "-q", start_new_session=True)
    run.stdout.readline()
    numbers = working(run.pid)
    os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to all processes
    _, stderr = run.communicate(timeout=60)

    assert run.returncode == 130
    assert stderr.decode().strip() == "semscan: interrupted"
    assert numbers
    until = time.monotonic() + 20
    while any(Path(f"/proc/{number}").exists() for number in numbers) and time.monotonic() < until:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{number}").exists() for number in numbers)
