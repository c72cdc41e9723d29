"""GitHub's workflows, and a runner for them that is just large enough: it runs every `run:` in bash.

What a step calls (make, docker, tar, the programs of .venv) is a stand-in that notes how it was called, and
answers as the test says. Steps of other people's actions are skipped; who calls whom is for actionlint.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
STAND_INS = ("bin/docker", "bin/make", "bin/tar", ".venv/bin/python", ".venv/infra/bin/sam")
STAND_IN = """#!{python} -IS
import json, sys
workspace = {workspace!r}
command = [sys.argv[0].removeprefix(workspace).removeprefix("/").removeprefix("bin/"), *sys.argv[1:]]
with open(workspace + "/called", "a") as called:
    called.write(json.dumps(command) + "\\n")
with open(workspace + "/answers") as answers:
    for part, says, status in json.load(answers):
        if part in " ".join(command):
            print(says, end="")
            sys.exit(status)
"""
EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}")


def load(name):
    """A workflow; every scalar is a string, and `on` is no boolean."""
    return yaml.load((FOLDER / f"{name}.yml").read_text(), yaml.BaseLoader)


def names():
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


class Context(dict):
    """`inputs`, `vars`, `steps` …: what is not there is empty."""

    def __getattr__(self, name):
        value = self.get(name, "")
        return Context(value) if isinstance(value, dict) else value


@dataclass
class Run:
    """A job that is being run."""

    contexts: dict
    steps: dict = field(default_factory=dict)
    failed: bool = False

    def evaluate(self, expression):
        """`a && b || c`, `==`, `!=`, contexts and `failure()` mean in Python what they mean on GitHub."""
        python = expression.replace("&&", " and ").replace("||", " or ")
        known = {
            name: Context(self.contexts.get(name, {})) for name in ("github", "inputs", "matrix", "vars")
        }
        known |= {"steps": Context(self.steps), "failure": lambda: self.failed}
        return eval(python, {"__builtins__": {}}, known)

    def filled(self, text):
        return EXPRESSION.sub(lambda found: str(self.evaluate(found[1].strip())), text)


def run(name, job, workspace, answers=(), **contexts):
    """Run a job's `run:` steps: what they called, in order, and whether the job succeeds.

    Args:
        name: the workflow.
        job: its name in that.
        workspace: an empty folder.
        answers: (part of a command, what it prints, its exit status); others print nothing and succeed.
        contexts: `inputs`, `vars` and so on.
    """
    workflow = load(name)["jobs"][job]
    _equip(workspace, answers)
    doing = Run(contexts, {step["id"]: {"outcome": "skipped"} for step in workflow["steps"] if "id" in step})
    for step in workflow["steps"]:
        condition = step.get("if", "")
        if "failure()" not in condition and doing.failed:
            continue
        if condition and not doing.evaluate(condition):
            continue
        if "run" in step:
            environment = {**workflow.get("env", {}), **step.get("env", {})}
            status, outputs = _bash(
                step["run"], {key: doing.filled(each) for key, each in environment.items()}, workspace
            )
            doing.failed |= status != 0
            doing.steps[step.get("id")] = {"outcome": "failure" if status else "success", "outputs": outputs}
    called = workspace / "called"
    return [
        json.loads(line) for line in called.read_text().splitlines()
    ] if called.exists() else [], not doing.failed


def _equip(workspace, answers):
    for program in STAND_INS:
        path = workspace / program
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(STAND_IN.format(python=sys.executable, workspace=str(workspace)))
        path.chmod(0o755)
    (workspace / "answers").write_text(json.dumps(list(answers)))
    built = workspace / ".aws-sam" / "build" / "template.yaml"
    built.parent.mkdir(parents=True)
    built.write_text(
        "Resources:\n  RecognizerFunction:\n    Properties:\n      ImageUri: recognizerfunction:litert\n"
    )


def _bash(script, environment, workspace):
    """As GitHub does where no shell is named: `bash -e`."""
    outputs = workspace / "outputs"
    outputs.write_text("")
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=workspace,
        env={"PATH": f"{workspace}/bin:{os.environ['PATH']}", "GITHUB_OUTPUT": str(outputs), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, dict(line.split("=", 1) for line in outputs.read_text().splitlines())
