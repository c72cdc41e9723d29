// The photos that wait to be sent: dropped, pasted or picked, shown small, taken out one by one.

import { toast } from "./alerts.js";
import { button, byId, element, icon } from "./dom.js";
import { say } from "./texts.js";

const THUMBNAIL = 128; // pixels
let waiting = [];
let limit = Infinity;
let onChange = () => {};

export function enable(maxBytes, changed) {
  limit = maxBytes;
  onChange = changed;
}

export const count = () => waiting.length;

export function add(files) {
  for (const file of files) {
    if (file.size >= limit) toast(say("large", { name: file.name, n: Math.floor(limit / 2 ** 20) }));
    else waiting.push(file);
  }
  render();
}

/** Take all out, to send them. */
export function empty() {
  const files = waiting;
  waiting = [];
  render();
  return files;
}

export function render() {
  byId("tray-list").replaceChildren(...waiting.map(tile));
  byId("tray-hint").textContent = waiting.length > 1 ? say("trayMany", { n: waiting.length }) : waiting.length ? say("trayOne") : "";
  byId("tray").hidden = !waiting.length;
  onChange();
}

function tile(file) {
  const remove = button("round small", { "aria-label": say("remove", { name: file.name }) }, () => drop(file), icon("close"));
  const picture = element("span", { className: "thumbnail", title: file.name }, icon("file"));
  draw(file, picture);
  return element("li", {}, picture, remove);
}

function drop(file) {
  const at = waiting.indexOf(file);
  waiting.splice(at, 1);
  render();
  const left = byId("tray-list").querySelectorAll("button");
  (left[Math.min(at, left.length - 1)] ?? byId("text")).focus();
}

/** Draw a photo into its tile; what the browser cannot read keeps the sign of a file. */
async function draw(file, tileOf) {
  // Drawn, not loaded: the page's policy lets in images of its own server only.
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    tileOf.append(element("span", {}, file.name));
    return;
  }
  const side = Math.min(bitmap.width, bitmap.height);
  const canvas = element("canvas", { width: THUMBNAIL, height: THUMBNAIL });
  const [left, top] = [(bitmap.width - side) / 2, (bitmap.height - side) / 4];
  canvas.getContext("2d").drawImage(bitmap, left, top, side, side, 0, 0, THUMBNAIL, THUMBNAIL);
  bitmap.close();
  tileOf.replaceChildren(canvas);
}
