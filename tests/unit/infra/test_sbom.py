"""What is written down of what is deployed: valid, complete, and the same as what is pinned."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from infra import sbom

REQUIREMENTS = {
    "recognizer-litert": "functions/recognizer/requirements-litert.txt",
    "recognizer-tensorflow": "functions/recognizer/requirements-tensorflow.txt",
    "layer": "layers/shared/requirements.txt",
}


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Each file's text."""
    folder = tmp_path_factory.mktemp("sbom")
    sbom.main(folder)
    return {name: (folder / f"{name}.cdx.json").read_text() for name in REQUIREMENTS}


def of_type(text, kind):
    return [each for each in json.loads(text)["components"] if each["type"] == kind]


@pytest.mark.parametrize("name", REQUIREMENTS)
def test_it_is_valid(written, name):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(written[name]) is None


@pytest.mark.parametrize(("name", "requirements"), REQUIREMENTS.items())
def test_it_lists_what_is_installed_with_its_hashes(written, name, requirements):
    pinned = (sbom.ROOT / requirements).read_text()
    listed = {each["name"]: each for each in of_type(written[name], "library")}
    on_lambda = re.findall(r"^([\w.-]+)==(\S+)(?: ; (.+))? \\$", pinned, re.MULTILINE)
    elsewhere = {package for package, _, marker in on_lambda if "win32" in marker or "darwin" in marker}
    assert listed.keys() == {package for package, *_ in on_lambda} - elsewhere
    for package, version, _ in on_lambda:
        if package not in elsewhere:
            assert listed[package]["purl"] == f"pkg:pypi/{package}@{version}"
    hashes = {
        each["content"]
        for component in listed.values()
        for reference in component["externalReferences"]
        for each in reference["hashes"]
    }
    assert hashes <= set(re.findall(r"sha256:(\w+)", pinned))
    assert all(reference["hashes"] for each in listed.values() for reference in each["externalReferences"])


def test_licences_are_told_where_packages_tell_them(written):
    told = {each["name"]: each.get("licenses") for each in of_type(written["recognizer-litert"], "library")}
    assert told["pydantic"] == [{"license": {"id": "MIT"}}]
    assert [name for name, licences in told.items() if not licences] == []


@pytest.mark.parametrize("engine", ["litert", "tensorflow"])
def test_the_model_is_the_released_one(written, engine):
    (model,) = of_type(written[f"recognizer-{engine}"], "machine-learning-model")
    bundle = sbom.ROOT / "models" / model["version"] / f"{engine}.zip"
    digest = hashlib.sha256(bundle.read_bytes()).hexdigest()
    assert model["hashes"] == [{"alg": "SHA-256", "content": digest}]


def test_the_base_is_the_one_that_the_image_is_built_on(written):
    (base,) = of_type(written["recognizer-litert"], "container")
    dockerfile = (sbom.ROOT / "functions/recognizer/Dockerfile").read_text()
    assert f"ARG BASE_IMAGE={base['name']}:{base['version']}" in dockerfile


def test_all_of_it_belongs_to_the_image(written):
    document = json.loads(written["recognizer-litert"])
    whole = document["metadata"]["component"]
    assert (whole["type"], whole["name"]) == ("container", "recognizer-litert")
    (tree,) = [each for each in document["dependencies"] if each["ref"] == whole["bom-ref"]]
    assert set(tree["dependsOn"]) == {each["bom-ref"] for each in document["components"]}
