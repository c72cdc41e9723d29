"""The figures of the images, and the page that tells them."""

from __future__ import annotations

import json
import sys
from types import SimpleNamespace

import pytest

from infra.containers import images, probe, report
from tests.events import ROOT

PAGE, CHUNK = 4096, images.CHUNK


def test_chunks_are_counted_over_files_laid_one_after_the_other():
    files = [
        ["/a", CHUNK - 1, [0, 1]],  # ends in the first chunk, whose last page it fills
        ["/b", 10, [0]],  # begins the second
        ["/c", 2 * CHUNK, [CHUNK // PAGE]],  # goes on into the third and the fourth
        ["/d", 5, []],
    ]
    assert images._sums(files) == {
        "files": 4,
        "bytes": 3 * CHUNK + 14,
        "files_read": 3,
        "bytes_read": 2 * PAGE + 10 + PAGE,
        "chunks": 4,
        "chunks_read": 3,
    }


def client(sizes):
    """An engine whose image is a base with a step of each size upon it, the last one first."""
    base = SimpleNamespace(attrs={"Size": 100}, history=lambda: [{"Size": 100}])
    steps = [{"Size": size} for size in sizes] + [{"Size": 100}]
    return SimpleNamespace(
        images=SimpleNamespace(get=lambda name: base), api=SimpleNamespace(history=lambda name: steps)
    )


def test_an_image_is_its_base_and_two_layers():
    built = SimpleNamespace(base="base", image="image")
    assert images.weigh(client([0, 1, 30, 0]), built) == {
        "base_image": "base",
        "base": 100,
        "layers": {"packages": 30, "code": 1},
        "image": 131,
    }


def test_a_layer_more_is_no_layer_of_ours():
    with pytest.raises(ValueError, match="longer"):
        images.weigh(client([0, 1, 30, 5, 0]), SimpleNamespace(base="base", image="image"))


@pytest.mark.skipif(sys.platform != "linux", reason="it runs in a container")
def test_the_kernel_tells_which_pages_it_holds(tmp_path):
    file = tmp_path / "file"
    file.write_bytes(bytes(3 * PAGE + 1))
    assert probe.pages(file) == [0, 1, 2, 3]
    (tmp_path / "empty").touch()
    assert probe.pages(tmp_path / "empty") == []


def test_the_page_is_made_of_the_figures():
    figures = json.loads((ROOT / "docs" / "containers.json").read_text())
    assert report.page(figures) == (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
