"""`semscan report --trend`: several result folders, one page."""

import csv
import json

import pytest


def write(folder, defects, began=None, **more):
    """An output folder of two images, the first with so many defects."""
    regions = [
        {"id": n, "bbox": [1, 1, 2, 2], "centroid": [2, 2], "area_px": 4, "peak": 0.9} for n in range(1, defects + 1)
    ]
    keys = {"status": "ok", "threshold": 0.5, "width": 100, "height": 100, "nm_per_pixel": 10.0, "method": ["periodic"]}
    records = [
        {"image": "a.png", "score": 0.9, "defect": True, "regions": regions, **keys, **more},
        {"image": "b.png", "score": 0.1, "defect": False, "regions": [], **keys, **more},
    ]
    folder.mkdir(parents=True)
    folder.joinpath("results.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    if began:
        settings = {"regions": {"min_area": 4, "low": None}, "nuisance_filter": defects < 9}
        method = {"nuisance_filter": {"cut": 0.5, "decided": 40}} if defects != 2 else {}
        run = {"began": began, "semscan_version": "0.1.0", "method": method, "settings": settings}
        folder.joinpath("run.json").write_text(json.dumps(run), "utf-8")
    return folder


@pytest.fixture
def folders(semscan):
    """Three folders, inspected in the order of their numbers, on clocks of two time zones."""
    return [
        write(semscan.here / "W1", 2, "2026-11-02T00:00:00+00:00"),
        write(semscan.here / "W2", 1, "2026-11-01T23:00:00-02:00"),
        write(semscan.here / "<b>W3", 9, "2026-11-03T00:00:00+00:00", threshold=0.6),
    ]


def test_one_page_json_and_csv_are_written_in_the_order_of_time(semscan, folders):
    done = semscan("report", "--trend", *folders[::-1], "--to", "html,json,csv", "--baseline", "2")
    out = semscan.here / "semscan-trend"
    found = json.loads((out / "trend.json").read_text("utf-8"))
    density = next(chart for chart in found["charts"] if chart["measure"] == "defect_density")
    with open(out / "trend.csv", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["measure"] == "defect_density"]

    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["to"] for line in done.stdout.splitlines()] == ["html", "json", "csv"]
    assert [sample["name"] for sample in found["samples"]] == ["W1", "W2", "<b>W3"]
    assert [point["value"] for point in density["points"]] == pytest.approx([1e8, 0.5e8, 4.5e8])
    assert [row["count"] for row in rows] == ["2", "1", "9"]
    assert rows[2]["signals"] == "above the upper limit"
    assert "threshold from 0.5 to 0.6" in rows[2]["changes"]
    assert ["nuisance filter" in row["changes"] for row in rows] == [False, True, True]
    assert "nuisance filter from off to on" in rows[1]["changes"]
    assert "nuisance filter from on to off" in rows[2]["changes"]
    assert "threshold changed from 0.5 to 0.6 at &lt;b&gt;W3" in (out / "trend.html").read_text("utf-8")


def test_only_the_last_runs_are_counted_if_wanted(semscan, folders, run_here):
    for folder in folders:
        run = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps(run | {"images": 1, "lines": [[1, 1]]}))
    for folder, image in zip(folders, ("a.png", "b.png"), strict=False):  # the last run of W2 is without b.png
        (folder / "review.jsonl").write_text(json.dumps({"at": "", "image": image, "verdict": "real"}) + "\n")
    code, _, error = run_here("report", "--trend", *map(str, folders), "--last", "--to", "json")
    found = json.loads((semscan.here / "semscan-trend" / "trend.json").read_text())
    changes = [(one["number"], one["before"], one["after"]) for one in found["charts"][0]["changes"]]

    assert code == 0, error
    assert (2, "counted", "none") in changes
    assert [sample["images"] for sample in found["samples"]] == [1, 1, 1]
    assert not any("several runs" in note for note in found["notes"])


def test_a_folder_of_several_runs_is_named(semscan, folders, run_here):
    run = json.loads((folders[0] / "run.json").read_text())
    (folders[0] / "run.json").write_text(json.dumps(run | {"images": 1}))
    run_here("report", "--trend", *map(str, folders), "--to", "json")
    found = json.loads((semscan.here / "semscan-trend" / "trend.json").read_text())

    assert "The records are of several runs, and the settings those of the last run: W1." in found["notes"]


def test_the_order_is_as_typed_if_wanted_or_if_a_time_is_not_known(semscan, folders):
    names = []
    typed = semscan("report", "--trend", *folders[::-1], "--to", "json", "--out", "t.json", "--order", "typed")
    names.append([sample["name"] for sample in json.loads((semscan.here / "t.json").read_text())["samples"]])
    (folders[0] / "run.json").unlink()
    semscan("report", "--trend", *folders[::-1], "--to", "json", "--out", "t.json")
    again = json.loads((semscan.here / "t.json").read_text())

    assert typed.returncode == 0, typed.stderr
    assert names == [["<b>W3", "W2", "W1"]]
    assert [sample["name"] for sample in again["samples"]] == names[0]
    assert again["order"] == "as typed, since the time of 1 folder is not known"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trend", "W1"], "--trend compares folders of results, got 1; name 2 or more"),
        (["--trend", "W1", "W1"], "W1 is named more than once"),
        (["--trend", "W1", "gone"], "gone: no such folder of results"),
        (["--trend", "W1", "empty"], "empty: holds no records"),
        (["--trend", "W1", "W2", "--baseline", "3"], "--baseline 3 is more than the 2 folders"),
        (["--trend", "W1", "W2", "--to", "klarf"], "--trend writes html, json, csv, not klarf"),
        (["--trend", "W1", "W2", "--lot", "L1"], "--lot does not go with --trend"),
        (["--trend", "W1", "W2", "--to", "html,json", "--out", "t.html"], "t.html is one html file"),
        (["--trend", "W1", "W2", "--out", "mine.html"], "mine.html is there and not as semscan wrote it"),
        (["--trend", "torn1", "torn2"], "have no figure in common"),
        (["W1", "W2", "--to", "html"], "report takes one RESULTS, got 2; --trend compares several"),
        (["W1"], "Missing option '--to'"),
        (["W1", "--to", "csv", "--order", "typed"], "--order goes with --trend only"),
        (["W1", "--to", "coco,csv", "--baseline", "2"], "--baseline goes with --trend, or with --to html or json"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(run_here, semscan, folders, arguments, words):
    for name in ("torn1", "torn2"):
        (semscan.here / name).mkdir()
        (semscan.here / name / "results.jsonl").write_text('{"image": "a", "status": "error", "error": "torn"}\n')
    (semscan.here / "empty").mkdir()
    (semscan.here / "mine.html").write_text("<p>mine</p>")
    code, out, err = run_here("report", *arguments)

    assert code == 2
    assert out == ""
    assert words in err.splitlines()[-1]
    assert "Traceback" not in err
    assert not (semscan.here / "semscan-trend").exists()
    assert (semscan.here / "mine.html").read_text() == "<p>mine</p>"


@pytest.fixture
def run_here(semscan, monkeypatch, capsys):
    """Run semscan in this process, in the folder of `semscan`; returns exit code, standard output and error."""
    from semscan.cli.main import main

    def run(*arguments):
        monkeypatch.chdir(semscan.here)
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return ended.value.code, *capsys.readouterr()

    return run


def test_a_trend_and_a_report_do_not_replace_each_other(run_here, semscan, folders):
    run_here("report", "W1", "--to", "html", "--out", "page.html")
    before = (semscan.here / "page.html").read_bytes()
    code, _, error = run_here("report", "--trend", "W1", "W2", "--out", "page.html")
    again = run_here("report", "--trend", "W1", "W2")[0], run_here("report", "--trend", "W1", "W2")[0]

    assert (code, again) == (2, (0, 0))
    assert "page.html is there and not as semscan wrote it" in error
    assert (semscan.here / "page.html").read_bytes() == before
    assert run_here("report", "W1", "--to", "html", "--out", "semscan-trend/trend.html")[0] == 2
