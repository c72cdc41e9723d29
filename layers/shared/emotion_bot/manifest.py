"""The bundle's `manifest.json`: what training writes, the store checks, and vision obeys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from pathlib import Path

FORMAT: Final = 2
MANIFEST = "manifest.json"

Engine = Literal["litert", "tensorflow"]
LABELS = ("happy", "sad", "neutral")
"""The classifier's columns, in this order."""
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Version = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
"""Names a folder of the store, so: no slash, and no dot in front."""
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Probability = Annotated[float, Field(ge=0, le=1)]
Threshold = Annotated[float, Field(gt=0, lt=1)]
"""Of a probability; its logit must exist."""
Point = tuple[float, float]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CropGeometry(_Section):
    """Where a face's square crop lies about the detector's landmarks, or its box: as in the training data."""

    scale: float = Field(gt=0, le=4)
    """Side of the square over the longer side of the box."""
    shift_y: float = Field(ge=-1, le=1)
    """How far the square's centre lies below the box's, in sides of the square."""
    template: tuple[Point, Point, Point, Point, Point] | None = None
    """The landmarks in the square, in its sides from its upper left corner. None: the box decides."""


class CascadeSettings(_Section):
    """Settings of the `litert` engine's MTCNN cascade, chosen on 200 photographs of WIDER FACE."""

    smallest_face: float = Field(default=0.04, ge=0.005, le=0.25)
    """Smallest face to look for, as a share of the photo's longer side; smaller ones are found less often.
    0.025 finds 27 instead of 22 of 74 faces of 2 to 4 %, for 1.7 times the time."""
    scale_factor: float = Field(default=0.6, gt=0, lt=1)
    """From each level of the image pyramid to the next."""
    threshold_pnet: Threshold = 0.7
    threshold_rnet: Threshold = 0.7
    threshold_onet: Threshold = 0.6
    """Of its first look; it looks at such faces twice more."""
    nms_pnet: Probability = 0.7
    nms_rnet: Probability = 0.7
    nms_onet: Probability = 0.7
    min_confidence: Probability = 0.8
    """Faces of which O-Net is less sure, in the mean of its looks, are not answered."""


class PackageSettings(_Section):
    """Settings of the `mtcnn` package 1.0.0 in the `tensorflow` engine, named and defaulted as there."""

    min_face_size: int = Field(default=20, ge=12)
    """Smallest face to look for, in pixels of the image that the pyramid is built on."""
    scale_factor: float = Field(default=0.709, gt=0, lt=1)
    threshold_pnet: Probability = 0.6
    threshold_rnet: Probability = 0.7
    threshold_onet: Probability = 0.8
    nms_pnet1: Probability = 0.5
    nms_pnet2: Probability = 0.7
    nms_rnet: Probability = 0.7
    nms_onet: Probability = 0.7
    min_confidence: Probability = 0.9
    """Faces below are not answered."""
    max_side: int = Field(default=1280, ge=64)
    """A photo is shrunk so that its longer side is at most this many pixels, before faces are looked for."""


class Manifest(_Section):
    """What a bundle is, how to use it, and the digest of each of its files."""

    format: Literal[2] = FORMAT
    version: Version
    engine: Engine
    labels: tuple[str, ...] = LABELS
    crop: CropGeometry
    detector: CascadeSettings | PackageSettings
    """Of the `litert` engine, or of the `tensorflow` engine."""
    second_look: Probability = 0
    """A face whose best score is below is looked at once more, mirrored; at 0, none is."""
    hard_to_tell: Probability = 0
    """A face whose best score is below is answered with its two best labels; at 0, none is."""
    metrics: dict[str, Any]
    """Figures of this very artefact, as `python -m training evaluate --json` prints them."""
    training: dict[str, Any]
    """Provenance: recipe, data digest, versions of the tools."""
    files: dict[FileName, Sha256]
    """Every other file of the bundle, and its SHA-256."""

    @classmethod
    def read(cls, bundle: Path) -> Manifest:
        """The manifest of an unpacked bundle.

        Raises:
            FileNotFoundError: there is none.
            pydantic.ValidationError: it is not of this format.
        """
        return cls.model_validate_json((bundle / MANIFEST).read_bytes())
