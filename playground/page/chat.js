// The list of messages: puts each in its place, keeps the view at the newest, and shows what the bot is doing.

import { bubble, mark } from "./bubble.js";
import { byId, element } from "./dom.js";
import { language, say, translate } from "./texts.js";
import * as traces from "./traces.js";
import { view } from "./viewer.js";

const ACTION_LASTS = 5000; // milliseconds, as in Telegram
const NEAR = 80; // pixels from the end that still count as being there
const bubbles = new Map(); // by the id of each message in it: { item, messages }
const log = byId("messages");
const list = byId("list");
let can = {};
let botName = "";
let last;
let unread = 0;
let replaying = true;
let follows = true; // the newest message stays in view
let top = 0;
let actionTimer;

/** Say what the parts of a bubble do; see `bubble`. */
export function enable(abilities) {
  can = { ...abilities, open, goTo, nameOf };
}

export const nameOf = (message) => (message.from.is_bot ? botName : say("you"));

export function rename(name) {
  botName = name;
}

/** Empty the chat: what comes until `settle` has happened before, and is not read out. */
export function begin() {
  replaying = true;
  log.ariaLive = "off";
  bubbles.clear();
  traces.forget();
  last = undefined;
  unread = 0;
  list.replaceChildren();
  byId("intro").hidden = false;
  byId("strip").hidden = true;
  hideAction();
  countUnread();
}

export const isReplaying = () => replaying;

export function settle() {
  replaying = false;
  log.ariaLive = "polite";
}

export function show(message) {
  const album = message.media_group_id;
  if (album && last?.messages[0].media_group_id === album) grow(message);
  else add(message);
  byId("intro").hidden = true;
  byId("strip").hidden = false;
  if (message.from.is_bot) hideAction();
  if (follows || replaying || !message.from.is_bot) scrollDown();
  else unread += 1;
  countUnread();
}

function add(message) {
  const day = new Date(message.date * 1000).toDateString();
  if (day !== list.dataset.day || !last) {
    list.dataset.day = day;
    list.append(element("li", { className: "day" }, element("span", {}, dayName(new Date(message.date * 1000)))));
  }
  last = { messages: [message], item: bubble([message], can) };
  if (!replaying) last.item.classList.add("new");
  list.append(finish(last));
}

function grow(message) {
  const messages = [...last.messages, message];
  const item = bubble(messages, can);
  last.item.replaceWith(item);
  last = { messages, item };
  finish(last);
}

function finish(entry) {
  for (const { message_id: id } of entry.messages) bubbles.set(id, entry);
  translate(entry.item);
  mark(entry.item, traceOf(entry));
  return entry.item;
}

const traceOf = ({ messages }) => messages.map(traces.of).find(Boolean);

/** Show on the bubbles of an update what is known of it now. */
export function remark() {
  for (const entry of new Set(bubbles.values())) mark(entry.item, traceOf(entry));
}

/** Mark the bubbles that the panel shows. */
export function select(trace) {
  for (const entry of new Set(bubbles.values())) {
    entry.item.classList.toggle("selected", Boolean(trace) && traceOf(entry)?.update_id === trace.update_id);
  }
}

function dayName(date) {
  if (date.toDateString() === new Date().toDateString()) return say("today");
  return date.toLocaleDateString(language(), { day: "numeric", month: "long" });
}

function open(message) {
  const shown = [...new Set(bubbles.values())].flatMap(({ messages }) => messages).filter(({ photo }) => photo);
  const photos = shown.map((one) => ({
    source: `/files/${one.photo.at(-1).file_id}`,
    name: say(one.from.is_bot ? "theirs" : "yours"),
    caption: one.caption ?? "",
  }));
  view(photos, shown.findIndex(({ message_id: id }) => id === message.message_id));
}

function goTo(id) {
  const item = bubbles.get(id)?.item;
  if (!item) return;
  item.scrollIntoView({ block: "center", behavior: "smooth" });
  item.focus({ preventScroll: true });
  item.classList.remove("flash");
  void item.offsetWidth; // starts the animation anew
  item.classList.add("flash");
}

/** A press is over: the button can be pressed again. */
export function release(id) {
  for (const key of bubbles.get(id)?.item.querySelectorAll(".key.busy") ?? []) {
    key.classList.remove("busy");
    key.ariaBusy = "false";
  }
}

export function showAction({ action, date }) {
  const left = ACTION_LASTS - (Date.now() - date * 1000);
  if (left <= 0) return;
  const words = `${say(`actions.${action}`)}…`;
  byId("action-text").textContent = words;
  byId("status").textContent = words;
  byId("status").classList.add("busy");
  byId("action").hidden = false;
  if (follows) scrollDown();
  clearTimeout(actionTimer);
  actionTimer = setTimeout(hideAction, left);
}

export function hideAction() {
  clearTimeout(actionTimer);
  byId("action").hidden = true;
  byId("status").textContent = say("bot");
  byId("status").classList.remove("busy");
}

const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;

function scrollDown() {
  follows = true;
  log.scrollTop = log.scrollHeight;
}

function countUnread() {
  byId("newest").hidden = isAtEnd();
  if (isAtEnd()) unread = 0;
  byId("unread").textContent = unread || "";
}

log.addEventListener("scroll", () => {
  // Only who scrolls back leaves the newest; what grows above or below it does not.
  if (isAtEnd()) follows = true;
  else if (log.scrollTop < top) follows = false;
  top = log.scrollTop;
  countUnread();
}, { passive: true });

const resized = new ResizeObserver(() => {
  if (follows) scrollDown();
  countUnread();
});
for (const node of [log, list]) resized.observe(node);

byId("newest").addEventListener("click", () => {
  scrollDown();
  byId("text").focus();
});

// From message to message with the arrows, once one of them has the focus.
log.addEventListener("keydown", (event) => {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!step || event.target === log) return;
  const items = [...list.querySelectorAll(".message")];
  const next = items[items.indexOf(event.target.closest(".message")) + step];
  event.preventDefault();
  if (next) next.focus();
  else if (step > 0) byId("text").focus();
});

export const focusLast = () => last?.item.focus();
