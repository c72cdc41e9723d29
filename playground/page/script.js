// The chat page: shows what happens in the chat, sends what the person drops, pastes, picks or writes.

const TEXTS = {
  en: {
    language: "Your language", intro: "What can this bot do?", hint: "Click one of the photos below, or drop your own here.", action: "sending photo", status: "bot",
    chat: "Chat", samples: "Sample photos", commands: "Commands", attach: "Attach a photo",
    write: "Message, or drop a photo", message: "Message", send: "Send", drop: "Drop the photo to send it",
    photo: "Photo", close: "Close", sample: "Send the sample photo", yours: "Your photo", theirs: "The annotated photo",
    gone: "The playground does not answer. Start it again with: make run",
    large: "This file is too large: at most {} MB can be sent here.",
  },
  ru: {
    language: "Ваш язык", intro: "Что умеет этот бот?", hint: "Нажмите на фото внизу или перетащите сюда своё.", action: "отправляет фото", status: "бот",
    chat: "Чат", samples: "Примеры фотографий", commands: "Команды", attach: "Прикрепить фото",
    write: "Сообщение или фото", message: "Сообщение", send: "Отправить", drop: "Отпустите, чтобы отправить фото",
    photo: "Фото", close: "Закрыть", sample: "Отправить пример", yours: "Ваше фото", theirs: "Фото с отметками",
    gone: "Площадка не отвечает. Запустите её снова: make run",
    large: "Файл слишком большой: здесь можно отправить не больше {} МБ.",
  },
};
const ACTION_LASTS = 5000; // milliseconds, as in Telegram
const FILE_ICON = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M13.5 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8.500zm0 0v5.500H19"/></svg>';

const $ = (id) => document.getElementById(id);
let about = { samples: [], commands: [], max_upload: 0 };
let actionTimer;

const language = () => document.querySelector("[name=language]:checked").value;
const say = (key) => TEXTS[language()][key];

// ── What is seen ──────────────────────────────────────────────────────────────────────────────────

function element(tag, properties = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

function showMessage(message) {
  const mine = !message.from.is_bot;
  const item = element("li", { className: mine ? "message mine" : "message" });
  if (message.photo) item.append(picture(message, mine));
  if (message.document) item.append(fileName(message.document.file_name));
  const words = message.text ?? message.caption;
  if (words) item.append(element("p", {}, ...withCommands(words)));
  const sent = new Date(message.date * 1000);
  const clock = sent.toLocaleTimeString(language(), { hour: "2-digit", minute: "2-digit" });
  item.append(element("time", { dateTime: sent.toISOString() }, clock));
  if (message.photo) {
    item.classList.add("picture");
    item.style.setProperty("--ratio", message.photo.at(-1).width / message.photo.at(-1).height);
  }
  $("intro").hidden = true;
  $("list").append(item);
  if (!mine) hideAction();
  scrollDown();
}

function picture(message, mine) {
  const size = message.photo.at(-1);
  const image = element("img", {
    src: `/files/${size.file_id}`, width: size.width, height: size.height,
    alt: mine ? say("yours") : `${say("theirs")}. ${message.caption ?? ""}`,
  });
  image.addEventListener("load", scrollDown, { once: true });
  const open = element("button", { type: "button", className: "open" }, image);
  open.addEventListener("click", () => {
    Object.assign($("large"), { src: image.src, alt: image.alt });
    $("viewer").showModal();
  });
  return open;
}

function fileName(name) {
  const line = element("p", { className: "file" });
  line.innerHTML = FILE_ICON;
  line.append(name);
  return line;
}

function withCommands(words) {
  return words.split(/((?<!\S)\/[a-z0-9_]+)/).map((part, index) => {
    if (index % 2 === 0) return part;
    const command = element("button", { type: "button", className: "command" }, part);
    command.addEventListener("click", () => sendText(part));
    return command;
  });
}

function showAction(event) {
  if (Date.now() - event.date * 1000 > ACTION_LASTS) return;
  $("action").hidden = false;
  $("status").textContent = `${say("action")}…`;
  $("status").classList.add("busy");
  scrollDown();
  clearTimeout(actionTimer);
  actionTimer = setTimeout(hideAction, ACTION_LASTS);
}

function hideAction() {
  clearTimeout(actionTimer);
  $("action").hidden = true;
  $("status").textContent = say("status");
  $("status").classList.remove("busy");
}

function scrollDown() {
  $("messages").scrollTop = $("messages").scrollHeight;
}

function notice(words) {
  $("notice").textContent = words;
  $("notice").hidden = !words;
}

// ── What is sent ──────────────────────────────────────────────────────────────────────────────────

async function post(path, options) {
  try {
    const answer = await fetch(path, { method: "POST", ...options });
    notice(answer.status === 413 ? tooLarge() : answer.ok ? "" : say("gone"));
  } catch {
    notice(say("gone"));
  }
}

const tooLarge = () => say("large").replace("{}", Math.floor(about.max_upload / 2 ** 20));

function sendText(text) {
  const body = JSON.stringify({ text, language: language() });
  return post("/text", { body, headers: { "Content-Type": "application/json" } });
}

async function sendFiles(files) {
  for (const file of files) {
    if (file.size >= about.max_upload) {
      notice(tooLarge());
      continue;
    }
    const body = new FormData();
    body.append("language", language());
    body.append("file", file);
    await post("/file", { body });
  }
}

async function sendSample(name) {
  try {
    const photo = await (await fetch(`/samples/${name}`)).blob();
    await sendFiles([new File([photo], name, { type: photo.type })]);
  } catch {
    notice(say("gone"));
  }
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("text").value = "";
  if (text) sendText(text);
});
$("file").addEventListener("change", () => {
  sendFiles([...$("file").files]);
  $("file").value = "";
});
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (files.length) {
    event.preventDefault();
    sendFiles(files);
  }
});
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    $("drop").hidden = false;
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("drop").hidden = true;
});
document.addEventListener("drop", (event) => {
  event.preventDefault();
  $("drop").hidden = true;
  sendFiles([...event.dataTransfer.files]);
});

// ── In which language ─────────────────────────────────────────────────────────────────────────────

async function speak() {
  document.documentElement.lang = language();
  for (const node of document.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of document.querySelectorAll("[data-label]")) node.setAttribute("aria-label", say(node.dataset.label));
  $("text").placeholder = say("write");
  $("attach").title = say("attach");
  try {
    about = await (await fetch(`/about?language=${language()}`)).json();
  } catch {
    return notice(say("gone"));
  }
  $("name").textContent = about.name;
  $("description").textContent = about.description;
  $("commands").replaceChildren(...about.commands.map(({ command, description }) => {
    const button = element("button", { type: "button", title: description }, `/${command}`);
    button.addEventListener("click", () => sendText(`/${command}`));
    return button;
  }));
  $("samples").replaceChildren(...about.samples.map((name) => {
    const image = element("img", { src: `/samples/${name}`, alt: `${say("sample")}: ${name}`, width: 46, height: 46 });
    const button = element("button", { type: "button", title: image.alt }, image);
    button.addEventListener("click", () => sendSample(name));
    return button;
  }));
  hideAction();
}

for (const choice of document.querySelectorAll("[name=language]")) choice.addEventListener("change", speak);
if (navigator.language.startsWith("ru")) document.querySelector("[value=ru]").checked = true;
await speak();

const events = new EventSource("/events");
events.addEventListener("message", ({ data }) => {
  const event = JSON.parse(data);
  event.message ? showMessage(event.message) : showAction(event);
});
let lost = false;
events.addEventListener("error", () => {
  lost = true;
  notice(say("gone"));
});
// Started anew, the playground has forgotten the chat that stands here.
events.addEventListener("open", () => lost && location.reload());
