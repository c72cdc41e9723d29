"""Looks around once the stack was used: what the emulator did with metrics, alarms, traces and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from infra.rehearsal.gaps import compare
from infra.rehearsal.resolving import Resolver

if TYPE_CHECKING:
    from infra.rehearsal.scene import Scene

Figures = dict[str, object]


def look(scene: Scene) -> Figures:
    """What was made of the template, and what showed on the way."""
    client, stack = scene.cloud.client, scene.stack
    processed = client("cloudformation").get_template(
        StackName=stack.described()["StackName"], TemplateStage="Processed"
    )
    template = processed["TemplateBody"]
    found = compare(scene.cloud, template, stack.parameters, stack.resources())
    resolver = Resolver(template, stack.parameters)
    left_out: dict[str, int] = {}
    for resource in template["Resources"].values():
        if "Condition" in resource and not resolver.holds(resource["Condition"]):
            left_out[resource["Type"]] = left_out.get(resource["Type"], 0) + 1
    log = scene.log.read_text(encoding="utf-8", errors="replace")
    namespaces = {each["Namespace"] for each in client("cloudwatch").list_metrics()["Metrics"]}
    return {
        "resources": found.resources,
        "compared": found.compared,
        "absent": found.absent,
        "surplus": found.surplus,
        "ignored": found.ignored,
        "unseen": dict(sorted(found.unseen.items())),
        "left_out": dict(sorted(left_out.items())),
        "traced": "TracingConfig.Mode=Active is not supported" not in log,
        "own_metrics": "emotion-bot" in namespaces,
        "changes": [
            {"what": change.what, "why": change.why, "where": where} for change, where in stack.changes
        ],
    }
