import os
from pathlib import Path

import numpy as np
import pytest

from semscan.errors import BadDataError
from semscan.files.datasets.layout import find_layout


@pytest.fixture
def make(tmp_path):
    def make(**folders):
        for name, count in folders.items():
            folder = tmp_path / "data" / name
            folder.mkdir(parents=True, exist_ok=True)
            for number in range(count):
                (folder / f"{number:03d}.png").write_bytes(b"x")
        return tmp_path / "data"

    return make


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_train_good_is_taken_and_test_is_left_alone(make):
    layout = find_layout(make(**{"train/good": 3, "test/good": 2, "test/bridge": 2, "ground_truth/bridge": 2}))

    assert (layout.kind, layout.good_name, len(layout.good)) == ("good-only", "good", 3)
    assert layout.test_ignored
    assert not any("test" in path.parts or "ground_truth" in path.parts for path in layout.good)
    assert layout.description == "train/ with the class folder 'good' (good): 3 images; test/ is left alone"


def test_one_good_image_is_enough(make):
    assert len(find_layout(make(**{"train/good": 1})).good) == 1


@pytest.mark.parametrize("name", ["good", "OK", "Normal", "pass", "reference"])
def test_good_class_is_known_by_name_in_any_case(make, name):
    layout = find_layout(make(**{name: 2, "bridge": 2}))

    assert (layout.good_name, list(layout.classes), len(layout.good)) == (name, ["bridge"], 2)


def test_twenty_of_each_other_class_make_a_classifier(make):
    layout = find_layout(make(**{"train/good": 2, "train/bridge": 20, "train/gap": 25}))

    assert layout.kind == "classes"
    assert {name: len(paths) for name, paths in layout.classes.items()} == {"bridge": 20, "gap": 25}
    assert layout.description == "train/ with class folders: 2 images of 'good' (good), 20 of 'bridge', 25 of 'gap'"


def test_fewer_than_twenty_of_one_class_sharpen_an_autoencoder(make):
    assert find_layout(make(good=30, bridge=19, gap=40)).kind == "good-and-few"


def test_flat_classes_leave_test_and_ground_truth_out(make):
    layout = find_layout(make(good=2, bridge=3, test=5, ground_truth=3))

    assert list(layout.classes) == ["bridge"]
    assert layout.test_ignored


def test_classes_without_a_good_one_are_said_to_be_so(make):
    layout = find_layout(make(bridge=3, gap=3))

    assert (layout.kind, layout.good, layout.good_name) == ("classes-without-good", (), None)
    assert "no good class" in layout.description


def test_images_only_are_all_good(make):
    data = make()
    touch(data, "b.TIF", "a.png", "notes.txt", ".hidden.png")

    layout = find_layout(data)

    assert [path.name for path in layout.good] == ["a.png", "b.TIF"]
    assert layout.kind == "good-only"
    assert layout.description == "images without class folders: 2 images, all taken as good"


def test_images_straight_in_train_are_all_good(make):
    layout = find_layout(make(train=4, test=2))

    assert (layout.kind, len(layout.good), layout.test_ignored) == ("good-only", 4, True)


def test_a_single_folder_of_another_name_needs_good(make):
    data = make(wafers=3)

    with pytest.raises(BadDataError, match=r"only folder is 'wafers'.*--good 'wafers'"):
        find_layout(data)
    assert find_layout(data, "wafers").kind == "good-only"


def test_good_names_the_good_class_in_any_case(make):
    layout = find_layout(make(Clean=3, good=2), "clean")

    assert (layout.good_name, list(layout.classes)) == ("Clean", ["good"])


def test_good_that_is_not_there_lists_what_is(make):
    with pytest.raises(BadDataError, match="no class folder 'fine', but 'bridge', 'gap'"):
        find_layout(make(bridge=3, gap=3), "fine")


def test_two_good_names_are_refused(make):
    with pytest.raises(BadDataError, match="'good', 'ok' could each be the good class"):
        find_layout(make(good=1, ok=1))


def test_images_beside_class_folders_are_refused(make):
    data = make(good=1, bridge=1)
    touch(data, "a.png")

    with pytest.raises(BadDataError, match="1 image next to the class folders 'bridge', 'good'"):
        find_layout(data)


def test_folders_below_a_class_belong_to_it(make):
    layout = find_layout(make(**{"train/good/lot1": 2, "train/good/lot2": 3}))

    assert len(layout.good) == 5


def test_models_and_results_among_the_data_are_no_classes(make):
    data = make(good=2, model=1, results=1)
    touch(data, "model/config.json", "results/results.jsonl")

    assert find_layout(data).classes == {}


def test_masks_are_found_apart_and_beside(make):
    data = make(**{"train/good": 2, "train/bridge": 22})
    touch(data, "ground_truth/bridge/000_mask.png", "ground_truth/bridge/001.png", "train/bridge/002_mask.png")

    layout = find_layout(data)

    assert {path.name: mask.name for path, mask in layout.masks.items()} == {
        "000.png": "000_mask.png",
        "001.png": "001.png",
        "002.png": "002_mask.png",
    }
    assert layout.kind == "good-and-few"
    assert len(layout.classes["bridge"]) == 22
    assert "masks for 3 of them" in layout.description


def test_a_mask_that_may_be_a_test_images_is_left_alone(make):
    data = make(**{"train/good": 2, "train/bridge": 20, "test/bridge": 1})
    touch(data, "ground_truth/bridge/000_mask.png", "ground_truth/bridge/001_mask.png")

    assert [path.name for path in find_layout(data).masks] == ["001.png"]


def test_a_mask_that_is_left_alone_is_spoken_of_whatever_the_folders_case(make):
    data = make(good=2, bridge=3)
    data = data.rename(data.parent / "flat")
    touch(data, "Test/Bridge/000.png", "ground_truth/bridge/000_mask.png", "ground_truth/bridge/001_mask.png")

    layout = find_layout(data)

    assert [path.name for path in layout.masks] == ["001.png"]
    assert "; 1 mask left alone that may belong to test images of the same name" in layout.description


def test_ground_truth_beside_the_training_classes_is_theirs_for_sure(make):
    data = make(**{"train/good": 2, "train/bridge": 2, "test/bridge": 2})
    touch(data, "train/ground_truth/bridge/000_mask.png", "ground_truth/bridge/001_mask.png")

    layout = find_layout(data)

    assert {path.name: mask.parts[-4:] for path, mask in layout.masks.items()} == {
        "000.png": ("train", "ground_truth", "bridge", "000_mask.png")
    }
    assert list(layout.classes) == ["bridge"]


def test_an_image_called_mask_without_a_partner_is_an_image(make):
    data = make(good=0)
    touch(data, "good/shadow_mask.png")

    assert len(find_layout(data).good) == 1


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ({}, "holds no images"),
        ({"train": 0, "test/good": 3}, "holds no images"),
        ({"train/good": 0}, "holds no images"),
        ({"test/good": 3}, "only a test folder"),
    ],
)
def test_nothing_to_train_on_is_refused(make, tmp_path, folders, said):
    (tmp_path / "data").mkdir()

    with pytest.raises(BadDataError, match=said):
        find_layout(make(**folders))


def test_a_missing_folder_and_a_file_are_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")

    with pytest.raises(BadDataError, match="no such folder"):
        find_layout(tmp_path / "nothing")
    with pytest.raises(BadDataError, match="this is a file"):
        find_layout(tmp_path / "a.png")


def test_a_folder_that_cannot_be_read_is_refused(make, monkeypatch):
    data, real = make(good=2, bridge=2), os.scandir

    def denied(path):
        if str(path).endswith("bridge"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", denied)
    with pytest.raises(BadDataError, match="bridge: the folder cannot be read"):
        find_layout(data)


def test_pictures_of_an_evaluation_and_of_a_comparison_are_no_classes(make):
    data = make(good=2, **{"semscan-evaluation": 1, "semscan-compare/cnn-seed0.evaluation": 1})
    touch(data, "semscan-evaluation/evaluation.json", "semscan-compare/compare.json")

    assert find_layout(data).kind == "good-only"


@pytest.mark.parametrize("name", ["Ground_Truth", "GROUND_TRUTH", "ground_truth"])
def test_masks_are_no_class_however_their_folder_is_written(make, name):
    layout = find_layout(make(good=2, bridge=2, **{f"{name}/bridge": 2}))

    assert list(layout.classes) == ["bridge"]
    assert len(layout.masks) == 2


def deny(monkeypatch, name):
    """Let no folder of this name be listed."""
    real = Path.iterdir

    def iterdir(folder):
        if folder.name == name:
            raise PermissionError(13, "Permission denied", str(folder))
        return real(folder)

    monkeypatch.setattr(Path, "iterdir", iterdir)


def test_a_test_folder_that_cannot_be_read_does_not_stop_training(make, monkeypatch):
    data = make(**{"train/good": 2, "train/bridge": 2, "test/bridge": 2, "ground_truth/bridge": 2})
    deny(monkeypatch, "test")

    assert len(find_layout(data).masks) == 2


def test_masks_that_cannot_be_read_are_not_used_aloud(make, monkeypatch):
    data = make(**{"train/good": 2, "train/bridge": 2, "ground_truth/bridge": 2})
    deny(monkeypatch, "ground_truth")

    layout = find_layout(data)

    assert layout.masks == {}
    assert f"masks in {data / 'ground_truth'} are not used, it cannot be read (Permission denied)" in layout.description


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege on Windows")
def test_links_that_lead_nowhere_or_in_circles_do_not_stop_training(make):
    data = make(good=1)
    for name, target in (("circle", "circle"), ("gone", "nowhere"), ("ground_truth", "ground_truth")):
        (data / name).symlink_to(target)

    assert find_layout(data).kind == "good-only"


def test_without_a_class_called_good_all_may_be_taken_as_good(make):
    data = make(mon=2, tue=3)
    touch(data, "a.png")

    layout = find_layout(data, all_good=True)

    assert (layout.kind, len(layout.good), layout.classes) == ("good-only", 6, {})
    assert layout.description == "folders 'mon', 'tue', none called good: 6 images, all taken as good"


def test_a_class_called_good_stays_the_only_good_one(make):
    assert len(find_layout(make(good=2, bridge=3), all_good=True).good) == 2


def test_a_name_too_long_for_the_system_is_refused():
    with pytest.raises(BadDataError, match="too long"):
        find_layout(Path("x" * 5000))


@pytest.mark.parametrize("masks", ["masks", "bridge/Mask", "train/good/labels"])
def test_folders_of_masks_are_no_training_images(make, masks):
    root = "train/" if masks.startswith("train") else ""
    data = make(**{f"{root}good": 2, f"{root}bridge": 2, masks: 2})

    with pytest.raises(BadDataError, match=r"by its name it holds masks, .* or rename the folder"):
        find_layout(data)


@pytest.mark.parametrize("folder", ["", "good/", "train/good/"])
def test_good_images_whose_masks_mark_a_defect_are_refused(tmp_path, folder, save_png, grey):
    save_png(tmp_path / "data" / folder / "a.png", grey())
    save_png(tmp_path / "data" / folder / "b.png", grey())
    save_png(tmp_path / "data" / folder / "a_mask.png", np.zeros((48, 64), np.uint8))

    assert len(find_layout(tmp_path / "data").good) == 2  # a blank mask marks nothing
    save_png(tmp_path / "data" / folder / "b_mask.png", np.eye(48, 64, dtype=np.uint8))
    with pytest.raises(BadDataError, match=r"b\.png: would be taken as good, but its mask b_mask\.png marks a defect"):
        find_layout(tmp_path / "data")
