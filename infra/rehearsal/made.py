"""What the emulator made of a resource, asked of its services and put in the words of CloudFormation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.rehearsal.cloud import Cloud

Properties = dict[str, Any]


def _queue(cloud: Cloud, url: str) -> Properties:
    attributes = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return {**attributes, "RedrivePolicy": json.loads(attributes.get("RedrivePolicy", "{}"))}


def _function(cloud: Cloud, name: str) -> Properties:
    answer = cloud.client("lambda").get_function(FunctionName=name)
    reserved = answer.get("Concurrency", {})
    return {"Layers": [], **answer["Configuration"], "Code": {}, **reserved}


def _alias(cloud: Cloud, arn: str) -> Properties:
    function, _, name = arn.partition(":function:")[2].partition(":")
    return dict(cloud.client("lambda").get_alias(FunctionName=function, Name=name))


def _version(cloud: Cloud, arn: str) -> Properties:
    return dict(cloud.client("lambda").get_function_configuration(FunctionName=arn))


def _url(cloud: Cloud, identity: str) -> Properties:
    function, _, qualifier = identity.rpartition(":function:")[2].partition(":")
    asked = {"FunctionName": function} | ({"Qualifier": qualifier} if qualifier else {})
    return dict(cloud.client("lambda").get_function_url_config(**asked))


def _source(cloud: Cloud, uuid: str) -> Properties:
    return dict(cloud.client("lambda").get_event_source_mapping(UUID=uuid))


def _table(cloud: Cloud, name: str) -> Properties:
    client = cloud.client("dynamodb")
    table = client.describe_table(TableName=name)["Table"]
    ttl = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    return {
        **table,
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode"),
        "TimeToLiveSpecification": ttl | {"Enabled": ttl.get("TimeToLiveStatus") == "ENABLED"},
        "SSESpecification": {"SSEEnabled": table.get("SSEDescription", {}).get("Status") == "ENABLED"},
    }


def _bucket(cloud: Cloud, name: str) -> Properties:
    s3 = cloud.client("s3")
    encryption = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    return {
        "VersioningConfiguration": s3.get_bucket_versioning(Bucket=name),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": each["ApplyServerSideEncryptionByDefault"]}
                for each in encryption
            ]
        },
        "OwnershipControls": s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"],
        "PublicAccessBlockConfiguration": s3.get_public_access_block(Bucket=name)[
            "PublicAccessBlockConfiguration"
        ],
        "LifecycleConfiguration": _lifecycle(cloud, name),
    }


def _lifecycle(cloud: Cloud, bucket: str) -> Properties:
    try:
        rules = cloud.client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchLifecycleConfiguration":
            raise
        return {}
    return {"Rules": [{**rule, "Id": rule.get("ID")} for rule in rules]}


def _bucket_policy(cloud: Cloud, identity: str) -> Properties:
    name = identity.removesuffix("-policy")  # AWS's is the bucket's name
    return {
        "Bucket": name,
        "PolicyDocument": json.loads(cloud.client("s3").get_bucket_policy(Bucket=name)["Policy"]),
    }


def _log_group(cloud: Cloud, name: str) -> Properties:
    groups = cloud.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return {"RetentionInDays": groups[0].get("retentionInDays")} if groups else {}


def _alarm(cloud: Cloud, name: str) -> Properties:
    return dict(cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0])


def _dashboard(cloud: Cloud, name: str) -> Properties:
    return dict(cloud.client("cloudwatch").get_dashboard(DashboardName=name))


def _role(cloud: Cloud, name: str) -> Properties:
    iam = cloud.client("iam")
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return {
        **iam.get_role(RoleName=name)["Role"],
        "ManagedPolicyArns": [each["PolicyArn"] for each in attached],
        "Policies": [
            {
                key: iam.get_role_policy(RoleName=name, PolicyName=each)[key]
                for key in ("PolicyName", "PolicyDocument")
            }
            for each in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ],
    }


def _policy(cloud: Cloud, arn: str) -> Properties:
    iam = cloud.client("iam")
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]
    return {**policy, "PolicyDocument": version["Document"]}


DESCRIBERS: Final[dict[str, Callable[[Cloud, str], Properties]]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::CloudWatch::Dashboard": _dashboard,
    "AWS::DynamoDB::Table": _table,
    "AWS::IAM::ManagedPolicy": _policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::Alias": _alias,
    "AWS::Lambda::EventSourceMapping": _source,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Url": _url,
    "AWS::Lambda::Version": _version,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SQS::Queue": _queue,
}
"""By the resource's type: what tells the properties of one with a physical id."""
