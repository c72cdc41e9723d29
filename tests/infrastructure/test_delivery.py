"""What GitHub may do in the account: deploy this stack, and nothing that makes it mightier."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch

import pytest
from cfnlint.decode import cfn_yaml
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from infra.delivery import SUFFIX

REGION = "eu-central-1"
PSEUDO = {"Partition": "aws", "Region": REGION, "AccountId": "123456789012"}
GITHUB = "token.actions.githubusercontent.com"
SECRETS = "/emotion-bot/prod"
UNUSED = {
    "codedeploy:RegisterOnPremisesInstance": "no servers",
    "dynamodb:*Item": "import of data",
    "dynamodb:*Replica": "no copies in other regions",
    "dynamodb:*Kinesis*": "no stream",
    "dynamodb:*Import*": "import of data",
    "dynamodb:*ResourcePolicy": "no policy of the table's own",
    "dynamodb:Query": "import of data",
    "dynamodb:Scan": "import of data",
    "dynamodb:UpdateContributorInsights": "not switched on",
    "ec2:*": "no VPC",
    "elasticfilesystem:*": "no file system",
    "firehose:*": "no delivery of logs",
    "iam:*GroupPolicy": "policies are for roles",
    "iam:*UserPolicy": "policies are for roles",
    "iam:CreateServiceLinkedRole": "for auto scaling",
    "iam:DeleteRolePermissionsBoundary": "it stays",
    "kinesis:*": "no stream",
    "kms:*": "AWS's own keys, through the service",
    "lambda:*CapacityProvider": "no servers",
    "lambda:*CodeSigning*": "not signed",
    "lambda:*ScalingConfig": "of capacity providers",
    "lambda:AssociateRuntimeAlias": "runtimes are AWS's",
    "lambda:DeleteProvisionedConcurrencyConfig": "none is provisioned",
    "lambda:PutProvisionedConcurrencyConfig": "none is provisioned",
    "logs:*BearerTokenAuthentication": "not switched on",
    "logs:*DataProtectionPolicy": "none",
    "logs:*DeletionProtection": "none",
    "logs:*IndexPolic*": "none",
    "logs:*KmsKey": "AWS's own key",
    "logs:*LogDelivery": "no delivery of logs",
    "logs:*ResourcePolic*": "none",
    "logs:*LogStreams": "import of data",
    "logs:CreateLogStream": "import of data",
    "logs:PutLogEvents": "import of data",
    "s3:*Abac": "none",
    "s3:*Accelerate*": "none",
    "s3:*Acl": "the owner owns everything",
    "s3:*Analytics*": "none",
    "s3:*Cors": "no web page",
    "s3:*CORS": "no web page",
    "s3:*IntelligentTiering*": "none",
    "s3:*Inventory*": "none",
    "s3:*Logging": "none",
    "s3:*Metadata*": "none",
    "s3:*Metrics*": "none",
    "s3:*Notification": "none",
    "s3:*ObjectLock*": "none",
    "s3:*Replication*": "none",
    "s3:*Website": "no web page",
    "s3:DeleteBucketEncryption": "it stays",
    "s3:DeleteBucketLifecycle": "it stays",
    "s3:DeleteObject": "what lies in it is none of CloudFormation's business",
    "s3:REST.PUT.OBJECT": "no delivery of logs",
    "s3files:*": "no file system",
    "s3tables:*": "none",
    "sns:PutDataProtectionPolicy": "none",
}
"""What CloudFormation could need for the template's kinds of resources, but not for these; and why."""


@pytest.fixture(scope="module")
def delivery(root):
    return cfn_yaml.load(str(root / "infra" / "delivery.yaml"))


def resolved(node, **values):
    """Every `!Sub`, `!Ref` and `!GetAtt` as a string; what is not known is named after its resource."""
    match node:
        case {"Fn::Sub": str(text)}:
            known = {**{f"AWS::{name}": value for name, value in PSEUDO.items()}, **values}
            return re.sub(r"\$\{([^}]+)\}", lambda found: known.get(found[1], f"<{found[1]}>"), text)
        case {"Ref": str(name)}:
            return values.get(name, f"<{name}>")
        case {"Fn::GetAtt": [name, attribute]} | {"Fn::GetAtt": (name, attribute)}:
            return values.get(f"{name}.{attribute}", f"<{name}.{attribute}>")
        case dict():
            return {key: resolved(value, **values) for key, value in node.items()}
        case list():
            return [resolved(value, **values) for value in node]
        case _:
            return node


def as_list(value):
    return value if isinstance(value, list) else [value]


def statements(delivery, role, stack="emotion-bot"):
    """What a role may do in an environment."""
    policies = [
        each["Properties"] for each in delivery["Resources"].values() if each["Type"] == "AWS::IAM::Policy"
    ]
    own = [policy for policy in policies if policy["Roles"] == [{"Ref": role}]]
    assert own
    return [
        statement
        for policy in own
        for statement in resolved(policy["PolicyDocument"]["Statement"], Stack=stack, SecretsPath=SECRETS)
    ]


def boundary(delivery, stack="emotion-bot"):
    document = delivery["Resources"]["Boundary"]["Properties"]["PolicyDocument"]
    return resolved(document["Statement"], Stack=stack, SecretsPath=SECRETS)


def allowed(statements, action, resource=None):
    """Whether a statement names the action, and the resource, if one is asked about; conditions aside."""
    return any(
        any(fnmatch(action, pattern) for pattern in as_list(each["Action"]))
        and (resource is None or any(fnmatch(resource, pattern) for pattern in as_list(each["Resource"])))
        for each in statements
    )


def actions(statements):
    return {action for each in statements for action in as_list(each["Action"])}


# ── Who may deploy ──────────────────────────────────────────────────────────────────────────────────────────


def test_only_one_environment_on_one_branch_of_one_repository_is_trusted(delivery):
    (trust,) = delivery["Resources"]["Deployer"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trust["Principal"]["Federated"] == {
        "Fn::If": ["MakesProvider", {"Ref": "GitHub"}, {"Ref": "Provider"}]
    }
    for subject in ("repo:me/bot", "repo:me@1/bot@2"):
        told = resolved(trust["Condition"], Subject=subject, Environment="production", Branch="main")
        assert told == {
            "StringEquals": {
                f"{GITHUB}:aud": "sts.amazonaws.com",
                f"{GITHUB}:sub": f"{subject}:environment:production",
                f"{GITHUB}:ref": "refs/heads/main",
            }
        }


@pytest.mark.parametrize(
    ("subject", "taken"),
    [
        ("repo:octo-org/octo.repo", True),
        ("repo:octo-org@123456/octo-repo@456789", True),  # made, renamed or transferred after 2026-07-15
        ("octo-org/octo-repo", False),
        ("repo:octo-org/*", False),
        ("repo:octo-org@*/octo-repo@*", False),
        ("repo:octo-org/octo-repo@456789", False),
        ("repo:octo-org@123456/octo-repo", False),
        ("repo:octo-org/octo-repo:environment:production", False),
        ("repo:octo-org-123456/octo-repo-456789/", False),
    ],
)
def test_a_repository_is_named_as_its_tokens_name_it(delivery, subject, taken):
    pattern = delivery["Parameters"]["Subject"]["AllowedPattern"]
    assert bool(re.search(pattern, subject)) is taken


def test_the_provider_is_made_once_and_outlives_an_environment(delivery):
    provider = delivery["Resources"]["GitHub"]
    assert provider["Properties"] == {"Url": f"https://{GITHUB}", "ClientIdList": ["sts.amazonaws.com"]}
    assert provider["Condition"] == "MakesProvider"
    assert provider["DeletionPolicy"] == "RetainExceptOnCreate"  # the next attempt could not make it again


# ── Deployer ────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_deployer_names_what_it_touches(delivery):
    without = {"ecr:GetAuthorizationToken", "cloudwatch:GetMetricStatistics"}
    for each in statements(delivery, "Deployer"):
        assert not any("*" in action for action in as_list(each["Action"]))
        if each["Resource"] == "*":
            assert set(as_list(each["Action"])) <= without
        if "kms:Decrypt" in each["Action"]:
            assert {"StringEquals", "StringLike"} == each["Condition"].keys()


def test_the_deployer_makes_nothing_itself_and_hands_on_one_role_to_one_service(delivery):
    may = statements(delivery, "Deployer")
    services = {action.split(":")[0] for action in actions(may)}
    assert not services & {"lambda", "logs", "sns", "codedeploy", "budgets", "sts"}
    assert {action for action in actions(may) if action.startswith("iam:")} == {"iam:PassRole"}
    (hands_on,) = [each for each in may if each["Action"] == "iam:PassRole"]
    assert hands_on["Resource"] == "<Executor.Arn>"
    assert hands_on["Condition"] == {"StringEquals": {"iam:PassedToService": "cloudformation.amazonaws.com"}}
    assert "cloudformation:DeleteStack" not in actions(may)
    assert not any("Delete" in action and not action.endswith("ChangeSet") for action in actions(may))


def test_the_deployer_changes_one_stack(delivery):
    may = statements(delivery, "Deployer", "emotion-bot-staging")
    where = f"arn:aws:cloudformation:{REGION}:123456789012:stack"
    assert allowed(may, "cloudformation:CreateChangeSet", f"{where}/emotion-bot-staging/1")
    assert allowed(
        may,
        "cloudformation:CreateChangeSet",
        f"arn:aws:cloudformation:{REGION}:aws:transform/Serverless-2016-10-31",
    )
    for stack in ("emotion-bot", f"emotion-bot-staging{SUFFIX}", "aws-sam-cli-managed-default"):
        assert not allowed(may, "cloudformation:CreateChangeSet", f"{where}/{stack}/1")
        assert not allowed(may, "cloudformation:UpdateStack", f"{where}/{stack}/1")


def test_the_deployer_reads_only_which_updates_are_answered(delivery):
    (reads,) = [each for each in statements(delivery, "Deployer") if "dynamodb:GetItem" in each["Action"]]
    assert reads["Action"] == "dynamodb:GetItem"
    assert reads["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": ["update#*"]}


# ── Executor ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def wanted(made_by_sam):
    """What CloudFormation says it needs for the kinds of resources that the template has."""
    kinds = {each["Type"] for each in made_by_sam.values() if each["Type"].startswith("AWS::")}
    wanted = {"lambda:InvokeFunction": {"AWS::CloudFormation::CustomResource"}}
    for kind in kinds:
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema.get("handlers", {})
        for handler in ("create", "read", "update", "delete"):
            for action in handlers.get(handler, {}).get("permissions", []):
                wanted.setdefault(action, set()).add(kind)
    assert len(wanted) > 100
    return wanted


def test_cloud_formation_may_do_what_the_template_needs(delivery, wanted):
    may = statements(delivery, "Executor")
    missing = {
        action: kinds
        for action, kinds in wanted.items()
        if not allowed(may, action) and not any(fnmatch(action, pattern) for pattern in UNUSED)
    }
    assert missing == {}
    assert {pattern for pattern in UNUSED if not any(fnmatch(action, pattern) for action in wanted)} == set()


def test_cloud_formation_may_do_no_more(delivery, wanted):
    beside = {
        "ecr:BatchGetImage",  # what Lambda asks of whoever makes a function of an image
        "ecr:GetDownloadUrlForLayer",
        "ecr:GetRepositoryPolicy",
        "iam:UntagPolicy",
        "iam:TagPolicy",
        "lambda:UntagResource",
        "lambda:UpdateFunctionEventInvokeConfig",
    }
    may = actions(statements(delivery, "Executor"))
    assert {each for each in may if not any(fnmatch(action, each) for action in wanted)} <= beside


def test_each_resource_is_of_this_stack(delivery):
    """Elsewhere the name of the stack stands in every ARN; these have none to give."""
    by_condition = {"QueueToFunction": "lambda:FunctionArn"}
    by_nature = {
        "CanaryCutShort", "CanaryItself", "Code", "FindAlarms", "FindLogs", "Image", "Layer", "NoMoreMail",
        "RecordsKey", "TagsOfThose", "WhatIsSpent",
    }  # fmt: skip
    for each in statements(delivery, "Executor"):
        if each["Sid"] in by_condition:
            assert "emotion-bot-" in each["Condition"]["ArnLike"][by_condition[each["Sid"]]]
        elif each["Sid"] not in by_nature:
            assert all(
                re.search(r"[:/]emotion-bot[-*]", resource) for resource in as_list(each["Resource"])
            ), each


def test_staging_cannot_touch_production(delivery):
    may = statements(delivery, "Executor", "emotion-bot-staging") + statements(
        delivery, "Deployer", "emotion-bot-staging"
    )
    account = f"{REGION}:123456789012"
    for action, resource in {
        "lambda:UpdateFunctionCode": f"arn:aws:lambda:{account}:function:emotion-bot-WebhookFunction-1",
        "sqs:DeleteQueue": f"arn:aws:sqs:{account}:emotion-bot-JobQueue-1",
        "iam:UpdateAssumeRolePolicy": "arn:aws:iam::123456789012:role/emotion-bot-WebhookRole-1",
        "s3:PutObject": "arn:aws:s3:::emotion-bot-modelbucket-1/models/current.json",
        "s3:PutBucketPolicy": "arn:aws:s3:::emotion-bot-modelbucket-1",
    }.items():
        assert allowed(may, action, resource.replace("emotion-bot-", "emotion-bot-staging-"))
        assert not allowed(may, action, resource)


# ── Boundary ────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_role_is_made_or_given_a_policy_without_the_boundary(delivery):
    gives = {
        "iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy",
        "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
    }  # fmt: skip
    found = [each for each in statements(delivery, "Executor") if gives & set(as_list(each["Action"]))]
    (within,) = found
    assert set(within["Action"]) == gives
    assert within["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": "<Boundary>"}}
    assert "iam:DeleteRolePermissionsBoundary" not in actions(statements(delivery, "Executor"))


def test_nothing_within_the_boundary_reaches_rights_or_other_roles(delivery):
    may = actions(boundary(delivery))
    assert {action.split(":")[0] for action in may} == {
        "cloudformation", "cloudwatch", "dynamodb", "kms", "lambda", "logs", "s3", "sqs", "ssm", "xray",
    }  # fmt: skip
    assert not any("*" in action for action in may)
    assert "lambda:UpdateFunctionCode" not in may


def test_the_executor_cannot_reach_what_holds_it(delivery):
    """The stack's name begins the names of these, too: their path keeps them apart."""
    may = statements(delivery, "Executor")
    for name in ("Deployer", "Executor"):
        assert delivery["Resources"][name]["Properties"]["Path"] == "/delivery/"
    for role in ("Deployer", "Executor"):
        arn = f"arn:aws:iam::123456789012:role/delivery/emotion-bot-delivery-{role}-1"
        assert not any(
            allowed(may, f"iam:{action}", arn)
            for action in ("PassRole", "UpdateAssumeRolePolicy", "DeleteRole")
        )
    assert delivery["Resources"]["Boundary"]["Properties"]["Path"] == "/delivery/"
    policy = "arn:aws:iam::123456789012:policy/delivery/emotion-bot-delivery-Boundary-1"
    assert not any(
        allowed(may, f"iam:{action}", policy) for action in ("CreatePolicyVersion", "DeletePolicy")
    )


ARNS = {
    "AWS::Logs::LogGroup": "arn:aws:logs:{}:log-group:emotion-bot-{}-1:*",
    "AWS::SQS::Queue": "arn:aws:sqs:{}:emotion-bot-{}-1",
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:{}:table/emotion-bot-{}-1",
    "AWS::Serverless::Function": "arn:aws:lambda:{}:function:emotion-bot-{}-1",
}


def test_the_boundary_stands_in_no_functions_way(delivery, stack):
    """Whatever the template allows its roles is within."""
    where = f"{REGION}:123456789012"
    arns = {
        f"{name}.Arn": ARNS[each["Type"]].format(where, name)
        for name, each in stack.resources.items()
        if each["Type"] in ARNS
    }
    known = {
        **arns,
        "ModelBucket.Arn": "arn:aws:s3:::emotion-bot-modelbucket-1",
        "ModelPrefix": "models",
        "BotTokenParameter": f"{SECRETS}/bot-token",
        "WebhookSecretParameter": f"{SECRETS}/webhook-secret",
        "AWS::StackId": f"arn:aws:cloudformation:{where}:stack/emotion-bot/1",
    }
    documents = [each["PolicyDocument"] for each in stack.of_type("AWS::IAM::ManagedPolicy").values()]
    for role in stack.of_type("AWS::IAM::Role").values():
        documents += [policy["PolicyDocument"] for policy in role["Policies"]]
    most = boundary(delivery)
    for document in documents:
        for each in resolved(document["Statement"], **known):
            for action in as_list(each["Action"]):
                for resource in as_list(each["Resource"]):
                    assert allowed(most, action, resource), (action, resource)


def test_every_role_of_the_stack_takes_the_boundary(template):
    assert template["Parameters"]["PermissionsBoundary"]["Default"] == ""
    roles = [each for each in template["Resources"].values() if each["Type"] == "AWS::IAM::Role"]
    assert roles
    for role in roles:
        assert role["Properties"]["PermissionsBoundary"] == {
            "Fn::If": ["HasBoundary", {"Ref": "PermissionsBoundary"}, {"Ref": "AWS::NoValue"}]
        }


# ── What it keeps ───────────────────────────────────────────────────────────────────────────────────────────


def test_artefacts_are_private_encrypted_and_kept(delivery):
    bucket = delivery["Resources"]["Artefacts"]
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}
    assert bucket["Properties"]["BucketEncryption"]
    (rule,) = bucket["Properties"]["LifecycleConfiguration"]["Rules"]
    assert "ExpirationInDays" not in rule  # what is deployed may have been uploaded years ago
    (deny,) = delivery["Resources"]["ArtefactsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    kept = {
        delivery["Resources"][name]["DeletionPolicy"] for name in ("Artefacts", "ArtefactsPolicy", "Images")
    }
    assert kept == {"RetainExceptOnCreate"}


def test_only_lambda_pulls_images_and_only_for_this_stack(delivery):
    images = delivery["Resources"]["Images"]["Properties"]
    (pulls,) = images["RepositoryPolicyText"]["Statement"]
    assert pulls["Principal"] == {"Service": "lambda.amazonaws.com"}
    assert "*" not in pulls["Action"]
    assert "${Stack}" in pulls["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    (rule,) = json.loads(images["LifecyclePolicy"]["LifecyclePolicyText"])["rules"]
    assert rule["selection"]["countNumber"] == 50


def test_policies_fit(delivery):
    """IAM's quotas: 6,144 characters for a managed policy, 10,240 for all that a role has of its own."""
    sizes = {}
    for each in delivery["Resources"].values():
        properties = each["Properties"]
        if each["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            text = json.dumps(
                resolved(properties["PolicyDocument"], Stack="emotion-bot-staging", SecretsPath=SECRETS)
            )
            whose = str(properties.get("Roles", "boundary"))
            sizes[whose] = sizes.get(whose, 0) + len(re.sub(r"\s", "", text))
    assert sizes.pop("boundary") < 6144
    assert len(sizes) == 2
    assert all(size < 10240 for size in sizes.values())


def test_what_the_command_reads_is_told(delivery, root):
    read = set(re.findall(r'_made\["(\w+)"\]', (root / "infra" / "delivery.py").read_text()))
    assert read
    assert read <= delivery["Outputs"].keys()
