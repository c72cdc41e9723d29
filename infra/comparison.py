"""What each model made of the photos that it looked at, side by side, as CloudWatch counted them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_cloudwatch.type_defs import MetricDataQueryTypeDef

_FIGURES: Final = {
    "photos": ("Photos", "Sum"),
    "faces": ("Faces", "Sum"),
    "unsure": ("Unsure", "Sum"),
    "median": ("RecognitionMilliseconds", "p50"),
    "slow": ("RecognitionMilliseconds", "p95"),
}
"""Of each model: which metric, and what of it."""


@dataclass(frozen=True)
class Seen:
    """What a model saw."""

    model: str
    photos: int
    faces: int
    unsure: int
    """Faces that it called hard to tell."""
    median: float
    """Milliseconds for a photo."""
    slow: float
    """Milliseconds that 95 of 100 photos stay below."""

    def __str__(self) -> str:
        unsure = f"{self.unsure / self.faces:.1%}" if self.faces else "-"
        each = f"{self.faces / self.photos:.2f}" if self.photos else "-"
        return f"{self.photos:>8,}  {each:>15}  {unsure:>12}  {self.median:>6.0f}  {self.slow:>6.0f}"


HEADER: Final = f"{'photos':>8}  {'faces per photo':>15}  {'hard to tell':>12}  {'ms p50':>6}  {'ms p95':>6}"


def compare(cloudwatch: CloudWatchClient, namespace: str, hours: int) -> list[Seen]:
    """Every model that looked at a photo in the last so many hours; the one that saw most comes first.

    Other errors of botocore pass through.
    """
    pages = cloudwatch.get_paginator("list_metrics").paginate(
        Namespace=namespace, MetricName="Photos", Dimensions=[{"Name": "service", "Value": "recognizer"}]
    )
    dimensions = [each["Dimensions"] for page in pages for each in page["Metrics"]]
    models = {each["Value"] for found in dimensions for each in found if each["Name"] == "model"}
    seen = [_seen(cloudwatch, namespace, model, hours) for model in models]
    return sorted((each for each in seen if each.photos), key=lambda each: -each.photos)


def _seen(cloudwatch: CloudWatchClient, namespace: str, model: str, hours: int) -> Seen:
    now = datetime.now(UTC)
    queries: list[MetricDataQueryTypeDef] = [
        {
            "Id": figure,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": metric,
                    "Dimensions": [
                        {"Name": "service", "Value": "recognizer"},
                        {"Name": "model", "Value": model},
                    ],
                },
                # One point for all of them, so that a percentile is of all photos.
                "Period": hours * 3600,
                "Stat": statistic,
            },
        }
        for figure, (metric, statistic) in _FIGURES.items()
    ]
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=queries, StartTime=now - timedelta(hours=hours), EndTime=now
    )
    found = {each["Id"]: each["Values"] for each in answer["MetricDataResults"]}
    photos, faces, unsure = (round(sum(found[each])) for each in ("photos", "faces", "unsure"))
    median, slow = (max(found[each], default=0.0) for each in ("median", "slow"))
    return Seen(model, photos, faces, unsure, median, slow)
