"""GitHub's workflows: pinned, without rights to spare, of commands that exist; run step by step in bash."""

from __future__ import annotations

import re
import subprocess
import tomllib

import click
import pytest
from cfnlint.decode import cfn_yaml

from infra import delivery, models, smoke
from infra.delivery import SUFFIX
from tests.infrastructure import workflows
from training.cli import cli as training

USES = re.compile(r"^\s*(?:- )?uses: (\S+)(.*)$", re.MULTILINE)
ENVIRONMENTS = {
    "staging": {"config": "staging", "stack": "emotion-bot-staging"},
    "production": {"config": "prod", "stack": "emotion-bot"},
}
VARS = {"AWS_REGION": "eu-central-1", "AWS_ROLE": "arn:aws:iam::1:role/r", "SMOKE_CHAT": "42"}
PYTHON = ".venv/bin/python"
COMMANDS = {
    "infra.delivery": delivery.main,
    "infra.models": models.main,
    "infra.smoke": smoke.main,
    "training": training,
}
"""What each `python -m` starts."""
FAILS = 1


def files(root):
    return {path.name: path.read_text() for path in sorted((root / ".github").rglob("*.yml"))}


def jobs():
    return [(name, job) for name in workflows.names() for job in workflows.load(name)["jobs"]]


def of(environment, **inputs):
    return {"environment": environment, **ENVIRONMENTS[environment], **inputs}


def python(called, module):
    """How a module was called."""
    return [call[3:] for call in called if call[:3] == [PYTHON, "-m", module]]


# ── What they are made of ───────────────────────────────────────────────────────────────────────────────────


def test_every_action_is_pinned_to_a_commit_that_names_its_version(root):
    pins = {}
    for text in files(root).values():
        for target, comment in USES.findall(text):
            if target.startswith("$/"):
                assert (root / target.removeprefix("$/")).is_file(), target
                continue
            action, _, commit = target.partition("@")
            assert re.fullmatch(r"[0-9a-f]{40}", commit), target
            assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), target
            pins.setdefault(action, set()).add((commit, comment))
    assert len(pins) >= 5
    assert all(len(versions) == 1 for versions in pins.values()), pins


@pytest.mark.parametrize(("name", "job"), jobs())
def test_a_job_has_the_rights_that_it_needs_and_ends_some_day(name, job):
    workflow = workflows.load(name)
    doing = workflow["jobs"][job]
    rights = doing.get("permissions", workflow["permissions"])
    assert rights in ({"contents": "read"}, {"contents": "read", "id-token": "write"})
    deploys = "environment" in doing or "model" in doing.get("uses", "") or "release" in doing.get("uses", "")
    assert ("id-token" in rights) is deploys
    if "uses" not in doing:
        assert 5 <= int(doing["timeout-minutes"]) <= 120
        assert re.fullmatch(r"ubuntu-24\.04|\$\{\{ matrix\.runner \}\}", doing["runs-on"])


def test_there_is_no_secret_and_nothing_runs_a_strangers_code_with_rights(root):
    for name, text in files(root).items():
        assert "secrets" not in text, name
        assert not re.search(r"pull_request_target|workflow_run|issue_comment", text), name
    for name in workflows.names():
        if "pull_request" in workflows.load(name)["on"]:
            assert "id-token" not in (workflows.FOLDER / f"{name}.yml").read_text()


def test_what_is_built_is_built_without_rights_and_what_is_deployed_was_checked():
    deploy = workflows.load("deploy")
    assert deploy["on"] == {"push": {"branches": ["main"]}}
    doing = deploy["jobs"]
    assert doing["build"]["permissions"] == {"contents": "read"}
    assert doing["checks"]["uses"] == "$/.github/workflows/ci.yml"
    assert set(doing["staging"]["needs"]) == {"checks", "build"}
    assert doing["production"]["needs"] == "staging"
    assert doing["model-in-production"]["needs"] == "model-in-staging"
    assert "vars.AWS_REGION" in doing["build"]["if"]  # a fork without an account only checks


def test_one_deployment_at_a_time_and_none_is_cut_off():
    whole = {"group": "deploy", "cancel-in-progress": "false", "queue": "max"}
    assert workflows.load("deploy")["concurrency"] == whole
    for name, job, inputs in (
        ("release", "release", of("production")),
        ("model-release", "model", of("production")),
        ("roll-back", "back", {"environment": "production"}),
    ):
        own = workflows.load(name)["jobs"][job]["concurrency"]
        assert workflows.Run({"inputs": inputs}).filled(own["group"]) == "stack-emotion-bot"
        assert (own["cancel-in-progress"], own["queue"]) == ("false", "max")


def test_every_python_is_tested_and_both_architectures_of_the_image():
    doing = workflows.load("ci")["jobs"]
    assert doing["test"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert [each["architecture"] for each in doing["image"]["strategy"]["matrix"]["include"]] == [
        "x86_64",
        "arm64",
    ]
    assert {"lint", "container-test", "audit"} <= doing.keys()


def test_environments_are_called_the_same_everywhere(root):
    configs = tomllib.loads((root / "samconfig.toml").read_text())
    delivery = cfn_yaml.load(str(root / "infra" / "delivery.yaml"))
    assert set(delivery["Parameters"]["Environment"]["AllowedValues"]) == ENVIRONMENTS.keys()
    pattern = delivery["Parameters"]["Stack"]["AllowedPattern"]
    for environment, named in ENVIRONMENTS.items():
        config = configs[named["config"]]
        assert config["global"]["parameters"]["stack_name"] == named["stack"]
        assert re.search(pattern, named["stack"])
        overrides = config["global"]["parameters"]["parameter_overrides"]
        assert [each for each in overrides if each.startswith("Rollout=")], (
            environment
        )  # or a roll-back's would stay
    for name in ("deploy", "model"):
        for job in workflows.load(name)["jobs"].values():
            given = job.get("with", {})
            for environment in ENVIRONMENTS if given else ():
                if given["environment"] in (environment, "${{ inputs.environment }}"):
                    run = workflows.Run({"inputs": {"environment": environment}})
                    assert {key: run.filled(given[key]) for key in ("config", "stack")} == ENVIRONMENTS[
                        environment
                    ]


# ── What they do ────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_built_travels_with_its_image(tmp_path):
    called, succeeded = workflows.run("deploy", "build", tmp_path, vars=VARS)
    assert succeeded
    assert called == [
        ["make", ".venv/.infra"],
        [".venv/infra/bin/sam", "build", "--config-env", "prod"],
        ["docker", "save", "--output", "image.tar", "recognizerfunction:litert"],
        ["tar", "--create", "--gzip", "--file", "built.tar.gz", ".aws-sam/build", "image.tar"],
    ]


def release(tmp_path, *answers, environment="production"):
    called, succeeded = workflows.run(
        "release", "release", tmp_path, answers, inputs=of(environment), vars=VARS
    )
    commands = [call[2:] for call in called if call[0] == PYTHON]
    return [f"{command[0]} {command[1]}".removesuffix(" --stack") for command in commands], called, succeeded


def test_a_release_deploys_and_sends_a_photo(tmp_path):
    steps, called, succeeded = release(tmp_path)
    assert succeeded
    assert steps == ["infra.delivery deploy", "infra.smoke"]
    assert ["docker", "load", "--quiet", "--input", "image.tar"] in called
    assert python(called, "infra.delivery") == [["deploy", "--env", "prod"]]
    assert python(called, "infra.smoke") == [["--stack", "emotion-bot", "--chat", "42"]]


def test_a_release_that_nobody_answers_for_goes_back_and_fails(tmp_path):
    """To what it found, not to the latest that differs: nothing may have been changed by the deployment."""
    kept = ("infra.delivery kept", "2026-11-23T06-10-11\n2026-11-22T06-10-11\n", 0)
    steps, called, succeeded = release(tmp_path, ("infra.smoke", "", FAILS), kept)
    assert not succeeded
    _, _, *back = steps
    assert back == ["infra.delivery kept", "infra.delivery back", "infra.smoke"]
    assert python(called, "infra.delivery")[-1] == ["back", "--env", "prod", "--to", "2026-11-23T06-10-11"]


def test_a_release_that_code_deploy_undid_is_not_undone_twice(tmp_path):
    steps, _, succeeded = release(tmp_path, ("infra.delivery deploy", "", FAILS))
    assert not succeeded
    assert steps == ["infra.delivery deploy"]


@pytest.mark.parametrize(("name", "job"), [("release", "release"), ("model-release", "model")])
def test_without_a_chat_to_try_it_in_nothing_is_changed(tmp_path, name, job):
    """Or the smoke test would fail, and something good would go."""
    inputs = of("production", action="release")
    called, succeeded = workflows.run(name, job, tmp_path, inputs=inputs, vars=VARS | {"SMOKE_CHAT": ""})
    assert not succeeded
    assert not [call for call in called if call[0] == PYTHON]


def test_one_goes_back_by_hand(tmp_path):
    called, succeeded = workflows.run(
        "roll-back",
        "back",
        tmp_path,
        inputs={"environment": "staging", "to": "2026-11-23T06-10-11"},
        vars=VARS,
    )
    assert succeeded
    assert python(called, "infra.delivery") == [
        ["kept", "--env", "staging"],
        ["back", "--env", "staging", "--to", "2026-11-23T06-10-11"],
    ]
    assert python(called, "infra.smoke") == [["--stack", "emotion-bot-staging", "--chat", "42"]]


STORE = ("infra.delivery store", "s3://bucket/models\n", 0)
NEW = ("infra.delivery model", "2.0\n", 0)


def model(tmp_path, action, *answers):
    inputs = of("staging", action=action, version="3.0", share="20")
    called, succeeded = workflows.run(
        "model-release", "model", tmp_path, [*answers, STORE, NEW], inputs=inputs, vars=VARS
    )
    return [
        " ".join(call[2:]) for call in called if call[0] == PYTHON and "infra.delivery" not in call
    ], succeeded


SMOKE = "infra.smoke --stack emotion-bot-staging --chat 42"
SHOW = "training show --store s3://bucket/models"
TAKE = "infra.models take --stack emotion-bot-staging"
BACK = "infra.models rollback --stack emotion-bot-staging"


@pytest.mark.parametrize(
    ("action", "changes", "takes"),
    [
        ("release", "training publish --from models --version 2.0 --store s3://bucket/models", True),
        ("trial", "training trial 3.0 --share 20 --store s3://bucket/models", True),
        ("end-trial", "training trial --end --store s3://bucket/models", True),
        ("promote", "training promote 3.0 --store s3://bucket/models", True),
        ("rollback", BACK, False),
    ],
)
def test_a_model_is_changed_taken_and_tried(tmp_path, action, changes, takes):
    assert model(tmp_path, action) == ([changes, SHOW, *([TAKE] if takes else []), SMOKE], True)


def test_a_model_that_was_there_once_is_not_released_again(tmp_path):
    assert model(tmp_path, "release", ("infra.delivery model", "", 0)) == ([], True)


@pytest.mark.parametrize("failing", ["infra.models take", "infra.smoke"])
@pytest.mark.parametrize(
    ("action", "undoes"),
    [
        ("release", [BACK]),
        ("promote", [BACK]),
        ("trial", ["training trial --end --store s3://bucket/models", f"{TAKE} --at-once"]),
        ("end-trial", []),
    ],
)
def test_a_model_that_fails_goes(tmp_path, action, undoes, failing):
    called, succeeded = model(tmp_path, action, (f"{TAKE} --at-once", "", 0), (failing, "", FAILS))
    assert not succeeded
    failed = max(
        index for index, each in enumerate(called[: 4 if failing == "infra.smoke" else 3]) if failing in each
    )
    assert called[failed + 1 :] == [*undoes, *([SMOKE] if undoes else [])]


def test_a_store_that_refuses_ends_it(tmp_path):
    called, succeeded = model(tmp_path, "promote", ("training promote", "", FAILS))
    assert not succeeded
    assert called == ["training promote 3.0 --store s3://bucket/models"]


# ── That what they call exists ──────────────────────────────────────────────────────────────────────────────


def everything(tmp_path_factory):
    """Every command that any of them calls, in any case."""
    found = set()

    def note(name, job, *answers, **inputs):
        called, _ = workflows.run(
            name, job, tmp_path_factory.mktemp("run"), answers, inputs=inputs, vars=VARS
        )
        found.update(tuple(call) for call in called)

    for name, job in jobs():
        if "steps" in workflows.load(name)["jobs"][job]:
            note(name, job, **of("production"))
            note(name, job, ("infra.smoke", "", FAILS), **of("staging"))
    for action in workflows.load("model")["on"]["workflow_dispatch"]["inputs"]["action"]["options"]:
        for answer in (STORE, ("infra.smoke", "", FAILS)):
            note(
                "model-release",
                "model",
                answer,
                STORE,
                NEW,
                **of("staging", action=action, version="3.0", share="5"),
            )
    return found


def parse(command, arguments):
    """Have click read the arguments, and do nothing."""
    context = command.make_context(command.name, list(arguments))
    if isinstance(command, click.Group):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        parse(inner, rest)


def test_what_they_call_exists(root, tmp_path_factory):
    makefile = (root / "Makefile").read_text().replace("$(VENV)", ".venv")
    configs = tomllib.loads((root / "samconfig.toml").read_text())
    found = everything(tmp_path_factory)
    modules = set()
    for program, *arguments in found:
        match program:
            case "make":
                assert all(
                    re.search(rf"^{re.escape(each)}:", makefile, re.MULTILINE) for each in arguments
                ), arguments
            case ".venv/infra/bin/sam":
                assert arguments[0] == "build"
                config = arguments[2] if arguments[1] == "--config-env" else "default"
                assert "build" in configs[config]
            case ".venv/bin/python":
                modules.add(arguments[1])
                parse(COMMANDS[arguments[1]], arguments[2:])
            case _:
                assert program in ("docker", "tar")
    assert modules == COMMANDS.keys()


def test_what_the_page_tells_a_person_to_do_exists(root):
    page = (root / "docs" / "delivery.md").read_text().replace("\\\n", " ")
    delivery = cfn_yaml.load(str(root / "infra" / "delivery.yaml"))
    deploys = re.findall(r"aws cloudformation deploy --template-file infra/delivery\.yaml (.+)", page)
    given = [dict(re.findall(r"\b([A-Z]\w+)=\"?([\w/-]*)", each)) for each in deploys]
    assert [each["Environment"] for each in given] == ["staging", "production"]
    for each, command in zip(given, deploys, strict=True):
        assert each["Stack"] == ENVIRONMENTS[each["Environment"]]["stack"]
        assert f"--stack-name {each['Stack']}{SUFFIX} " in command
        assert each.keys() <= delivery["Parameters"].keys()
        needed = {name for name, spec in delivery["Parameters"].items() if "Default" not in spec}
        assert needed <= each.keys()
    named = set(re.findall(r"\$\(output [\w-]+ (\w+)\)", page))
    assert named
    assert named <= delivery["Outputs"].keys()
    for name, arguments in re.findall(r"gh workflow run ([\w-]+)\.yml ([^#\n]+)", page):
        inputs = workflows.load(name)["on"]["workflow_dispatch"]["inputs"]
        for key, value in re.findall(r"-f (\w+)=(\S+)", arguments):
            assert value in inputs[key].get("options", [value])
    for module, arguments in re.findall(r"python -m (infra\.\w+) ([\w -]+)$", page, re.MULTILINE):
        parse(COMMANDS[module], arguments.split())
    variables = set(re.findall(r"gh variable set (\w+)", page))
    assert variables == {name for text in files(root).values() for name in re.findall(r"vars\.(\w+)", text)}
    for target in re.findall(r"\]\(([^)#:]+)\)", page):
        assert (root / "docs" / target).exists(), target


# ── That those who read them for mistakes can read ──────────────────────────────────────────────────────────

SOUND = """
on: push
permissions: {}
jobs:
  one:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "$HOME"
"""
BROKEN = {
    "syntax-check": ("    steps:", "    step:"),
    "expression": ('echo "$HOME"', "echo ${{ vrs.X }}"),
    "job-needs": ("    runs-on", "    needs: two\n    runs-on"),
    "runner-label": ("ubuntu-24.04", "ubuntu-0.04"),
    "events": ("on: push", "on: pushed"),
    "permissions": ("permissions: {}", "permissions: {content: read}"),
    "action": ("- run: echo", "- uses: actions/checkout\n      - run: echo"),
    "shellcheck": ('echo "$HOME"', "echo $HOME"),
}
"""What actionlint must find, by the name of its rule."""


@pytest.mark.parametrize("rule", [None, *BROKEN])
def test_actionlint_finds_what_it_is_for(root, tmp_path, rule):
    """It comes from a fork, whose wheel carries the program; the original's rules are what counts."""
    checks = root / ".venv" / "checks" / "bin"
    if not checks.exists():
        pytest.skip("make lint sets it up")
    text = SOUND.replace(*BROKEN[rule]) if rule else SOUND
    assert (text == SOUND) is (rule is None)
    (tmp_path / "w.yml").write_text(text)
    done = subprocess.run(
        [checks / "actionlint", "-shellcheck", checks / "shellcheck", "-no-color", tmp_path / "w.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if rule else 0), done.stdout
    assert rule is None or f"[{rule}]" in done.stdout


def test_zizmor_finds_what_it_is_for(root, tmp_path):
    checks = root / ".venv" / "checks" / "bin"
    if not checks.exists():
        pytest.skip("make lint sets it up")
    text = SOUND.replace("on: push", "on: pull_request_target").replace(
        'echo "$HOME"', "echo ${{ github.event.pull_request.title }}\n      - uses: actions/checkout@v6"
    )
    (tmp_path / "w.yml").write_text(text)
    done = subprocess.run(
        [checks / "zizmor", "--offline", "--quiet", "--format", "plain", tmp_path / "w.yml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode > 10
    for rule in ("template-injection", "dangerous-triggers", "unpinned-uses", "artipacked"):
        assert rule in done.stdout
