"""Least privilege: each function may do what its code does, to the things that it does it to."""

from fnmatch import fnmatch

import pytest

from emotion_bot.jobs import AlbumItem, AlbumJob
from emotion_bot.once import ANSWERED, APOLOGISED
from emotion_bot.records import Albums, Languages, Pace

SECRETS = {"ReadBotToken": "BotTokenParameter", "ReadWebhookSecret": "WebhookSecretParameter"}
TRACES = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
MAY = {
    "WebhookFunction": {
        *LOGS,
        "sqs:SendMessage",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    },
    "RegistrarFunction": {*LOGS, "cloudformation:DescribeStacks"},
    "RecognizerFunction": {
        *LOGS,
        "sqs:ReceiveMessage",
        "sqs:DeleteMessage",
        "sqs:GetQueueAttributes",
        "sqs:ChangeMessageVisibility",
        "sqs:GetQueueUrl",
        "s3:GetObject",
        "s3:ListBucket",
        "dynamodb:GetItem",
        "dynamodb:PutItem",
        "dynamodb:UpdateItem",
        "dynamodb:DeleteItem",
    },
}
MAY_READ = {
    "WebhookFunction": {"ReadWebhookSecret"},
    "RegistrarFunction": {"ReadBotToken", "ReadWebhookSecret"},
    "RecognizerFunction": {"ReadBotToken"},
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def role(stack, function):
    name, _ = stack[function]["Role"]["Fn::GetAtt"]
    return stack[name]


def own_statements(stack, function):
    (policy,) = role(stack, function)["Policies"]
    return policy["PolicyDocument"]["Statement"]


def on_records(stack, function):
    table = {"Fn::GetAtt": ["RecordsTable", "Arn"]}
    (statement,) = [each for each in own_statements(stack, function) if each["Resource"] == table]
    return statement


def shared_statements(stack):
    policies = stack.of_type("AWS::IAM::ManagedPolicy").values()
    return [each for policy in policies for each in policy["PolicyDocument"]["Statement"]]


def of_type(resources, kind):
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


def test_no_policy_is_left_out_of_these_tests(stack, made_by_sam):
    """SAM gives a function without a role one that may write to every log of the account."""
    assert stack.of_type("AWS::IAM::ManagedPolicy").keys() == {*SECRETS, "WriteTraces"}
    roles = [stack[function]["Role"]["Fn::GetAtt"][0] for function in MAY]
    assert of_type(made_by_sam, "AWS::IAM::Role").keys() == {*roles, "RolloutRole"}
    assert len(set(roles)) == len(roles)
    assert not of_type(made_by_sam, "AWS::IAM::Policy")
    for name in roles:
        assert made_by_sam[name]["Properties"].keys() == {
            "AssumeRolePolicyDocument",
            "ManagedPolicyArns",
            "PermissionsBoundary",
            "Policies",
        }
        assert all(each.keys() == {"Ref"} for each in made_by_sam[name]["Properties"]["ManagedPolicyArns"])


@pytest.mark.parametrize("function", MAY)
def test_only_lambda_takes_on_a_role(stack, function):
    assert role(stack, function)["AssumeRolePolicyDocument"]["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ]


@pytest.mark.parametrize("function", MAY)
def test_a_function_writes_to_its_own_log_only(stack, function):
    own = {"Fn::GetAtt": [stack[function]["LoggingConfig"]["LogGroup"]["Ref"], "Arn"]}
    (logs,) = [each for each in own_statements(stack, function) if set(as_list(each["Action"])) & LOGS]
    assert logs["Resource"] == own


@pytest.mark.parametrize("function", MAY)
def test_a_function_may_do_exactly_this(stack, function):
    assert {action for each in own_statements(stack, function) for action in as_list(each["Action"])} == MAY[
        function
    ]


@pytest.mark.parametrize("function", MAY_READ)
def test_a_function_may_read_the_secrets_that_it_is_told_of(stack, function):
    attached = {policy["Ref"] for policy in role(stack, function)["ManagedPolicyArns"]}
    assert attached == MAY_READ[function] | {"WriteTraces"}
    told = {name for name in stack.variables(function) if name.endswith("_PARAMETER")}
    assert len(told) == len(MAY_READ[function])


def test_code_deploy_may_shift_the_two_aliases_and_look_at_alarms(made_by_sam):
    """SAM would give it AWS's own policy, which reaches every alias and many a bucket of the account."""
    role = made_by_sam["RolloutRole"]["Properties"]
    assert role.keys() == {"AssumeRolePolicyDocument", "PermissionsBoundary", "Policies"}
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    (policy,) = role["Policies"]
    aliases, alarms = policy["PolicyDocument"]["Statement"]
    assert set(aliases["Action"]) == {
        "lambda:GetAlias",
        "lambda:UpdateAlias",
        "lambda:GetProvisionedConcurrencyConfig",
    }
    functions = ("WebhookFunction", "RecognizerFunction")
    assert aliases["Resource"] == [
        resource
        for name in functions
        for resource in ({"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}:live"})
    ]
    assert alarms["Action"] == "cloudwatch:DescribeAlarms"


def test_no_statement_has_a_wildcard(stack):
    statements = shared_statements(stack) + [each for name in MAY for each in own_statements(stack, name)]
    for statement in statements:
        assert statement["Effect"] == "Allow"
        assert not {"NotAction", "NotResource"} & statement.keys()
        assert not any("*" in action for action in as_list(statement["Action"]))
        for resource in as_list(statement["Resource"]):
            # Objects of a prefix; keys are told apart by what they decrypt, which the next test asserts.
            assert (
                "*" not in str(resource)
                or resource == {"Fn::Sub": "${ModelBucket.Arn}/${ModelPrefix}/*"}
                or statement["Action"] == "kms:Decrypt"
                # X-Ray has no resources.
                or set(statement["Action"]) == TRACES
            )


@pytest.mark.parametrize(("policy", "parameter"), SECRETS.items())
def test_a_secret_is_read_by_its_name_and_decrypted_only_as_that_secret(stack, policy, parameter):
    account = "${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}"
    arn = {"Fn::Sub": f"arn:{account}:parameter${{{parameter}}}"}
    read, decrypt = stack[policy]["PolicyDocument"]["Statement"]
    assert read["Resource"] == arn
    assert read["Action"] == "ssm:GetParameter"
    assert decrypt["Action"] == "kms:Decrypt"
    assert decrypt["Condition"] == {
        "StringEquals": {
            "kms:ViaService": {"Fn::Sub": "ssm.${AWS::Region}.amazonaws.com"},
            "kms:EncryptionContext:PARAMETER_ARN": arn,
        }
    }


def test_each_thing_is_named(stack):
    targets = {
        "sqs:SendMessage": {"Fn::GetAtt": ["JobQueue", "Arn"]},
        "sqs:ReceiveMessage": {"Fn::GetAtt": ["JobQueue", "Arn"]},
        "s3:GetObject": {"Fn::Sub": "${ModelBucket.Arn}/${ModelPrefix}/*"},
        "s3:ListBucket": {"Fn::GetAtt": ["ModelBucket", "Arn"]},
        "dynamodb:PutItem": {"Fn::GetAtt": ["RecordsTable", "Arn"]},
        "cloudformation:DescribeStacks": {"Ref": "AWS::StackId"},
    }
    found = {
        (action, str(statement["Resource"]))
        for function in MAY
        for statement in own_statements(stack, function)
        for action in as_list(statement["Action"])
        if action in targets
    }
    assert found == {(action, str(resource)) for action, resource in targets.items()}


@pytest.mark.parametrize(
    ("function", "keys"),
    [
        ("WebhookFunction", ["album#*", "language#*", "pace#*"]),
        ("RecognizerFunction", [f"{ANSWERED}#*", "album#*", f"{APOLOGISED}#*"]),
    ],
)
def test_a_function_reaches_its_own_records_only(stack, function, keys):
    """The records' keys begin so, and each is asked for one by one; what names no key is not allowed."""
    statement = on_records(stack, function)
    assert statement["Condition"] == {
        "Null": {"dynamodb:LeadingKeys": "false"},  # ForAllValues is true of no values at all
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys},
    }
    assert all(action.startswith("dynamodb:") for action in statement["Action"])
    assert not {"dynamodb:Scan", "dynamodb:Query"} & set(statement["Action"])


def test_secrets_are_told_by_name_only(template):
    for name in ("BotTokenParameter", "WebhookSecretParameter"):
        assert template["Parameters"][name]["AllowedPattern"].startswith("^(/")
    assert "resolve:" not in str(template)
    # `AWS::SSM::Parameter::Value` would put what a parameter holds into the environment.
    assert {parameter["Type"] for parameter in template["Parameters"].values()} == {"String", "Number"}


def test_only_the_webhook_can_be_called_from_outside(stack, made_by_sam):
    webhook = {"FunctionName": {"Ref": "WebhookFunctionAliaslive"}, "Principal": "*"}
    by_its_address = [
        {**webhook, "Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"},
        {**webhook, "Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True},
    ]
    assert list(of_type(made_by_sam, "AWS::Lambda::Permission").values()) == by_its_address
    assert [*of_type(made_by_sam, "AWS::Lambda::Url")] == ["WebhookFunctionUrl"]
    with_policies = {name: each for name, each in made_by_sam.items() if each["Type"].endswith("Policy")}
    assert with_policies.keys() == {*SECRETS, "WriteTraces", "ModelBucketPolicy"}
    assert not any("ResourcePolicy" in each.get("Properties", {}) for each in made_by_sam.values())
    (bucket,) = stack["ModelBucketPolicy"]["PolicyDocument"]["Statement"]
    assert bucket["Effect"] == "Deny"


class Asked:
    """DynamoDB, which answers nothing and notes the keys that it was asked for."""

    def __init__(self):
        self.keys = []

    def update_item(self, Key, **_):  # noqa: N803 - boto3's name
        self.keys.append(Key)
        return {"Attributes": {"opener": {"N": "1"}}}

    def get_item(self, Key, **_):  # noqa: N803
        self.keys.append(Key)
        return {}

    def put_item(self, Item, **_):  # noqa: N803
        self.keys.append(Item)

    def delete_item(self, Key, **_):  # noqa: N803
        self.keys.append(Key)


def test_the_records_of_the_webhook_have_the_keys_that_it_may_reach(stack):
    asked = Asked()
    job = AlbumJob(update_id=1, chat_id=-5, message_id=3, language="en", album_id="A")
    Albums(asked, "records").join(job, AlbumItem(message_id=3, file_id="F"))
    languages = Languages(asked, "records")
    languages.chosen(5)
    languages.choose(5, "de")
    languages.forget(5)
    Pace(asked, "records").admit(job, 60)
    condition = on_records(stack, "WebhookFunction")["Condition"]
    patterns = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    keys = [key["id"]["S"] for key in asked.keys]
    assert len(keys) == 5
    assert {key for key in keys if not any(fnmatch(key, pattern) for pattern in patterns)} == set()
    assert {pattern for pattern in patterns if not any(fnmatch(key, pattern) for key in keys)} == set()
