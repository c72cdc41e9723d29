// Where one writes: the text, the reply it is, the photos that go with it, and how they come here.

import { quoted } from "./bubble.js";
import { focusLast, nameOf } from "./chat.js";
import { sendFiles, sendText } from "./connection.js";
import { byId } from "./dom.js";
import * as suggestions from "./suggestions.js";
import { say } from "./texts.js";
import * as tray from "./tray.js";

const text = byId("text");
let replyingTo = null;

export function enable(maxBytes) {
  tray.enable(maxBytes, dress);
}

/** Fit the field to what it is for now. */
export function dress() {
  const words = say(tray.count() ? "caption" : "message");
  text.placeholder = words;
  text.ariaLabel = words;
  text.style.height = "auto";
  text.style.height = `${text.scrollHeight}px`;
}

/** Write a reply to a message, or none. */
export function reply(message) {
  replyingTo = message;
  byId("reply-bar").hidden = !message;
  if (!message) return;
  const heading = message.from.is_bot ? say("replyTo", { name: nameOf(message) }) : say("replyToYou");
  byId("reply-quote").replaceChildren(...quoted(message, heading));
  text.focus();
}

/** Send a command at once, as a reply where one is being written. */
export function command(words) {
  const replyTo = replyingTo?.message_id;
  reply(null);
  dress();
  return sendText(words, replyTo);
}

async function submit() {
  const words = text.value.trim();
  const replied = replyingTo;
  if (!words && !tray.count()) return;
  const files = tray.empty();
  text.value = "";
  reply(null);
  dress();
  const sent = await (files.length ? sendFiles(files, words, replied?.message_id) : sendText(words, replied?.message_id));
  if (sent) return;
  // Nothing that a person wrote is lost.
  if (!text.value) text.value = words;
  tray.add(files);
  if (replied) reply(replied);
}

function collect(files) {
  if (!files.length) return;
  tray.add([...files]);
  text.focus();
}

suggestions.enable(command);

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  submit();
});

text.addEventListener("input", () => {
  suggestions.follow();
  dress();
});

text.addEventListener("keydown", (event) => {
  if (event.isComposing || suggestions.key(event)) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    submit();
  } else if (event.key === "ArrowUp" && !text.value) {
    event.preventDefault();
    focusLast();
  }
});

byId("reply-cancel").addEventListener("click", () => {
  reply(null);
  text.focus();
});

document.addEventListener("keydown", (event) => {
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
  const inChat = event.target === document.body || byId("messages").contains(event.target);
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape" && byId("chat").contains(event.target)) {
    if (event.target !== text) text.focus();
    else if (replyingTo) reply(null);
    else tray.empty();
  }
  // What is typed anywhere in the chat goes into the field, as in any messenger.
  else if (isPlain && inChat && event.key.length === 1 && event.key !== " ") text.focus();
});

byId("file").addEventListener("change", () => {
  collect(byId("file").files);
  byId("file").value = "";
});

document.addEventListener("paste", (event) => {
  if (!event.clipboardData.files.length) return;
  event.preventDefault();
  collect(event.clipboardData.files);
});

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    byId("drop").hidden = false;
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) byId("drop").hidden = true;
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  byId("drop").hidden = true;
  collect(event.dataTransfer.files);
});
