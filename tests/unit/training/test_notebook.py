"""The notebook runs from its first cell to its last, in a kernel of its own, on a few faces of noise."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from tests.unit.training import csvs

HERE = """
import os
from tests.unit.training import tiny

os.environ |= {settings!r}
tiny.in_place_of("seed").__enter__()
"""


@pytest.fixture
def notebook(request):
    return nbformat.read(request.config.rootpath / "training" / "train.ipynb", as_version=4)


def test_it_is_valid_and_holds_no_outputs(notebook):
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert len(notebook.cells) - len(code) >= len(code), "it explains too little"


def test_it_runs(notebook, tmp_path, request, monkeypatch):
    csv = csvs.write(tmp_path / "fer2013.csv", csvs.rows())
    votes = csvs.write_votes(tmp_path / "votes.csv", len(csvs.rows()))
    settings = {
        "CSV": str(csv),
        "VOTES": str(votes),
        "RECIPE": "seed",
        "EPOCHS": "2",
        "FOLDER": str(tmp_path / "notebook"),
        "TMPDIR": str(tmp_path),
    }
    monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(HERE.format(settings=settings)))
    # The folder is that of the notebook, as Jupyter starts a kernel.
    folder = {"metadata": {"path": str(request.config.rootpath / "training")}}
    NotebookClient(notebook, kernel_name="python3", timeout=600, resources=folder).execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    shown = [kind for output in outputs if "data" in output for kind in output.data]
    assert "used                      140           12           12" in said
    assert "Epoch  2/2" in said
    assert "accuracy" in said
    assert "Version notebook is deployed in" in said
    assert shown.count("image/png") == 5
    assert shown.count("text/markdown") == 1
    assert shown.count("image/jpeg") == 1
    assert (tmp_path / "notebook" / "run" / "model-card.md").exists()
