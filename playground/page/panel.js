// The side panel: opens and closes it, and shows what happened to the update that is looked at.

import { remark, select } from "./chat.js";
import { button, byId, element } from "./dom.js";
import { milliseconds, say } from "./texts.js";
import * as traces from "./traces.js";
import * as update from "./update.js";

const RECENT = 8;
const WIDE = matchMedia("(min-width: 1000px)");
const panel = byId("panel");
const body = panel.querySelector(".panel-body");
const toggle = byId("panel-toggle");
let shown = null; // an update's id
let opener = toggle;
let drawing = 0;

export function open(isOpen, focus = true) {
  panel.hidden = !isOpen;
  toggle.ariaExpanded = String(isOpen);
  document.body.classList.toggle("with-panel", isOpen);
  byId("chat").inert = isOpen && !WIDE.matches;
  if (!focus) return;
  if (isOpen) {
    opener = document.activeElement;
    byId("panel-title").focus();
  } else {
    (opener.isConnected ? opener : toggle).focus();
  }
}

/** Take what is known now of an update; the panel follows the newest, but not the press of a button. */
export function take(trace, isReplayed) {
  const isNew = !traces.get(trace.update_id);
  traces.keep(trace, isReplayed);
  if (isNew && trace.what !== "button" && trace.update_id > (shown ?? 0)) {
    shown = trace.update_id;
    body.scrollTop = 0;
  }
  draw();
}

/** Show what happened to a message, or led to it. */
export function show(message) {
  shown = traces.of(message)?.update_id ?? shown;
  draw();
}

export function inspect(message) {
  show(message);
  open(true, !WIDE.matches);
}

export function forget() {
  shown = null;
  draw();
}

/** Once for all that changed since the last frame. */
export function draw() {
  if (!drawing) drawing = requestAnimationFrame(render);
}

function render() {
  drawing = 0;
  const trace = traces.get(shown);
  const within = byId("updates").contains(document.activeElement) && document.activeElement.dataset.update;
  byId("updates").replaceChildren(...(trace ? [recent(), card(trace)] : [nothing()]));
  if (within) byId("updates").querySelector(`[data-update="${within}"]`)?.focus();
  remark();
  select(panel.hidden ? null : trace);
  if (trace && !traces.isOver(trace)) setTimeout(run, 100);
}

function run() {
  if (drawing) return;
  update.tick(byId("updates"));
  const trace = traces.get(shown);
  if (trace && !traces.isOver(trace) && !panel.hidden) setTimeout(run, 100);
}

const nothing = () => element("p", { className: "card empty quiet" }, say("panelEmpty"));

function card(trace) {
  const parts = [update.heading, update.note, update.way, update.waterfall, update.explanation, update.faces, update.model];
  return element("div", { className: "card" }, ...parts.map((part) => part(trace)));
}

function recent() {
  const chips = traces.latest(RECENT).map((trace) => {
    const isShown = trace.update_id === shown;
    const took = trace.total != null ? milliseconds(trace.total) : traces.isOver(trace) ? "" : "…";
    const choose = () => {
      shown = trace.update_id;
      draw();
    };
    return button(
      `chip ${trace.state}`,
      { "aria-pressed": isShown, data: { update: trace.update_id } },
      choose,
      update.nameOf(trace), " ", element("span", {}, trace.state === "failed" ? "!" : took),
    );
  });
  return element("div", { className: "chips", role: "group", "aria-label": say("recent") }, ...chips);
}

toggle.addEventListener("click", () => {
  open(panel.hidden);
  draw();
});
for (const id of ["panel-close", "scrim"]) {
  byId(id).addEventListener("click", () => {
    open(false);
    draw();
  });
}
panel.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") open(false);
});
WIDE.addEventListener("change", () => open(WIDE.matches, false));
open(WIDE.matches, false);
