"""Writes down what is deployed, as CycloneDX: each engine's image, and the layer. `make sbom`."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.spdx import is_expression, is_supported_id
from packageurl import PackageURL
from packaging.markers import Marker
from pip_requirements_parser import RequirementsFile

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cyclonedx.model.license import License

ROOT: Final = Path(__file__).parents[1]
LAMBDA: Final = {
    "implementation_name": "cpython",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_system": "Linux",
    "python_full_version": "3.13.0",
    "python_version": "3.13",
    "sys_platform": "linux",
}
"""Where the packages are installed; what is pinned for other machines is left out."""
_BASE_IMAGE: Final = re.compile(r"^ARG BASE_IMAGE=(?P<name>\S+):(?P<tag>\S+)$", re.MULTILINE)
_LICENCES: Final = LicenseFactory()


def image(engine: str) -> Bom:
    """What is in the recognizer's image of an engine, and the model that it fetches."""
    requirements = ROOT / f"functions/recognizer/requirements-{engine}.txt"
    parts = [*packages(requirements), base_image(), model(engine)]
    return _bom(ComponentType.CONTAINER, f"recognizer-{engine}", parts)


def layer() -> Bom:
    """What is in the layer of webhook and registrar."""
    return _bom(ComponentType.APPLICATION, "layer", packages(ROOT / "layers/shared/requirements.txt"))


def packages(requirements: Path) -> Iterator[Component]:
    """The pinned packages, each with the hashes that its files must have and the licence that it names."""
    for line in RequirementsFile.from_file(str(requirements)).requirements:
        if line.marker is not None and not Marker(str(line.marker)).evaluate(LAMBDA):
            continue
        purl = PackageURL("pypi", name=line.name, version=line.get_pinned_version)
        hashes = [
            HashType(alg=HashAlgorithm.SHA_256, content=each.removeprefix("sha256:"))
            for each in line.hash_options
        ]
        yield Component(
            type=ComponentType.LIBRARY,
            name=line.name,
            version=line.get_pinned_version,
            purl=purl,
            bom_ref=str(purl),
            licenses=_licences(line.name, line.get_pinned_version),
            external_references=[
                ExternalReference(
                    type=ExternalReferenceType.DISTRIBUTION,
                    url=XsUri(str(purl)),
                    comment="any of the package's files that has one of these hashes",
                    hashes=hashes,
                )
            ],
        )


def base_image() -> Component:
    """AWS's own; what is in it AWS tells."""
    dockerfile = (ROOT / "functions/recognizer/Dockerfile").read_text("utf-8")
    found = _BASE_IMAGE.search(dockerfile)
    if found is None:
        raise LookupError("the Dockerfile names no BASE_IMAGE")
    return Component(
        type=ComponentType.CONTAINER,
        name=found["name"],
        version=found["tag"],
        bom_ref=f"{found['name']}:{found['tag']}",
    )


def model(engine: str) -> Component:
    """The released bundle, which is fetched at a cold start and refused if its digest differs."""
    current = json.loads((ROOT / "models/current.json").read_text("utf-8"))
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=f"emotion-bundle-{engine}",
        version=current["version"],
        bom_ref=f"models/{current['version']}/{engine}.zip",
        description="MTCNN and the emotion classifier; docs/model-card.md has their figures.",
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=current["sha256"][engine])],
    )


def _bom(kind: ComponentType, name: str, parts: Iterable[Component]) -> Bom:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    whole = Component(
        type=kind,
        group=project["name"],
        name=name,
        version=project["version"],
        bom_ref=name,
        licenses=[_LICENCES.make_with_id(project["license"])],
    )
    bom = Bom(components=parts)
    bom.metadata.component = whole
    bom.register_dependency(whole, bom.components)
    return bom


def _licences(name: str, version: str) -> list[License]:
    """What the package itself says, where this version of it is installed here."""
    try:
        about = metadata(name)
    except PackageNotFoundError:
        return []
    if about["Version"] != version:
        return []
    return [_LICENCES.make_from_string(each) for each in _named_licences(about)]


def _named_licences(about: PackageMetadata) -> list[str]:
    words = (about["License-Expression"] or about["License"] or "").strip().splitlines()[:1]
    if words and (is_supported_id(words[0]) or is_expression(words[0])):
        return words
    classifiers = [
        each for each in about.get_all("Classifier") or () if each.startswith("License :: OSI Approved :: ")
    ]
    return [each.rpartition(" :: ")[2] for each in classifiers] or words


def main(folder: Path) -> None:
    """Write the files, and say where."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, bom in (
        ("recognizer-litert", image("litert")),
        ("recognizer-tensorflow", image("tensorflow")),
        ("layer", layer()),
    ):
        file = folder / f"{name}.cdx.json"
        text = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string(indent=2)
        file.write_text(text, "utf-8")
        sys.stdout.write(f"{file}: {len(bom.components)} components\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
