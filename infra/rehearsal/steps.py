"""The steps of a rehearsal, in order: each does something to the stack and shows what it must, or why not."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from emotion_bot.chat.constants import UPDATES
from emotion_bot.chat.texts import LANGUAGES, texts
from infra.rehearsal.cloud import ROOT
from infra.rehearsal.letters import dead_letter
from infra.rehearsal.scene import NotShown, Scene, demand, until
from infra.rehearsal.stack import SamFailed, local_image
from infra.rehearsal.traffic import traffic
from soak.crowd import kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from infra.rehearsal.traffic import Traffic

WRONG_TOKEN: Final = "/rehearsal/wrong-token"  # noqa: S105 - a name, not a secret


SILENCE: Final = 8.0
"""Seconds after which nobody answers; a cold start takes three."""
LET_GO: Final = 4
"""Photos that may still be answered by the version before."""


@dataclass(frozen=True)
class Step:
    """What is done, what it must show, and the function that does it and tells what it found."""

    title: str
    must: str
    run: Callable[[Scene], str]


def deploy(scene: Scene) -> str:
    """Make the stack, and look at what its registrar told Telegram."""
    seconds = scene.deploy()
    scene.identity = scene.stack.described()["StackId"]
    url, webhook = scene.stack.outputs()["WebhookUrl"], scene.telegram.webhook
    demand(webhook is not None and webhook.url.startswith(url), "Telegram does not know the stack's webhook.")
    demand(webhook is not None and webhook.secret_token, "Telegram was told no secret.")
    demand(sorted(scene.telegram.allowed_updates) == sorted(UPDATES), "Telegram was asked for other updates.")
    profile = scene.telegram.profile
    for code in ("", *LANGUAGES[1:]):
        words = texts(code or LANGUAGES[0])
        said = [each["command"] for each in profile.commands.get(("default", code), [])]
        demand(said == list(words.command_descriptions), f"Telegram has other commands for {code or 'all'}.")
        demand(profile.description.get(code) == words.description, f"No description for {code or 'all'}.")
    upload(scene)
    return (
        f"{len(scene.stack.resources())} resources in {seconds:.0f} s; Telegram has webhook, secret, "
        f"updates, and commands and descriptions in {len(LANGUAGES)} languages"
    )


def upload(scene: Scene) -> None:
    """Copy models/ into the stack's bucket."""
    bucket, _, prefix = scene.stack.outputs()["ModelStore"].removeprefix("s3://").partition("/")
    folder = ROOT / "models"
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        key = f"{prefix}/{file.relative_to(folder).as_posix()}"
        scene.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=file.read_bytes())


def talk(scene: Scene) -> str:
    """A command, a photo, an album, a button, and a question that only the recognizer can answer."""
    person = scene.person
    greeting = scene.answer(person, person.send_text("/start"))
    demand(greeting.get("text") == texts("en").start, "/start is answered with something else.")

    began = time.monotonic()
    answer = scene.answer(person, person.send_photo(scene.photo("two_people.jpg")))
    cold = time.monotonic() - began
    demand(kind(answer) == "picture", f"The photo is answered with {answer.get('text', 'something else')!r}.")
    caption = answer.get("caption", "")
    demand(caption.startswith("2 faces") and len(caption.splitlines()) == 3, f"The caption is {caption!r}.")

    album = [scene.photo("obama.jpg"), scene.photo("biden.jpg")]
    last = person.send_album(album)[-1]["message"]["message_id"]
    until(lambda: len(person.answers(last)) >= 2, 60, "The album has no answer.")
    group = {message.get("media_group_id") for message in person.answers(last)}
    demand(len(group) == 1 and None not in group, "The album is answered with something else than one album.")

    button = answer["reply_markup"]["inline_keyboard"][0][0]["callback_data"]
    alert = person.wait_for_alert(person.press(answer, button), 60)
    demand(alert and alert["text"], "The button under the answer is not answered.")

    about = scene.answer(person, person.send_text("/about"))
    version = json.loads((ROOT / "models" / "current.json").read_bytes())["version"]
    demand(version in about.get("text", ""), "/about does not name the model that was uploaded.")
    return f'all answered; the photo, the first of all, after {cold:.1f} s, with "{_flat(caption)}"'


def change(scene: Scene) -> str:
    """Deploy a change while people send photos."""
    webhook = scene.telegram.webhook
    with traffic(scene.telegram, scene.answers, seed=1) as photos:
        until(lambda: photos.sent, 10, "Nobody sends photos.")
        seconds = scene.deploy(RegistrationRevision="2", ModelRevision="rehearsal-2")
    demand(scene.telegram.webhook is not webhook, "The registrar did not run again.")
    return f"deployed in {seconds:.0f} s; {_all_answered(scene, photos)}"


def refuse(scene: Scene) -> str:
    """Ask for what cannot be."""
    before = scene.stack.described().get("LastUpdatedTime")
    try:
        scene.deploy(Engine="tensorflow", Architecture="arm64")
    except SamFailed as error:
        demand("arm64" in str(error), f"It was refused for another reason: {error}")
        demand(scene.stack.described().get("LastUpdatedTime") == before, "The stack was touched.")
        return "refused in the template's own words, before anything was touched"
    raise NotShown("TensorFlow on arm64 was deployed.")


def wrong_token(scene: Scene) -> str:
    """Deploy with a token that Telegram rejects, so that the registrar fails, while people send photos."""
    scene.cloud.client("ssm").put_parameter(
        Name=WRONG_TOKEN, Value="1000000:wrong", Type="SecureString", Overwrite=True
    )
    webhook, reason = scene.telegram.webhook, ""
    with traffic(scene.telegram, scene.answers, seed=2) as photos:
        until(lambda: photos.sent, 10, "Nobody sends photos.")
        try:
            scene.stack.deploy(
                scene.parameters | {"BotTokenParameter": WRONG_TOKEN, "RegistrationRevision": "3"},
                scene.image,
            )
        except SamFailed:
            failed = [event for event in scene.stack.events() if event["ResourceStatus"] == "UPDATE_FAILED"]
            reason = failed[0].get("ResourceStatusReason", "") if failed else ""
        demand(
            "rejects the bot's token" in reason, f"A wrong token failed otherwise: {reason or 'not at all'}."
        )
    status = scene.stack.described()["StackStatus"]
    demand(status == "UPDATE_ROLLBACK_COMPLETE", f"The stack is {status} afterwards.")
    demand(
        scene.telegram.webhook and webhook and scene.telegram.webhook.url == webhook.url,
        "The webhook changed.",
    )
    person = scene.person
    demand(
        kind(scene.answer(person, person.send_photo(scene.photo("obama.jpg")))) == "picture", "No picture."
    )
    return f"rolled back ({_short(reason)}); the old bot answers; {_all_answered(scene, photos)}"


def broken_image(scene: Scene) -> str:
    """Deploy an image that does not start; then the one that does."""
    broken = local_image(scene.engine, scene.image, scene.cloud.port, changes=('CMD ["nothing.handler"]',))
    person, queue = scene.person, scene.stack.outputs()["JobQueueUrl"]
    outcome = "went through, since nothing here watches alarms"
    try:
        scene.deploy(broken)
    except SamFailed as error:
        outcome = f"was refused ({_short(str(error))})"
    for _ in range(LET_GO):  # one that is at work when the deployment is done may take another job
        update = person.send_photo(scene.photo("obama.jpg"))
        if person.wait_for_answer(update, SILENCE) is None:
            break
    else:
        raise NotShown("An image that does not start goes on answering.")
    until(lambda: scene.count(queue), 30, "The photo is not in the queue.")
    scene.deploy()
    answer = scene.answer(person, update)
    demand(kind(answer) == "picture", "The photo that waited is answered with something else.")
    return (
        f"the deployment {outcome}; the photo waited in the queue, and was answered after the next deployment"
    )


def delete(scene: Scene) -> str:
    """Remove the stack."""
    resources, outputs = scene.stack.resources(), scene.stack.outputs()
    scene.stack.delete()
    demand(scene.telegram.webhook is None, "Telegram still has the webhook.")
    demand(not any(scene.telegram.profile.commands.values()), "Telegram still has the commands.")
    skipped = [
        event["LogicalResourceId"]
        for event in scene.stack.events(scene.identity)
        if event["ResourceStatus"] == "DELETE_SKIPPED"
    ]
    demand("ModelBucket" in skipped, "CloudFormation does not say that it keeps the bucket.")
    bucket = resources["ModelBucket"]
    prefix = outputs["ModelStore"].removeprefix(f"s3://{bucket}/")
    kept = scene.cloud.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("KeyCount", 0)
    demand(kept, "The models are gone.")
    for photos in scene.traffic:  # whatever came late, too
        photos.demand_right()
    left = leftovers(scene)
    demand(not left, f"This is left: {', '.join(left)}.")
    names = " and ".join(sorted(set(skipped)))
    return (
        f"no webhook, no commands; of {len(resources)} resources all but {names} are gone; {kept} files kept"
    )


def leftovers(scene: Scene) -> list[str]:
    """What of the stack is still there besides the bucket."""
    client = scene.cloud.client
    found: list[Any] = [
        *(each["FunctionName"] for each in client("lambda").list_functions()["Functions"]),
        *(each["LayerName"] for each in client("lambda").list_layers()["Layers"]),
        *(each["UUID"] for each in client("lambda").list_event_source_mappings()["EventSourceMappings"]),
        *client("sqs").list_queues().get("QueueUrls", []),
        *client("dynamodb").list_tables()["TableNames"],
        *(each["AlarmName"] for each in client("cloudwatch").describe_alarms()["MetricAlarms"]),
        *(each["DashboardName"] for each in client("cloudwatch").list_dashboards()["DashboardEntries"]),
        *(each["logGroupName"] for each in client("logs").describe_log_groups()["logGroups"]),
        *(each["RoleName"] for each in client("iam").list_roles()["Roles"]),
        *(each["PolicyName"] for each in client("iam").list_policies(Scope="Local")["Policies"]),
    ]
    return sorted(str(each) for each in found)


STEPS: Final = (
    Step("deploy", "Telegram knows webhook, secret, updates, commands and descriptions", deploy),
    Step("talk", "a command, a photo, an album, a button and /about are answered", talk),
    Step("change while in use", "every photo is answered once", change),
    Step("refuse TensorFlow on arm64", "the stack stays as it is", refuse),
    Step("fail with a wrong token", "the old bot answers, and every photo is answered once", wrong_token),
    Step("an image that does not start", "no photo is lost", broken_image),
    Step(
        "dead letters",
        "a job whose consumer dies each time is parked, and answered once it is put back",
        dead_letter,
    ),
    Step("delete", "no webhook is left; the bucket is, and CloudFormation names it; nothing else is", delete),
)


def _all_answered(scene: Scene, photos: Traffic) -> str:
    photos.wait()
    photos.demand_right()
    scene.traffic.append(photos)
    return (
        f"{len(photos.sent)} photos meanwhile, each answered once, the slowest after {photos.slowest:.0f} s"
    )


def _flat(caption: str) -> str:
    return " ".join(caption.split())


def _short(sentence: str) -> str:
    return sentence.removeprefix("Resource handler returned message: ").strip().rstrip(".")[:160]
