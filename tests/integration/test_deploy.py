"""`make deploy` and `make delete`, as a person runs them: calls to a moto server and an emulated Telegram.

SAM CLI is a program on the PATH that tells the test what it was asked, and does what the test says.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import nullcontext, suppress
from functools import cache

import boto3
import botocore.loaders
import httpx
import pytest
from click.testing import CliRunner
from flask import Flask, Response, request

from infra.deploy import deploying, first_photo, models
from infra.deploy.cli import main
from infra.deploy.questions import load, questions
from playground.loopback import Server
from playground.telegram import Telegram
from playground.telegram.emulator import Webhook
from playground.telegram.server import BotApi

REGION = "eu-west-1"
STACK = "emotion-bot-test"
TOKEN = "42:emulated"
NEW_TOKEN = "42:replaced-token"
TOKEN_NAME, SECRET_NAME = "/emotion-bot/test/bot-token", "/emotion-bot/test/webhook-secret"
WEBHOOK = "https://abc.lambda-url.eu-west-1.on.aws/"
GROUP = f"{STACK}-RecognizerLogs-1"
QUESTIONS = len(questions(load()))

create_loader = cache(botocore.loaders.create_loader)

PROGRAM = """#!{python}
import json, os, signal, sys, urllib.request
call = urllib.request.Request(os.environ["FAKE_SAM"], json.dumps(sys.argv[1:]).encode())
call.add_header("Content-Type", "application/json")
with urllib.request.build_opener(urllib.request.ProxyHandler({{}})).open(call) as answer:
    plan = json.load(answer)
if plan.get("interrupt"):
    os.kill(os.getppid(), signal.SIGINT)
sys.stderr.write(plan.get("says", ""))
sys.exit(plan.get("status", 0))
"""


def template(parameters, *, bucket=None):
    """What the template makes, as far as a deployment looks at it."""
    return {
        "Parameters": {name: {"Type": "String"} for name in parameters},
        "Resources": {
            "ModelBucket": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "Properties": {
                    "BucketName": bucket or f"{STACK}-modelbucket-1",
                    "VersioningConfiguration": {"Status": "Enabled"},
                },
            },
            "DeadLetterQueue": {"Type": "AWS::SQS::Queue"},
            "RecognizerLogs": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": GROUP}},
        },
        "Outputs": {
            "WebhookUrl": {"Value": WEBHOOK},
            "ModelStore": {"Value": {"Fn::Sub": "s3://${ModelBucket}/models"}},
            "DeadLetterQueueUrl": {"Value": {"Ref": "DeadLetterQueue"}},
            "RecognizerLogGroup": {"Value": GROUP},
        },
    }


def make_stack(values):
    """Create or update it; that there is nothing to do is no error."""
    cloudformation = boto3.client("cloudformation")
    names = [stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]]
    work = cloudformation.update_stack if STACK in names else cloudformation.create_stack
    with suppress(cloudformation.exceptions.ClientError):
        work(
            StackName=STACK,
            TemplateBody=json.dumps(template(values)),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
        )


class Sam:
    """What SAM CLI does, and was asked for."""

    def __init__(self, telegram):
        self.telegram = telegram
        self.calls = []
        self.before = {}
        """By command: what happens instead; an answer of the program."""
        app = Flask(__name__)
        app.post("/")(self.answer)
        self.server = Server(app)

    def answer(self):
        arguments = json.loads(request.data)
        self.calls.append(arguments)
        command = arguments[0]
        if command in self.before:
            return self.before[command]()
        {"build": lambda: None, "deploy": self.deploy, "delete": self.delete}[command]()
        return {}

    def options(self, command):
        """The parameters of the latest such call."""
        arguments = [call for call in self.calls if call[0] == command][-1]
        pairs = arguments[arguments.index("--parameter-overrides") + 1 :]
        return {name: value.strip('"') for name, value in (pair.split("=", 1) for pair in pairs)}

    def deploy(self):
        make_stack(self.options("deploy"))
        self.telegram.webhook = Webhook(f"{WEBHOOK}?bot=emotion_playground_bot")

    def delete(self):
        boto3.client("cloudformation").delete_stack(StackName=STACK)
        self.telegram.webhook = None


@pytest.fixture(scope="session")
def aws_server():
    """moto in a process of its own: what others hold in this one's stays theirs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        url, end = f"http://127.0.0.1:{port}", time.monotonic() + 60
        while True:
            try:
                httpx.get(f"{url}/moto-api/")
                break
            except httpx.ConnectError:
                assert process.poll() is None
                assert time.monotonic() < end
        yield url
        process.terminate()


@pytest.fixture
def aws(aws_server, monkeypatch):
    httpx.post(f"{aws_server}/moto-api/reset").raise_for_status()
    for name, value in {
        "AWS_ENDPOINT_URL": aws_server,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    # Each command signs in anew, and would read what all services look like anew.
    monkeypatch.setattr("botocore.session.create_loader", create_loader)
    return aws_server


@pytest.fixture
def refusing(monkeypatch):
    """A service that answers with an error of AWS's."""
    servers = []

    def refuse(service, code, message="because"):
        body = (
            f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"
        )
        server = Server(Response(body, 403, mimetype="text/xml"))
        servers.append(server)
        monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service.upper()}", server.url)

    yield refuse
    for server in servers:
        server.close()


@pytest.fixture
def telegram():
    return Telegram(TOKEN)


@pytest.fixture
def api(telegram):
    api = BotApi(telegram)
    yield api
    api.close()


@pytest.fixture
def sam(telegram, tmp_path, monkeypatch, aws):
    sam = Sam(telegram)
    program = tmp_path / "bin" / "sam"
    program.parent.mkdir()
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setenv("FAKE_SAM", sam.server.url)
    yield sam
    sam.server.close()


@pytest.fixture
def run(sam, api, tmp_path, monkeypatch):
    """A command with what the person types: its result."""
    config = tmp_path / "samconfig.toml"
    config.write_text(
        f'[prod.global.parameters]\nstack_name = "{STACK}"\nparameter_overrides = [\n'
        f'"BotTokenParameter={TOKEN_NAME}", "WebhookSecretParameter={SECRET_NAME}",\n'
        f'"TelegramApiUrl={api.url}", "MaximumConcurrency=10", "Rollout=AllAtOnce"]\n'
    )
    monkeypatch.setattr(deploying, "engine", nullcontext)
    monkeypatch.setattr(first_photo, "_PAUSE", 0)

    def run(command, *lines, arguments=None):
        if arguments is None:
            arguments = ["--config-file", str(config)]
        return CliRunner().invoke(main, [command, *arguments], input="".join(f"{line}\n" for line in lines))

    return run


@pytest.fixture
def ctrl_c():
    """What the program answers where the person presses it meanwhile."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield {"interrupt": True, "status": 1}
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def deployed(sam, api, telegram, monkeypatch):
    """A stack as an earlier run left it; its models are there."""
    values = {question.name: question.default for question in questions(load())}
    values |= {"BotTokenParameter": TOKEN_NAME, "WebhookSecretParameter": SECRET_NAME}
    make_stack(values | {"TelegramApiUrl": api.url, "Rollout": "AllAtOnce"})
    ssm = boto3.client("ssm")
    for name, value in ((TOKEN_NAME, TOKEN), (SECRET_NAME, "an-emulated-webhook-secret")):
        ssm.put_parameter(Name=name, Value=value, Type="SecureString")
    telegram.webhook = Webhook(f"{WEBHOOK}?bot=emotion_playground_bot")
    monkeypatch.setattr(models, "upload", lambda store: f"{store} has its model.")


def said(result):
    """The sentence that a failure ends with."""
    assert result.exit_code == 1, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.stderr.strip().splitlines()[-1]


def kept(name):
    return boto3.client("ssm").get_parameter(Name=name, WithDecryption=True)["Parameter"]


class TestDeploy:
    def test_first_time(self, run, sam, telegram):
        result = run("deploy", TOKEN, *[""] * QUESTIONS, "n")

        assert result.exit_code == 0, result.output
        assert kept(TOKEN_NAME) == kept(TOKEN_NAME) | {"Value": TOKEN, "Type": "SecureString"}
        secret = kept(SECRET_NAME)
        assert len(secret["Value"]) >= 32
        assert secret["Type"] == "SecureString"
        assert TOKEN not in result.output
        assert secret["Value"] not in result.output
        assert [call[0] for call in sam.calls] == ["build", "deploy"]
        assert sam.options("build") == sam.options("deploy")
        assert sam.options("build")["Engine"] == "litert"
        assert sam.options("build")["AlarmEmail"] == ""
        keys = boto3.client("s3").list_objects_v2(Bucket=f"{STACK}-modelbucket-1")["Contents"]
        assert "models/current.json" in [key["Key"] for key in keys]
        places = [result.output.index(f"  {question.name}") for question in questions(load())]
        assert places == sorted(places)
        for sentence in (
            "Processor of the recognizer's image",
            "@emotion_playground_bot: the token is stored",
            "Telegram sends @emotion_playground_bot's updates to the stack; no update waits.",
            "@emotion_playground_bot is deployed: https://t.me/emotion_playground_bot",
            "It costs about $",
        ):
            assert sentence in result.output

    def test_the_order_is_that_of_sam_s_own_guide(self):
        """`sam deploy --guided` goes by the parameters, the console by their groups."""
        found = load()
        groups = found["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        assert [name for group in groups for name in group["Parameters"]] == list(found["Parameters"])

    def test_a_second_time_updates_and_keeps_what_was_answered(self, run, sam, deployed):
        other = {"MaximumConcurrency": "20", "Engine": "tensorflow", "LogRetentionDays": "30"}
        answers = [other.get(question.name, "") for question in questions(load())]
        result = run("deploy", "y", *answers, "n")

        assert result.exit_code == 0, result.output
        assert "otherwise for prod; write Engine=tensorflow, MaximumConcurrency=20 there" in result.output
        assert "RegistrationRevision" not in sam.options("deploy")
        before = kept(SECRET_NAME)["Value"]

        result = run("deploy", "y", *[""] * QUESTIONS, "n")

        assert result.exit_code == 0, result.output
        assert sam.options("deploy")["MaximumConcurrency"] == "20"
        assert kept(SECRET_NAME)["Value"] == before

    def test_a_token_that_was_replaced_is_registered_anew(self, run, sam, telegram, deployed):
        telegram.token = NEW_TOKEN  # as @BotFather does on /revoke

        result = run("deploy", NEW_TOKEN, *[""] * QUESTIONS, "n")

        assert result.exit_code == 0, result.output
        assert "not valid any more" in result.output
        assert kept(TOKEN_NAME)["Value"] == NEW_TOKEN
        assert "RegistrationRevision" in sam.options("deploy")

    def test_a_lost_webhook_is_registered_anew(self, run, sam, telegram, deployed):
        telegram.webhook = None

        assert run("deploy", "y", *[""] * QUESTIONS, "n").exit_code == 0
        assert "RegistrationRevision" in sam.options("deploy")

    def test_a_promoted_model_is_not_undone(self, aws, store):
        s3, address = boto3.client("s3"), "s3://models-of-the-test/models"
        s3.create_bucket(
            Bucket="models-of-the-test", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        theirs = json.dumps(json.loads((store / "current.json").read_text()) | {"version": "theirs"})
        s3.put_object(Bucket="models-of-the-test", Key="models/current.json", Body=theirs.encode())

        assert models.upload(address).startswith("The stack goes on with its model theirs")
        held = s3.get_object(Bucket="models-of-the-test", Key="models/current.json")["Body"].read().decode()
        assert held == theirs

    def test_constraints_are_explained(self, run, sam, deployed):
        position = [question.name for question in questions(load())].index("MaximumConcurrency")
        answers = [""] * QUESTIONS
        answers.insert(position, "1")

        result = run("deploy", "y", *answers, "n")

        assert "MaximumConcurrency must be a number from 2 to 1000." in result.output
        assert sam.options("deploy")["MaximumConcurrency"] == "10"

    def test_another_bot_api_server_is_asked_before_the_build(self, run, sam, deployed):
        answers = [
            "http://127.0.0.1:9" if each.name == "TelegramApiUrl" else "" for each in questions(load())
        ]

        assert said(run("deploy", "y", *answers)) == (
            "Error: Telegram (127.0.0.1:9) cannot be reached; check this machine's network, then try again."
        )
        assert not sam.calls

    def test_rules_are_explained_before_the_build(self, run, sam, deployed):
        names = [question.name for question in questions(load())]
        wrong = {"Engine": "tensorflow", "Architecture": "arm64"}
        answers = [wrong.get(name, "") for name in names]
        better = ["litert" if name == "Engine" else "" for name in names]

        result = run("deploy", "y", *answers, *better, "n")

        assert "tensorflow-cpu has no build for arm64" in result.output
        assert sam.options("build")["Engine"] == "litert"

    def test_a_small_quota_is_told_before_the_build(self, run, sam, deployed, monkeypatch):
        account = Server(Response(json.dumps({"AccountLimit": {"ConcurrentExecutions": 10}})))
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", account.url)
        names = [question.name for question in questions(load())]
        answers = ["true" if name == "ReserveConcurrency" else "" for name in names]
        better = ["false" if name == "ReserveConcurrency" else "" for name in names]

        result = run("deploy", "y", *answers, *better, "n")
        account.close()

        assert (
            "ReserveConcurrency needs a quota of 150 concurrent executions, and this account has 10;"
            in result.output
        )
        assert sam.options("deploy")["ReserveConcurrency"] == "false"


class TestFirstPhoto:
    @pytest.fixture
    def logs(self, deployed):
        logs = boto3.client("logs")
        logs.create_log_stream(logGroupName=GROUP, logStreamName="1")
        return logs

    def test_its_answer_is_seen(self, run, logs):
        took = {"remember": 20, "download": 180, "recognise": 900, "send": 300}  # as the recognizer logs it
        line = json.dumps({"message": "photo answered", "faces": 2, "milliseconds": took})
        later = int(time.time() * 1000) + 60_000
        logs.put_log_events(
            logGroupName=GROUP, logStreamName="1", logEvents=[{"timestamp": later, "message": line}]
        )

        result = run("deploy", "y", *[""] * QUESTIONS, "y")

        assert result.exit_code == 0, result.output
        assert "Answered in 1.4 s: 2 faces found." in result.output

    def test_none_says_why(self, run, logs, monkeypatch):
        monkeypatch.setattr(deploying, "PATIENCE", -1)
        boto3.client("cloudwatch").put_metric_data(
            Namespace=STACK,
            MetricData=[
                {
                    "MetricName": "NoModel",
                    "Dimensions": [{"Name": "service", "Value": "recognizer"}],
                    "Value": 1,
                }
            ],
        )

        assert said(run("deploy", "y", *[""] * QUESTIONS, "y")) == (
            "Error: No photo was answered in that time: the recognizer has no model (metric NoModel): "
            "upload one, or roll back to one that works."
        )


class TestBadInput:
    def test_no_credentials(self, run, monkeypatch):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name)

        assert said(run("deploy")) == (
            "Error: There are no AWS credentials on this machine; "
            "set them up: aws configure, or aws sso login."
        )

    def test_credentials_that_expired(self, run, refusing):
        refusing("sts", "ExpiredToken")

        assert said(run("deploy")) == (
            "Error: The AWS credentials have expired; "
            "sign in again (aws sso login, aws login or aws configure)."
        )

    def test_no_region(self, run, monkeypatch):
        monkeypatch.delenv("AWS_REGION")
        monkeypatch.delenv("AWS_DEFAULT_REGION")

        assert said(run("deploy")) == (
            "Error: No AWS region is chosen; name the one nearest to you: export AWS_REGION=eu-central-1"
        )

    def test_wrong_region(self, run, monkeypatch):
        monkeypatch.setenv("AWS_REGION", "eu-centrl-1")

        assert said(run("deploy")) == (
            "Error: eu-centrl-1 is no region of AWS; name a real one: export AWS_REGION=eu-central-1"
        )

    def test_no_network(self, run, monkeypatch):
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:9")

        assert said(run("deploy")) == (
            "Error: AWS cannot be reached; check this machine's network, then try again."
        )

    def test_no_way_to_telegram(self, run, api):
        api.close()

        host = api.url.removeprefix("http://")
        assert said(run("deploy", TOKEN)) == (
            f"Error: Telegram ({host}) cannot be reached; check this machine's network, then try again."
        )

    def test_no_docker_engine(self, run, monkeypatch):
        from infra.containers.engine import engine

        monkeypatch.setattr(deploying, "engine", engine)
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")

        assert "No Docker engine answers at tcp://127.0.0.1:9" in said(run("deploy"))

    def test_no_sam_cli(self, run, monkeypatch):
        monkeypatch.setenv("PATH", "")

        assert said(run("deploy")) == (
            "Error: SAM CLI is not installed here; run it through make, which installs it: make deploy"
        )

    def test_no_such_environment(self, run, tmp_path):
        config = tmp_path / "samconfig.toml"

        assert said(run("deploy", arguments=["--env", "test", "--config-file", str(config)])) == (
            "Error: samconfig.toml has no environment test; choose one: ENV=prod."
        )

    @pytest.mark.parametrize("wrong", ["42:another-token", "hello", "42:a/../getMe"])
    def test_wrong_token(self, run, sam, wrong):
        result = run("deploy", wrong, wrong, wrong)

        assert said(result) == (
            "Error: Telegram does not know this token; "
            "copy it whole from @BotFather (/mybots, then API Token)."
        )
        assert not sam.calls
        with pytest.raises(boto3.client("ssm").exceptions.ParameterNotFound):
            kept(TOKEN_NAME)

    def test_another_bot_s_token(self, run, telegram, deployed, monkeypatch):
        other = Telegram("43:another-bot")
        other.bot["username"] = "another_bot"
        second = BotApi(other)
        monkeypatch.setattr(
            "infra.deploy.asking.BotAccount",
            lambda token, url: _account(token, second.url if token.startswith("43:") else url),
        )

        result = run("deploy", "n", "43:another-bot")
        second.close()

        assert said(result).startswith(
            "Error: This token is @another_bot's, but @emotion_playground_bot runs in this stack"
        )
        assert kept(TOKEN_NAME)["Value"] == TOKEN

    def test_a_bot_that_is_answered_from_elsewhere(self, run, sam, telegram):
        telegram.webhook = Webhook("https://elsewhere.example/")

        result = run("deploy", TOKEN, "n")

        assert "@emotion_playground_bot is answered from elsewhere now" in result.output
        assert said(result) == "Error: Stopped; nothing was deployed, and nothing answers from here yet."
        assert not sam.calls


def _account(token, url):
    from infra.deploy.account import BotAccount

    return BotAccount(token, url)


class TestFailedDeployment:
    def test_the_first_time(self, run, sam):
        says = "Error: Building image for RecognizerFunction requires Docker. is Docker running?\n"
        sam.before["build"] = lambda: {"says": says, "status": 1}

        result = run("deploy", TOKEN, *[""] * QUESTIONS)

        assert said(result) == (
            "Error: The deployment failed: the Docker engine does not answer any more; "
            "start it, then try again; nothing answers from here yet."
        )
        assert says in result.stderr

    def test_the_old_bot_goes_on(self, run, sam, telegram, deployed):
        webhook, token = telegram.webhook, kept(TOKEN_NAME)["Value"]
        sam.before["deploy"] = lambda: {"says": "Error: no\n", "status": 1}

        result = run("deploy", "y", *[""] * QUESTIONS)

        assert said(result) == "Error: The deployment failed: no; the old bot goes on answering."
        assert telegram.webhook == webhook
        assert kept(TOKEN_NAME)["Value"] == token

    def test_ctrl_c(self, run, sam, deployed, ctrl_c):
        sam.before["build"] = lambda: ctrl_c

        result = run("deploy", "y", *[""] * QUESTIONS)

        assert said(result) == "Error: Stopped; nothing was deployed, and the old bot goes on answering."

    def test_ctrl_c_too_late(self, run, sam, deployed, ctrl_c):
        sam.before["deploy"] = lambda: sam.deploy() or ctrl_c

        result = run("deploy", "y", *[""] * QUESTIONS)

        assert said(result) == (
            "Error: Stopped, but AWS was done with the stack already (UPDATE_COMPLETE); "
            "run make deploy again, which sees to the rest."
        )

    def test_the_end_of_the_input(self, run):
        assert (
            said(run("deploy", TOKEN))
            == "Error: Stopped; nothing was deployed, and nothing answers from here yet."
        )

    def test_what_the_person_declines_is_taken_back(self, run, sam, deployed):
        def decline():
            boto3.client("cloudformation").create_change_set(
                StackName=STACK,
                ChangeSetName="samcli-deploy1",
                TemplateBody=json.dumps(template({}, bucket="another-bucket")),
            )
            return {}

        sam.before["deploy"] = decline

        result = run("deploy", "y", *[""] * QUESTIONS)

        assert said(result) == "Error: Nothing was deployed, as you chose; the old bot goes on answering."
        assert not boto3.client("cloudformation").list_change_sets(StackName=STACK)["Summaries"]


class TestDelete:
    def test_goes_and_says_what_stays(self, run, sam, telegram, deployed):
        result = run("delete", STACK, "y")

        assert result.exit_code == 0, result.output
        assert sam.calls == [["delete", "--stack-name", STACK, "--no-prompts", "--region", REGION]]
        assert "Telegram has forgotten the webhook" in result.output
        assert f"remove-bucket {STACK}-modelbucket-1" in result.output
        assert not boto3.client("ssm").describe_parameters()["Parameters"]

    def test_secrets_stay_unless_asked(self, run, deployed):
        assert run("delete", STACK, "n").exit_code == 0
        assert kept(TOKEN_NAME)["Value"] == TOKEN

    def test_a_webhook_that_was_left_is_removed(self, run, sam, telegram, deployed):
        sam.before["delete"] = lambda: boto3.client("cloudformation").delete_stack(StackName=STACK) and {}

        result = run("delete", STACK, "n")

        assert "Telegram still had the webhook; it is removed now" in result.output
        assert telegram.webhook is None

    def test_another_stack_s_webhook_stays(self, run, sam, telegram, deployed):
        sam.before["delete"] = lambda: boto3.client("cloudformation").delete_stack(StackName=STACK) and {}
        telegram.webhook = elsewhere = Webhook("https://elsewhere.example/")

        assert "answered from elsewhere, which stays so" in run("delete", STACK, "n").output
        assert telegram.webhook == elsewhere

    def test_logs_that_were_left_are_removed(self, run, sam, deployed):
        logs = boto3.client("logs")
        logs.create_log_group(logGroupName=f"{GROUP}2")  # another stack's

        def leave():
            boto3.client("cloudformation").delete_stack(StackName=STACK)
            logs.create_log_group(logGroupName=GROUP)
            return {}

        sam.before["delete"] = leave

        assert f"the log group {GROUP}, which was left, is removed" in run("delete", STACK, "n").output
        assert [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]] == [f"{GROUP}2"]

    def test_another_name_removes_nothing(self, run, sam, deployed):
        assert said(run("delete", "yes")) == "Error: Nothing was removed; the bot goes on answering."
        assert not sam.calls

    def test_twice(self, run, deployed):
        run("delete", STACK, "n")

        result = run("delete", "y")

        assert result.exit_code == 0, result.output
        assert f"There is no stack {STACK} in {REGION} any more." in result.output
        assert not boto3.client("ssm").describe_parameters()["Parameters"]

    def test_ctrl_c(self, run, sam, deployed, ctrl_c):
        sam.before["delete"] = lambda: ctrl_c

        assert said(run("delete", STACK)).startswith("Error: Stopped watching; what AWS has begun to remove")

    def test_a_failure(self, run, sam, deployed):
        sam.before["delete"] = lambda: {"says": "Error: Failed to delete the stack: x, msg: y\n", "status": 1}

        assert said(run("delete", STACK)) == (
            "Error: The stack is not removed: Failed to delete the stack: x, msg: y; run make delete again."
        )


class TestRemoveBucket:
    def test_with_every_version(self, run, deployed):
        run("delete", STACK, "n")
        name = f"{STACK}-modelbucket-1"

        result = run("remove-bucket", name, arguments=[name])

        assert result.exit_code == 0, result.output
        assert not boto3.client("s3").list_buckets()["Buckets"]

    def test_not_while_the_stack_has_it(self, run, deployed):
        name = f"{STACK}-modelbucket-1"

        assert said(run("remove-bucket", name, arguments=[name])) == (
            f"Error: The stack {STACK} still has {name}; remove that first: make delete"
        )

    def test_no_other_bucket(self, run):
        assert "is no bucket of this bot's models" in said(run("remove-bucket", arguments=["holiday-photos"]))
