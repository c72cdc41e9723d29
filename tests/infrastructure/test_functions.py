"""The three functions: what they run, what they are told, and who may call them."""

import json
import re
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.metadata import packages_distributions

import pytest

from emotion_bot.chat.constants import UPDATES, Limit
from emotion_bot.chat.texts import LANGUAGES, texts
from emotion_bot.settings import RecognizerSettings, RegistrarSettings, WebhookSettings
from emotion_bot.vision.environment import bare
from functions.webhook import app

SETTINGS = {
    "WebhookFunction": WebhookSettings,
    "RegistrarFunction": RegistrarSettings,
    "RecognizerFunction": RecognizerSettings,
}
TELEMETRY = {"LOG_LEVEL", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_SERVICE_NAME"}
START = {"PYDANTIC_DISABLE_PLUGINS"}  # what libraries would do at import, for nothing
RENEWAL = {"MODEL_REVISION"}  # is never read: that it changes is what counts
ZIPPED = {"WebhookFunction": "webhook", "RegistrarFunction": "registrar"}
REQUIREMENTS = {
    "WebhookFunction": "layers/shared/requirements.txt",
    "RegistrarFunction": "layers/shared/requirements.txt",
    "RecognizerFunction": "functions/recognizer/requirements-litert.txt",
}
IMAGE_HANDLER = "app.handler"  # the Dockerfile's CMD
LATER = {"RegistrarFunction": "import emotion_bot.registrar"}
"""What a handler imports when it is called: it must be able to tell CloudFormation if that fails."""


def test_each_function_has_settings(stack):
    assert stack.functions.keys() == SETTINGS.keys()


@pytest.mark.parametrize("function", SETTINGS)
def test_a_function_is_told_exactly_what_its_settings_read(stack, function):
    fields = {name.upper() for name in SETTINGS[function].model_fields}
    assert stack.variables(function).keys() - TELEMETRY - START - RENEWAL == fields


@pytest.mark.parametrize("function", SETTINGS)
def test_settings_accept_what_the_template_says(stack, function, monkeypatch):
    stand_ins = {
        "QUEUE_URL": "https://sqs.eu-central-1.amazonaws.com/1/jobs",
        "MODEL_STORE": "s3://bucket/models",
    }
    for name, value in stack.variables(function).items():
        monkeypatch.setenv(
            name, stand_ins.get(name, "made-by-aws") if isinstance(value, dict) else str(value)
        )
    SETTINGS[function]()


def test_telemetry_tells_the_functions_apart_and_the_stacks(stack):
    names = {stack.variables(function)["POWERTOOLS_SERVICE_NAME"] for function in SETTINGS}
    assert len(names) == len(SETTINGS)
    assert stack.variables("WebhookFunction")["POWERTOOLS_METRICS_NAMESPACE"] == {"Ref": "AWS::StackName"}


def test_libraries_do_nothing_at_import_that_nobody_needs(stack):
    assert all(stack.variables(function)["PYDANTIC_DISABLE_PLUGINS"] == "__all__" for function in SETTINGS)
    assert bare()["OPENBLAS_NUM_THREADS"] == "1"  # of the process that loads NumPy


def test_no_runtime_is_handed_to_the_image_function(template, stack):
    assert "Runtime" not in template["Globals"]["Function"]
    assert stack["RecognizerFunction"]["PackageType"] == "Image"
    assert not {"Runtime", "Handler", "Layers", "CodeUri"} & stack["RecognizerFunction"].keys()


def test_every_function_is_traced(template):
    assert template["Globals"]["Function"]["Tracing"] == "Active"


@pytest.mark.parametrize("function", SETTINGS)
def test_logs_go_to_a_group_of_its_own_that_forgets(make_stack, function):
    stack = make_stack(LogRetentionDays=30)
    groups = [stack[each]["LoggingConfig"]["LogGroup"]["Ref"] for each in SETTINGS]
    assert len(set(groups)) == len(groups)
    group = stack[function]["LoggingConfig"]["LogGroup"]["Ref"]
    assert stack.of_type("AWS::Logs::LogGroup")[group]["RetentionInDays"] == 30


def build(stack, root, function, target):
    """Put a function's code where Lambda would have it, as `sam build` and the Dockerfile do."""
    if function not in ZIPPED:
        return shutil.copy(root / "functions" / "recognizer" / "app.py", target)
    folder = root / "infra" / stack[function]["CodeUri"]
    assert folder.resolve() == root / "functions" / ZIPPED[function]
    assert stack.resources[function]["Metadata"] == {"BuildMethod": "makefile"}
    return subprocess.run(
        ["make", "-s", f"build-{function}", f"ARTIFACTS_DIR={target}"], cwd=folder, check=True
    )


@pytest.mark.parametrize("function", REQUIREMENTS)
def test_a_handler_loads_with_what_is_deployed_alone(stack, root, tmp_path, function):
    """What only the tests bring, and the rest of the repository, is missing in Lambda, so here it is too."""
    build(stack, root, function, tmp_path)
    requirements = (root / REQUIREMENTS[function]).read_text().splitlines()
    pinned = {line.partition("==")[0] for line in requirements if "==" in line}
    missing = {"functions", "playground", "training"} | {
        module
        for module, packages in packages_distributions().items()
        if not pinned & {re.sub("[._]", "-", package.lower()) for package in packages}
    } - {"emotion_bot"}
    assert "pytest" in missing
    module, _, handler = stack[function].get("Handler", IMAGE_HANDLER).partition(".")
    hide = f"import sys; sys.modules.update(dict.fromkeys({missing!r}))"
    check = f"{hide}; import {module}; assert callable({module}.{handler}); {LATER.get(function, '')}"
    subprocess.run([sys.executable, "-c", check], cwd=tmp_path, check=True)


@pytest.mark.parametrize("function", ZIPPED)
def test_a_zip_runs_on_the_python_that_the_layer_is_built_for(stack, root, function):
    layer = stack["SharedLayer"]
    makefile = root / "infra" / layer["ContentUri"] / "Makefile"
    assert stack[function]["Layers"] == [{"Ref": "SharedLayer"}]
    assert layer["CompatibleRuntimes"] == [stack[function]["Runtime"]]
    assert f"--python-version {stack[function]['Runtime'].removeprefix('python')} " in makefile.read_text()
    assert layer["CompatibleArchitectures"] == stack[function].get("Architectures", ["x86_64"])
    assert stack.resources["SharedLayer"]["Metadata"] == {"BuildMethod": "makefile"}
    assert "build-SharedLayer:" in makefile.read_text()


def test_the_registrar_can_answer_without_its_layer(root):
    check = "import sys, app; assert not {'emotion_bot', 'boto3', 'httpx'} & sys.modules.keys()"
    folder = root / "functions" / "registrar"
    subprocess.run([sys.executable, "-c", check], cwd=folder, check=True)


def test_telegram_reaches_the_webhook_and_nothing_else_does(stack):
    urls = {
        name: each["FunctionUrlConfig"]
        for name, each in stack.functions.items()
        if "FunctionUrlConfig" in each
    }
    assert urls == {"WebhookFunction": {"AuthType": "NONE"}}
    assert not any("Events" in each for each in stack.functions.values())


def test_telegram_learns_of_the_webhook_once_it_can_be_called(stack):
    webhook = stack.resources["TelegramWebhook"]
    assert webhook["Type"] == "Custom::TelegramWebhook"
    assert webhook["Properties"]["ServiceToken"] == {"Fn::GetAtt": ["RegistrarFunction", "Arn"]}
    assert webhook["Properties"]["WebhookUrl"] == {"Fn::GetAtt": ["WebhookFunctionUrl", "FunctionUrl"]}
    both_permissions = {"WebhookFunctionUrlPublicPermissions", "WebhookFunctionURLInvokeAllowPublicAccess"}
    assert set(webhook["DependsOn"]) == both_permissions | {"JobsToRecognizer"}


def test_telegram_learns_of_another_bot_secret_or_server(template):
    said = template["Resources"]["TelegramWebhook"]["Properties"].values()
    for name in ("BotTokenParameter", "WebhookSecretParameter", "TelegramApiUrl", "RegistrationRevision"):
        assert {"Ref": name} in said


def test_telegram_learns_of_other_commands_and_descriptions(template):
    told = [UPDATES, Limit.WEBHOOK_CONNECTIONS]
    for words in map(texts, LANGUAGES):
        told += [list(words.command_descriptions.items()), words.description, words.short_description]
    digest = sha256(json.dumps(told).encode()).hexdigest()[:12]
    written = template["Resources"]["TelegramWebhook"]["Properties"]["Introduction"]
    assert written == digest, f'write it into the template: Introduction: "{digest}"'


def test_the_registrar_does_nothing_after_cloudformation_has_given_it_up(stack):
    """What it was late to register would stand after the roll-back."""
    registrar, patience = stack["RegistrarFunction"], stack["TelegramWebhook"]["ServiceTimeout"]
    assert registrar["Timeout"] < patience
    invocation = registrar["EventInvokeConfig"]
    assert invocation["MaximumEventAgeInSeconds"] <= patience
    assert invocation["MaximumRetryAttempts"] == 1


def test_the_webhook_answers_before_telegram_gives_up(stack):
    assert stack["WebhookFunction"]["Timeout"] < 60


@pytest.mark.parametrize(("client", "calls"), [(app.parameters, 1), (app.sqs, 1), (app.dynamodb, 2)])
def test_the_webhook_says_503_itself_where_a_part_does_not_answer(stack, monkeypatch, client, calls):
    """An album's update asks the table twice: for the chat's language, then for the album."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    made = client.__wrapped__()
    config = getattr(made, "client", made).meta.config
    attempt = config.connect_timeout + config.read_timeout
    longest = calls * config.retries["total_max_attempts"] * attempt
    assert longest < stack["WebhookFunction"]["Timeout"] - 1


def test_tensorflow_is_refused_on_arm64(template, make_stack):
    rule = template["Rules"]["TensorflowNeedsX86"]
    refused = {
        (engine, architecture)
        for engine in template["Parameters"]["Engine"]["AllowedValues"]
        for architecture in template["Parameters"]["Architecture"]["AllowedValues"]
        for stack in [make_stack(Engine=engine, Architecture=architecture)]
        if stack.resolve(rule["RuleCondition"]) and not stack.resolve(rule["Assertions"][0]["Assert"])
    }
    assert refused == {("tensorflow", "arm64")}


def test_each_engine_has_a_size(template):
    assert template["Mappings"]["Size"].keys() == set(template["Parameters"]["Engine"]["AllowedValues"])
