"""What the template says that costs money or limits: counted, so that the page follows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cfnlint.decode import cfn_yaml

TEMPLATE: Final = Path(__file__).parents[1] / "template.yaml"


@dataclass(frozen=True)
class Stack:
    """The template's figures."""

    alarm_metrics: int
    dashboards: int
    concurrency: int
    """MaximumConcurrency, unless somebody says otherwise."""
    webhook_concurrency: int | None
    """Reserved for the webhook, where ReserveConcurrency is asked for."""
    memory: dict[str, int]
    hidden: dict[str, int]
    """Seconds that a job which failed stays hidden, by engine."""
    deliveries: int
    batch: int


def read(path: Path = TEMPLATE) -> Stack:
    """The figures of a template."""
    template = plain(path)
    parts, sizes = template["Resources"], template["Mappings"]["Size"]
    reserved = parts["WebhookFunction"]["Properties"].get("ReservedConcurrentExecutions")
    if isinstance(reserved, dict):
        reserved = next(iter(reserved["Fn::If"][1:2]), None)
    return Stack(
        alarm_metrics=sum(map(_metrics, of_type(template, "AWS::CloudWatch::Alarm").values())),
        dashboards=len(of_type(template, "AWS::CloudWatch::Dashboard")),
        concurrency=int(template["Parameters"]["MaximumConcurrency"]["Default"]),
        webhook_concurrency=reserved if isinstance(reserved, int) else None,
        memory={"webhook": int(parts["WebhookFunction"]["Properties"]["MemorySize"])}
        | {engine: int(size["MegaBytes"]) for engine, size in sizes.items()},
        hidden={engine: int(size["HiddenSeconds"]) for engine, size in sizes.items()},
        deliveries=int(template["Mappings"]["Attempts"]["Job"]["Maximum"]),
        batch=int(parts["JobsToRecognizer"]["Properties"]["BatchSize"]),
    )


def plain(path: Path = TEMPLATE) -> dict[str, Any]:
    """The template as plain objects, its functions spelt out: `{"Ref": …}`."""
    parsed: dict[str, Any] = json.loads(json.dumps(cfn_yaml.load(str(path)), default=str))
    return parsed


def of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The resources of one type, by their names."""
    return {name: each for name, each in template["Resources"].items() if each["Type"] == kind}


def _metrics(alarm: dict[str, Any]) -> int:
    """CloudWatch bills an alarm by the metrics that it looks at."""
    queries = alarm["Properties"].get("Metrics")
    return sum("MetricStat" in query for query in queries) if queries else 1
