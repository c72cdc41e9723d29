// The bot's commands: suggested while one is typed, or all of them from the menu button.

import { byId, element } from "./dom.js";

const box = byId("suggestions");
const text = byId("text");
const menu = byId("menu");
let commands = [];
let chosen = -1;
let choose = () => {};

export function enable(send) {
  choose = send;
}

export function offer(known) {
  commands = known;
  close();
}

export const isOpen = () => !box.hidden;

export function close() {
  box.hidden = true;
  chosen = -1;
  menu.ariaExpanded = "false";
  text.removeAttribute("aria-activedescendant");
}

function open(shown) {
  box.replaceChildren(...shown.map(option));
  box.hidden = !shown.length;
  if (shown.length) light(0);
  else close();
}

function option({ command, description }) {
  const made = element(
    "div",
    { role: "option", id: `command-${command}`, data: { command: `/${command}` } },
    element("b", {}, `/${command}`),
    element("span", {}, description),
  );
  made.addEventListener("pointerdown", (event) => event.preventDefault()); // the focus stays in the text
  made.addEventListener("pointermove", () => light([...box.children].indexOf(made)));
  made.addEventListener("click", () => take(`/${command}`));
  return made;
}

function light(index) {
  const options = [...box.children];
  chosen = (index + options.length) % options.length;
  options.forEach((one, at) => one.setAttribute("aria-selected", at === chosen));
  options[chosen].scrollIntoView({ block: "nearest" });
  text.setAttribute("aria-activedescendant", options[chosen].id);
}

function take(command) {
  if (text.value.startsWith("/")) text.value = "";
  close();
  choose(command);
}

/** Follow what is typed: a slash, and what may become a command. */
export function follow() {
  const typed = /^\/([a-z0-9_]*)$/.exec(text.value.toLowerCase());
  if (typed) open(commands.filter(({ command }) => command.startsWith(typed[1])));
  else close();
}

/** True if the key was meant for the suggestions. */
export function key(event) {
  if (!isOpen()) return false;
  if (event.key === "ArrowDown") light(chosen + 1);
  else if (event.key === "ArrowUp") light(chosen - 1);
  else if (event.key === "Home" && menu.ariaExpanded === "true") light(0);
  else if (event.key === "End" && menu.ariaExpanded === "true") light(-1);
  else if (event.key === "Enter") take(box.children[chosen].dataset.command);
  else if (event.key === "Tab" && !event.shiftKey) complete();
  else if (event.key === "Escape") close();
  else return false;
  event.preventDefault();
  return true;
}

function complete() {
  text.value = box.children[chosen].dataset.command;
  close();
}

menu.addEventListener("pointerdown", (event) => isOpen() && event.preventDefault());
menu.addEventListener("click", () => {
  if (isOpen()) return close();
  open(commands);
  menu.ariaExpanded = "true";
  text.focus();
});
text.addEventListener("blur", close);
