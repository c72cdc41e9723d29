"""The model card and its pictures: every number is the manifest's."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from dataclasses import asdict

import cv2
import numpy as np
import pytest

from emotion_bot.manifest import CascadeSettings, CropGeometry, Manifest
from training import card, report
from training.degrade import NAMES
from training.evaluate import reliability
from training.network import NETWORKS
from training.runs import Epoch

# Keras' TensorFlow backend and NumPy 2 do not agree on __array__ yet.
pytestmark = pytest.mark.filterwarnings(
    "ignore:__array__ implementation doesn't accept a copy:DeprecationWarning"
)
LINKS = {name: f"pictures/model-{name}.png" for name in ("curves", "confusion", "reliability", "network")}


def figures(seed: int) -> dict:
    """Made up, and all different."""
    share = iter([(seed * 97 + number * 37) % 499 / 1000 + 0.5 for number in range(40)])
    return {
        "rows": 2000 + seed,
        "accuracy": next(share),
        "leak_free_rows": 1900 + seed,
        "leak_free_accuracy": next(share),
        "recall": {name: next(share) for name in ("happy", "sad", "neutral")},
        "ece": next(share) / 10,
        "confusion": [[800 + seed, 21, 45], [27, 400 + seed, 160], [24, 99, 500 + seed]],
        "reliability": [{"faces": 0, "confidence": None, "accuracy": None}] * 14
        + [{"faces": 1234 + seed, "confidence": next(share), "accuracy": next(share)}],
        "ferplus": {"rows": 1500 + seed, "accuracy": next(share)},
        "ferplus_released": {"rows": 1400 + seed, "accuracy": next(share)},
        "degraded": {condition: next(share) for condition in NAMES},
    }


def manifest(**changes) -> Manifest:
    training = {
        "name": "residual",
        "recipe": {
            "network": "residual",
            "epochs": 40,
            "votes": 1.0,
            "teachers": 0.7,
            "consistent": True,
            "seed": 4711,
        },
        "start_from": None,
        "teachers": ["a", "b", "c"],
        "data_md5": "d" * 32,
        "votes_md5": "e" * 32,
        "rows": {"Training": 28006, "PublicTest": 2155, "PrivateTest": 2099},
        "public_test_accuracy": 0.8123,
        "versions": {"python": "3.13.1", "keras": "3.15.1"},
        "date": "2026-11-30",
    }
    return Manifest(
        version="2026.11.30-it",
        engine="litert",
        crop=CropGeometry(scale=1, shift_y=0),
        detector=CascadeSettings(),
        second_look=0.62,
        hard_to_tell=0.47,
        metrics={"public_test": figures(1), "private_test": figures(2)},
        training=training | changes,
        files={"emotion.tflite": "f" * 64},
    )


def rendered(made: Manifest) -> str:
    return card.render(card.Facts(made, parameters=1_654_321, size=1_765_432, epochs=41), LINKS)


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def rows_of(text: str) -> dict[str, list[str]]:
    """The card's tables: the cells of each row, by the first."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[cell.strip().strip("*") for cell in line.strip("|").split("|")] for line in lines]
    return {first: others for first, *others in cells}


def test_every_figure_of_both_splits_stands_in_the_tables():
    made = manifest()
    rows, splits = rows_of(rendered(made)), list(made.metrics.values())
    assert rows["faces"] == [f"{split['rows']:,}" for split in splits]
    assert rows["accuracy"] == [percent(split["accuracy"]) for split in splits]
    assert rows["on faces that are not in Training"] == [
        f"{percent(split['leak_free_accuracy'])} of {split['leak_free_rows']:,}" for split in splits
    ]
    for label in ("happy", "sad", "neutral"):
        assert rows[f"recall of {label}"] == [percent(split["recall"][label]) for split in splits]
    assert rows["expected calibration error, 15 bins"] == [f"{split['ece']:.3f}" for split in splits]
    for name, key in {
        "agreement with FER+": "ferplus",
        "the same, where FER-2013 says one of the three": "ferplus_released",
    }.items():
        assert rows[name] == [
            f"{percent(split[key]['accuracy'])} of {split[key]['rows']:,}" for split in splits
        ]
    for condition, name in NAMES.items():
        assert rows[name] == [
            f"{percent(split['degraded'][condition])} "
            f"({100 * (split['degraded'][condition] - split['accuracy']):+.1f})"
            for split in splits
        ]
    assert rows["PublicTest"][0] == "2,001"
    assert rows["PrivateTest"][0] == "2,002"
    assert rows["Training"][0].startswith("28,006 ")
    assert {
        f"`{name}`": [str(value)] for name, value in made.training["recipe"].items()
    }.items() <= rows.items()


def test_the_numbers_in_the_prose_are_the_manifests():
    made = manifest()
    text = rendered(made)
    private = made.metrics["private_test"]
    surest = private["reliability"][-1]
    for said in (
        "version `2026.11.30-it`",
        "trained on 2026-11-30",
        "1,654,321 parameters",
        "1,765,432 bytes",
        f"**{percent(private['accuracy'])}** of FER-2013's 2,002 PrivateTest faces",
        f"{percent(private['leak_free_accuracy'])} of those whose pixels are not in Training",
        f"MD5 `{'d' * 32}`",
        f"MD5 `{'e' * 32}`",
        "Of its 376 mistakes on PrivateTest, 259 (68.9 %) lie between sad and neutral:",
        "- 160 of 589 sad faces (27.2 %) are taken for neutral.",
        "- 24 of 625 neutral faces (3.8 %) are taken for happy.",
        f"happy {percent(802 / 853)}, sad {percent(402 / 522)}, neutral {percent(502 / 707)}",
        f"expected calibration error, is {private['ece']:.3f}",
        f"Of its surest 1,236 answers, {percent(surest['accuracy'])} are right,",
        f"where it says {percent(surest['confidence'])}.",
        "or neutral; where the best is below 62.0 %, the mean over the face and its mirror image |",
        "below 47.0 % is answered with two words",
        "By 70.0 % the labels were the mean answer of 3 networks",
        "They looked at the very copy of a face that it learned from",
        "how the ten raters of FER+ had voted",
        "`residual` in `training/recipes.py`, seed 4711",
        "41; after the last, with one look and before export, 81.2 % on PublicTest",
        "python 3.13.1, keras 3.15.1",
        f"SHA-256 `{'f' * 64}`",
    ):
        assert said in text, said
    worst = min(private["degraded"], key=private["degraded"].get)
    lost = 100 * (private["accuracy"] - private["degraded"][worst])
    assert f"“{NAMES[worst]}”: {lost:.1f} points" in text
    assert "$" not in text, "a placeholder is left"
    assert set(re.findall(r"\]\((\S+?)\)", text)) == set(LINKS.values())
    assert "is happy" not in text.replace('never "is happy"', "")


def test_what_was_not_used_is_not_claimed():
    alone = manifest(votes_md5=None, teachers=[])
    metrics = {
        name: split | {"ferplus": None, "ferplus_released": None, "leak_free_accuracy": None}
        for name, split in alone.metrics.items()
    }
    text = rendered(alone.model_copy(update={"metrics": metrics, "hard_to_tell": 0.0, "second_look": 0.0}))
    assert "The votes of FER+ were not used." in text
    assert "had voted" not in text
    assert "distillation" not in text
    assert "two words" not in text
    assert "mirror image" not in text
    assert rows_of(text)["agreement with FER+"] == ["–", "–"]


def test_a_classifier_without_mistakes_has_none_to_tell():
    perfect = manifest()
    perfect.metrics["private_test"]["confusion"] = [[9, 0, 0], [0, 9, 0], [0, 0, 9]]
    assert "It makes none on PrivateTest." in rendered(perfect)


def test_the_card_of_a_run_holds_its_manifests_figures(home):
    text = (home.run / "model-card.md").read_text()
    splits = list(Manifest.read(home.run / "bundles" / "litert").metrics.values())
    rows = rows_of(text)
    assert rows["accuracy"] == [percent(split["accuracy"]) for split in splits]
    assert rows["expected calibration error, 15 bins"] == [f"{split['ece']:.3f}" for split in splits]
    size = (home.run / "bundles" / "litert" / "emotion.tflite").stat().st_size
    assert f"the LiteRT file has {size:,} bytes" in text
    for picture in re.findall(r"\]\((\S+?)\)", text):
        assert (home.run / picture).exists()


def test_a_second_copy_goes_among_the_documents(home, training, tmp_path):
    (tmp_path / "model-card.md").write_text("of an earlier version")
    result = training("report", "--run", home.run, "--to", tmp_path)
    assert result.exit_code == 0, result.output
    text = (tmp_path / "model-card.md").read_text()
    links = re.findall(r"\]\((\S+?)\)", text)
    assert set(links) == set(LINKS.values())
    for name, link in LINKS.items():
        assert (tmp_path / link).read_bytes() == (home.run / f"{name}.png").read_bytes()
    assert re.sub(r"pictures/model-", "", text) == (home.run / "model-card.md").read_text()
    assert str(tmp_path / "model-card.md") in result.stderr


def test_a_manifest_of_an_earlier_version_is_told(home, training, tmp_path):
    run = shutil.copytree(home.run, tmp_path / "run")
    file = run / "bundles" / "litert" / "manifest.json"
    made = Manifest.read(file.parent)
    del made.metrics["private_test"]["reliability"]
    file.write_text(made.model_dump_json())
    result = training("report", "--run", run)
    assert result.exit_code == 2
    assert "has no figure 'reliability'; make it again: python -m training export" in result.stderr


def test_the_pictures_are_drawn(tmp_path):
    made = manifest()
    confidences = np.linspace(0.35, 1, 100, dtype=np.float32)
    bins = reliability(confidences, np.arange(100) % 3 > 0)
    made.metrics["private_test"]["reliability"] = [asdict(each) for each in bins]
    epochs = [
        Epoch(number, 0.5 + number / 20, 2 / number, 0.5 + number / 30, 2.5 / number)
        for number in range(1, 9)
    ]
    files = report.draw(made, epochs, NETWORKS["seed"](), tmp_path)
    assert set(files) == set(LINKS)
    for file in files.values():
        picture = cv2.imread(str(file))
        assert min(picture.shape[:2]) > 300
        assert (picture < 250).any(axis=2).mean() > 0.01, f"{file.name} is blank"
        assert len(Counter(map(tuple, picture.reshape(-1, 3)[::97]))) > 3
