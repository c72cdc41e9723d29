"""What AWS asks: one table of list prices, each with the page that says so and when that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

REGION: Final = "us-east-1"
CHECKED: Final = "2026-11-23"
"""When this table was put together: from stored copies of the pages, no page could be fetched that day."""
HOURS: Final = 730
"""Of a month, as AWS counts."""


@dataclass(frozen=True)
class Price:
    """One line of AWS's price list."""

    what: str
    dollars: float
    per: float
    """So many units cost that."""
    unit: str
    page: str
    read: str
    """When whoever quotes it read the page."""
    source: str
    """AWS where its own page could be read; else who quotes it: AWS's pages fill their prices in later."""
    allowance: str = ""
    """Name of the free allowance that it is taken from; two prices may share one."""
    is_certain: bool = True
    """Whether AWS's own page, or two others, say so."""


@dataclass(frozen=True)
class Allowance:
    """What AWS gives each account every month, for ever ("always free")."""

    amount: float
    unit: str


LAMBDA, SQS = "aws.amazon.com/lambda/pricing", "aws.amazon.com/sqs/pricing"
DYNAMODB, CLOUDWATCH = "aws.amazon.com/dynamodb/pricing/on-demand", "aws.amazon.com/cloudwatch/pricing"
ALLOWANCES: Final[Mapping[str, Allowance]] = {
    "compute": Allowance(400_000, "GB-seconds of Lambda"),
    "requests": Allowance(1_000_000, "invocations of Lambda"),
    "queue": Allowance(1_000_000, "requests to SQS"),
    "logs": Allowance(5, "GB of logs, taken in and kept"),
    "metrics": Allowance(10, "custom metrics"),
    "alarms": Allowance(10, "metrics in alarms"),
    "dashboards": Allowance(3, "dashboards of up to 50 metrics"),
    "traces": Allowance(100_000, "traces in X-Ray"),
    "transfer": Allowance(100, "GB out to the internet"),
    "keys": Allowance(20_000, "requests to KMS"),
}
PRICES: Final[Mapping[str, Price]] = {
    "compute_x86_64": Price(
        "Lambda, x86_64",
        0.0000166667,
        1,
        "GB-second",
        LAMBDA,
        "2025",
        "cloudchipr.com; artillery 2.0.28",
        "compute",
    ),
    "compute_arm64": Price(
        "Lambda, arm64",
        0.0000133334,
        1,
        "GB-second",
        LAMBDA,
        "2025",
        "cloudchipr.com; artillery 2.0.28",
        "compute",
    ),
    "requests": Price(
        "Lambda, invocations", 0.20, 1e6, "invocations", LAMBDA, "2026-09-20", "AWS", "requests"
    ),
    "queue": Price(
        "SQS, standard", 0.40, 1e6, "requests", SQS, "2026-06-13", "factualminds.com; cloudburn.io", "queue"
    ),
    "fairness": Price(
        "SQS, fair queue: on top, for messages with a group",
        0.10,
        1e6,
        "requests",
        SQS,
        "2026-03-14",
        "cloudburn.io",
        is_certain=False,
    ),
    "writes": Price(
        "DynamoDB, writes on demand",
        0.625,
        1e6,
        "write units",
        DYNAMODB,
        "2025-07-21",
        "airbyte.com; half of the older $1.25",
    ),
    "reads": Price(
        "DynamoDB, reads on demand",
        0.125,
        1e6,
        "read units",
        DYNAMODB,
        "2025-07-21",
        "airbyte.com; half of the older $0.25",
    ),
    "logs": Price(
        "CloudWatch, logs taken in",
        0.50,
        1,
        "GB",
        CLOUDWATCH,
        "2026-06-13",
        "factualminds.com; infracost",
        "logs",
    ),
    "metrics": Price(
        "CloudWatch, custom metrics, by the hour",
        0.30,
        1,
        "metric-months",
        CLOUDWATCH,
        "2026-02-15",
        "signoz.io; nishinoshake/aws-rough",
        "metrics",
    ),
    "alarms": Price(
        "CloudWatch, alarms, for each metric in them",
        0.10,
        1,
        "alarm metrics",
        CLOUDWATCH,
        "2026-02",
        "cloudburn.io; infracost",
        "alarms",
    ),
    "dashboards": Price(
        "CloudWatch, dashboards",
        3.00,
        1,
        "dashboards",
        CLOUDWATCH,
        "2026-06-13",
        "factualminds.com; nishinoshake/aws-rough",
        "dashboards",
    ),
    "traces": Price(
        "X-Ray, traces", 5.00, 1e6, "traces", "aws.amazon.com/xray/pricing", "undated copy", "AWS", "traces"
    ),
    "transfer": Price(
        "To the internet",
        0.09,
        1,
        "GB",
        "aws.amazon.com/ec2/pricing/on-demand",
        "2026-06-02",
        "usage.ai; wring.co",
        "transfer",
    ),
    "images": Price(
        "ECR, images",
        0.10,
        1,
        "GB-month",
        "aws.amazon.com/ecr/pricing",
        "2026-03-15",
        "cloudburn.io; wring.co",
    ),
    "keys": Price(
        "KMS, requests",
        0.03,
        10_000,
        "requests",
        "aws.amazon.com/kms/pricing",
        "2026-03-15",
        "wring.co; cloudburn.io",
        "keys",
    ),
    "models": Price(
        "S3, standard storage",
        0.023,
        1,
        "GB-month",
        "aws.amazon.com/s3/pricing",
        "",
        "none found",
        is_certain=False,
    ),
    "gets": Price(
        "S3, GET", 0.0004, 1000, "requests", "aws.amazon.com/s3/pricing", "", "none found", is_certain=False
    ),
}
FREE: Final[Mapping[str, str]] = {
    "Function URL": "part of Lambda",
    "CodeDeploy": "free for Lambda",
    "AWS Budgets": "budgets that only tell are free",
    "SSM Parameter Store": "standard parameters at standard throughput are free",
    "CloudFormation": "free for AWS's own resources",
    "SNS": "the first 1,000 e-mails a month are free",
}


def bill(use: Mapping[str, float], *, with_allowances: bool = False) -> dict[str, float]:
    """Dollars by price, for what a month uses in their units; in the table's order."""
    left = {name: each.amount if with_allowances else 0.0 for name, each in ALLOWANCES.items()}
    dollars = {}
    for name, price in PRICES.items():
        amount = use.get(name, 0.0)
        free = min(amount, left.get(price.allowance, 0.0))
        if price.allowance:
            left[price.allowance] -= free
        dollars[name] = (amount - free) * price.dollars / price.per
    return dollars
