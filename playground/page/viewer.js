// The photos of the chat, large, one after the other.

import { byId } from "./dom.js";
import { say } from "./texts.js";

let photos = [];
let at = 0;

/** Show one of the photos: each has `source`, `name` and `caption`. */
export function view(all, index) {
  photos = all;
  byId("viewer").showModal();
  show(index);
}

function show(index) {
  at = Math.min(photos.length - 1, Math.max(0, index));
  const { source, name, caption } = photos[at];
  Object.assign(byId("viewer-photo"), { src: source, alt: name });
  byId("viewer-caption").textContent = caption;
  byId("viewer-position").textContent = say("position", { n: at + 1, total: photos.length });
  byId("viewer-position").hidden = photos.length < 2;
  // Hidden, the button that was pressed last would take the focus with it.
  const ends = { "viewer-previous": at === 0, "viewer-next": at === photos.length - 1 };
  for (const [id, isEnd] of Object.entries(ends)) byId(id).ariaDisabled = isEnd;
  byId("viewer").classList.toggle("alone", photos.length < 2);
}

byId("viewer-previous").addEventListener("click", () => show(at - 1));
byId("viewer-next").addEventListener("click", () => show(at + 1));
byId("viewer-close").addEventListener("click", () => byId("viewer").close());
byId("viewer").addEventListener("keydown", ({ key }) => {
  if (key === "ArrowLeft") show(at - 1);
  if (key === "ArrowRight") show(at + 1);
});
byId("viewer").addEventListener("click", ({ target }) => {
  if (target === byId("viewer") || target.tagName === "FIGURE") byId("viewer").close();
});
