// What is said beside the chat: a dialog, a passing line, a standing notice. All are read out.

import { byId } from "./dom.js";

const SHOWN = 5000; // milliseconds
let timer;

/** A dialog that waits for OK. */
export function tell(title, text) {
  byId("alert-title").textContent = title;
  byId("alert-text").textContent = text;
  if (!byId("alert").open) byId("alert").showModal();
}

/** A line that passes by itself. */
export function toast(text) {
  byId("toast").textContent = text;
  clearTimeout(timer);
  timer = setTimeout(() => (byId("toast").textContent = ""), SHOWN);
}

/** A line that stays until it is replaced by "". */
export function notice(text) {
  if (byId("notice").textContent !== text) byId("notice").textContent = text;
  byId("notice").hidden = !text;
}

byId("alert").addEventListener("click", (event) => event.target === byId("alert") && byId("alert").close());
