"""Images inspected on a Dask cluster give what they give on one machine."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from semscan.errors import BadDataError, MissingLibraryError, UsageFault
from semscan.pipeline import compare as comparing
from semscan.pipeline.evaluate import evaluate
from semscan.pipeline.inspecting.images import inspect_images, score_images
from semscan.pipeline.run import cluster as cluster_module
from semscan.settings import CompareSettings, EvaluateSettings, InspectSettings, OutputSettings, ReadSettings
from semscan.version import __version__

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def address():
    """A scheduler and one worker, in this process."""
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None, host="127.0.0.1", protocol="tcp://"
    ) as cluster:
        yield cluster.scheduler_address


@pytest.fixture
def here(tmp_path, monkeypatch, save_png, grey):
    monkeypatch.chdir(tmp_path)
    for number in range(5):
        save_png(tmp_path / "lot" / f"{number}.png", grey(rows=40 + number, spot=number % 2 == 0))
    (tmp_path / "lot" / "torn.png").write_bytes(b"no image")
    return tmp_path


def lasting(record):
    return {**record.to_json(), "seconds": 0, "outputs": record.outputs.to_json()}


def test_records_and_files_are_those_of_one_machine(here, model, address):
    relative = os.path.relpath(model, here)
    settings = InspectSettings(
        model=relative, read=ReadSettings(ignore=("0,0,3,3",)), output=OutputSettings(out="o", crops=True)
    )
    plain = list(inspect_images(["lot"], settings))
    before = {path: path.read_bytes() for path in Path("o").rglob("*.png")}
    for path in before:
        path.unlink()
    remote = list(inspect_images(["lot"], replace(settings, cluster=address)))

    assert [lasting(record) for record in remote] == [lasting(record) for record in plain]
    assert remote[-2].outputs.overlay is not None
    assert {path: path.read_bytes() for path in Path("o").rglob("*.png")} == before
    assert remote[0].model == relative
    assert remote[0].outputs.crops[0] == os.path.join("o", "0.crop001.png")
    assert remote[-1].error.startswith("lot/torn.png: not a TIFF")


def test_a_run_on_a_cluster_is_resumed_without_one_and_the_other_way_round(here, model, address):
    settings = InspectSettings(model=str(model), resume=True)
    first = list(inspect_images(["lot"], replace(settings, cluster=address)))
    second = list(inspect_images(["lot"], settings))
    third = list(inspect_images(["lot"], replace(settings, cluster=address)))

    assert [record.to_json() for record in first] == [record.to_json() for record in second]
    assert [record.to_json() for record in second] == [record.to_json() for record in third]


def test_scores_alone_write_nothing(here, model, address):
    scored = list(score_images(["lot"], InspectSettings(model=str(model), cluster=address)))

    assert [record.status for record in scored] == ["ok"] * 5 + ["error"]
    assert not Path("semscan-results").exists()


def test_another_version_in_a_worker_ends_the_run(here, model):
    with pytest.raises(UsageFault, match=f"has semscan {__version__}, this is 9.9; install the same version"):
        cluster_module._answer(None, None, "run", "9.9")


def test_a_worker_prepares_anew_for_each_run(monkeypatch):
    class Act:
        name = "inspect the model at this path"

        def __init__(self, model):
            self.model, self.prepared = model, 0

        def prepare(self):
            self.prepared += 1

        def __call__(self, task):
            return self.model, task

    monkeypatch.setattr(cluster_module, "_KEPT", {})
    before, after = Act("before"), Act("after")

    answers = [
        cluster_module._answer(act, number, run, __version__)
        for number, (run, act) in enumerate([("1", before), ("1", Act("a copy")), ("2", after), ("2", after)])
    ]

    assert answers == [("before", 0), ("before", 1), ("after", 2), ("after", 3)]
    assert cluster_module._answer(before, 4, "1", __version__) == ("before", 4)  # two runs at once
    assert (before.prepared, after.prepared) == (1, 1)


def test_a_cluster_that_does_not_answer_is_said(here, model, monkeypatch):
    monkeypatch.setattr(cluster_module, "CONNECT_SECONDS", 1)
    with pytest.raises(UsageFault, match=r"--cluster tcp://127.0.0.1:9: no answer from a scheduler"):
        list(inspect_images(["lot"], InspectSettings(model=str(model), cluster="tcp://127.0.0.1:9")))


def test_without_dask_it_is_said_what_to_install(here, model, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'semscan\[cluster\]'"):
        list(inspect_images(["lot"], InspectSettings(model=str(model), cluster="2")))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": ("dies",)}, "leave out --cluster"),
        ({"timeout": 3.0}, "leave it out with --cluster"),
        ({"max_memory": 1 << 30}, "leave out --max-memory"),
        ({"cluster": "0"}, "at least 1 process"),
    ],
)
def test_options_that_do_not_go_with_a_cluster_are_refused(here, options, message):
    with pytest.raises(UsageFault, match=message):
        list(inspect_images(["lot"], InspectSettings(**{"method": ("periodic",), "cluster": "tcp://h:1", **options})))


def figures(evaluation):
    return {key: value for key, value in evaluation.to_json().items() if key not in ("seconds", "outputs")}


@pytest.mark.parametrize("way", [{"jobs": 2}, {"cluster": "address"}])
def test_an_evaluation_gives_the_same_figures(here, model, address, save_png, grey, way):
    save_png(here / "set" / "test" / "good" / "a.png", grey())
    save_png(here / "set" / "test" / "spot" / "b.png", grey(spot=True))
    save_png(here / "set" / "ground_truth" / "spot" / "b_mask.png", (grey(spot=True) > 200).astype("uint8") * 255)
    (here / "set" / "test" / "spot" / "torn.png").write_bytes(b"no image")
    settings = EvaluateSettings(inspect=InspectSettings(model=os.path.relpath(model, here)))
    there = replace(settings.inspect, **{key: address if value == "address" else value for key, value in way.items()})

    plain = evaluate(Path("set"), settings)
    assert plain.images == 2
    assert figures(evaluate(Path("set"), replace(settings, inspect=there))) == figures(plain)


def test_runs_of_a_comparison_are_made_on_the_cluster(here, make_model, address, monkeypatch, save_png, grey):
    for number in range(3):
        save_png(here / "set" / "train" / "good" / f"{number}.png", grey(rows=64 + number))

    def train(data, settings, say):
        assert data.is_absolute()
        if settings.attention == "cbam":
            raise BadDataError("no patch fits")
        make_model(Path(settings.out))

    monkeypatch.setattr(comparing, "train", train)  # the workers of this cluster are threads of this process
    settings = CompareSettings(out="cmp", attentions=("none", "cbam"), seeds=(0,), steps=1, cluster=address)
    record = comparing.compare(Path("set"), settings, lambda line: None)

    assert [run["status"] for run in record["runs"]] == ["ok", "error"]
    assert record["runs"][0]["model"] == os.path.join("cmp", "autoencoder-plain-none-seed0")
    assert record["runs"][1]["error"] == "no patch fits"
