// Joins the parts of the page, and hands each what comes from the playground.

import { tell, toast } from "./alerts.js";
import * as chat from "./chat.js";
import * as composer from "./composer.js";
import { about, connect, press } from "./connection.js";
import { byId, element } from "./dom.js";
import * as machine from "./machine.js";
import * as panel from "./panel.js";
import * as samples from "./samples.js";
import * as suggestions from "./suggestions.js";
import { language, NAMES, say, speak, translate } from "./texts.js";
import * as tray from "./tray.js";

const PRESS_LASTS = 15_000; // milliseconds after which a button can be pressed again
const pressed = new Set(); // the messages whose buttons wait for an answer, in this window
let botName = "";

async function push(message, data, key) {
  panel.show(message);
  pressed.add(message.message_id);
  key.classList.add("busy");
  key.ariaBusy = "true";
  setTimeout(chat.release, PRESS_LASTS, message.message_id);
  if (!(await press(message.message_id, data))) chat.release(message.message_id);
}

/** Telegram shows the answer to a press where it was pressed, and nowhere again. */
function alert({ text, show_alert: isDialog, message_id: id }) {
  chat.release(id);
  if (!pressed.delete(id) || !text) return;
  if (isDialog) tell(botName, text);
  else toast(text);
}

function take(event) {
  if (event.message) chat.show(event.message);
  else if (event.trace) panel.take(event.trace, chat.isReplaying());
  else if (event.alert) alert(event.alert);
  else if (event.state) machine.take(event.state);
  else if (event.action) chat.showAction(event);
}

async function dress() {
  translate();
  byId("attach").title = say("attach");
  chat.hideAction();
  composer.dress();
  tray.render();
  panel.draw();
  machine.render();
  const bot = await about();
  if (!bot) return;
  botName = bot.name;
  byId("name").textContent = bot.name;
  byId("description").textContent = bot.description;
  chat.rename(bot.name);
  composer.enable(bot.max_upload);
  suggestions.offer(bot.commands);
  samples.offer(bot.samples);
}

byId("language").append(...Object.entries(NAMES).map(([code, name]) => element("option", { value: code, lang: code }, name)));
byId("language").value = language();
byId("language").addEventListener("change", () => {
  speak(byId("language").value);
  dress();
});

chat.enable({ reply: composer.reply, inspect: panel.inspect, send: composer.command, press: push });
await dress();
connect({
  begin() {
    chat.begin();
    panel.forget();
    if (!botName) dress();
  },
  take,
  settle: chat.settle,
});
if (matchMedia("(hover: hover)").matches) byId("text").focus();
