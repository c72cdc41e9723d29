// What happened to one update, drawn: the way it took, the milliseconds of each stage, the faces found.

import { element, icon, style } from "./dom.js";
import { milliseconds, percent, say } from "./texts.js";
import { isOver } from "./traces.js";

const NODES = {
  webhook: ["webhook"],
  queue: ["queue"],
  recognizer: ["remember", "download", "wait", "recognise"],
  answer: ["send"],
};
const AT = { delivering: "webhook", queued: "queue", working: "recognizer" };
const EMOTIONS = ["happy", "sad", "neutral"];

const KINDS = ["photo", "album", "command", "button", "text"];

export const nameOf = ({ what }) => say(`what.${KINDS.includes(what) ? what : "file"}`);

export function heading(trace) {
  const name = nameOf(trace);
  return element(
    "div",
    { className: "heading" },
    element("h3", {}, name, " ", element("span", { className: "quiet" }, `#${trace.update_id}`)),
    element("span", { className: `state ${trace.state}` }, isGathering(trace) ? say("stages.gather") : say(`state.${trace.state}`)),
    trace.attempts > 1 && element("span", { className: "state again" }, say("attempt", { n: trace.attempts })),
    total(trace),
  );
}

const isGathering = ({ what, state, stages }) =>
  what === "album" && state === "queued" && !stages.some(({ name }) => name === "queue");

/** What it took, or takes so far: see `tick`. */
function total(trace) {
  if (trace.total == null && isOver(trace)) return null;
  const known = trace.total == null ? element("b", { data: { since: trace.since } }, "…") : element("b", {}, milliseconds(trace.total));
  return element("p", { className: "total" }, known, element("span", { className: "quiet" }, say("total")));
}

/** Let the total of what is not over yet run. */
export function tick(root) {
  for (const node of root.querySelectorAll("[data-since]")) {
    node.textContent = milliseconds(Math.round((performance.now() - node.dataset.since) / 10) * 10);
  }
}

export function note({ note: words }) {
  return words && element("p", { className: "note", lang: "en" }, icon("warning"), words);
}

/** Webhook, queue, recognizer, answer: where it is, and what each part took. */
export function way(trace) {
  const took = (names) => trace.stages.filter(({ name }) => names.includes(name)).map((stage) => stage.milliseconds);
  const direct = isDirect(trace);
  let broken = false;
  const nodes = Object.entries(NODES).map(([node, names]) => {
    const times = took(names);
    const done = times.length > 0 || (trace.state === "done" && (node === "answer" || !direct));
    let state = done ? "done" : "";
    if (!done && direct) state = "skipped";
    if (AT[trace.state] === node) state = "active";
    if (trace.state === "failed" && !done && !broken) {
      state = "failed";
      broken = true;
    }
    const words = times.length ? milliseconds(times.reduce((sum, time) => sum + time, 0)) : "";
    const sign = element("span", { className: "sign" }, icon(state === "failed" ? "failed" : node));
    return element("li", { className: state }, sign, element("b", {}, say(`nodes.${node}`)), element("span", {}, words));
  });
  return element("ol", { className: "way", role: "list" }, ...nodes);
}

/** The stages one after the other, each as long as it took. */
export function waterfall(trace) {
  const order = Object.values(NODES).flat();
  const stages = trace.stages.filter((stage) => stage.milliseconds > 0);
  if (!stages.length) return null;
  stages.sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const whole = Math.max(trace.total ?? 0, stages.reduce((sum, stage) => sum + stage.milliseconds, 0));
  let start = 0;
  const rows = stages.map(({ name, milliseconds: took }) => {
    const track = element("span", { className: "track", "aria-hidden": "true" }, element("i"));
    style(track, "--from", start / whole);
    style(track, "--share", took / whole);
    start += took;
    return element("li", { className: name }, element("span", {}, say(`stages.${trace.what === "album" && name === "queue" ? "gather" : name}`)), track, element("b", {}, milliseconds(took)));
  });
  return element("ol", { className: "waterfall", role: "list" }, ...rows);
}

const isDirect = (trace) => trace.state === "done" && !trace.stages.some(({ name }) => name === "queue");

export function explanation(trace) {
  return isDirect(trace) && element("p", { className: "quiet" }, say("direct"));
}

/** The faces of each photo, with their crops and scores. */
export function faces(trace) {
  const photos = trace.photos ?? [];
  if (!photos.length || trace.state !== "done" || !trace.is_readable) return null;
  const box = element("div", { className: "faces" }, element("h4", {}, say("faces")));
  photos.forEach((photo, index) => {
    if (photos.length > 1) box.append(element("h5", {}, say("photoNumber", { n: index + 1 })));
    if (!photo.faces.length) box.append(element("p", { className: "quiet" }, trace.looked ? say("noFace") : "…"));
    else box.append(element("ul", { role: "list" }, ...photo.faces.map(face)));
  });
  return box;
}

function face({ number, candidates, scores, size, crop }) {
  const image = element("img", { className: "crop", src: crop, alt: say("crop", { n: number }), width: 48, height: 48 });
  const percentages = rounded(scores);
  const bars = EMOTIONS.map((emotion) => {
    const track = element("span", { className: "track", "aria-hidden": "true" }, element("i"));
    style(track, "--share", scores[emotion]);
    return element("li", { className: emotion }, element("span", {}, say(`emotions.${emotion}`)), track, element("b", {}, percent(percentages[emotion] / 100)));
  });
  return element(
    "li",
    { className: "face" },
    image,
    element("div", {},
      element("p", {}, element("b", {}, say("face", { n: number })), " ", verdict(candidates)),
      element("ul", { className: "scores", role: "list" }, ...bars),
      element("p", { className: "quiet" }, say("px", { w: size[0], h: size[1] }))),
  );
}

/** In whole percent, 100 in all: by the largest remainder, as in the bot's caption. */
function rounded(scores) {
  const whole = Object.fromEntries(EMOTIONS.map((emotion) => [emotion, Math.floor(100 * scores[emotion])]));
  const remainder = (emotion) => 100 * scores[emotion] - whole[emotion];
  const missing = 100 - EMOTIONS.reduce((sum, emotion) => sum + whole[emotion], 0);
  for (const emotion of [...EMOTIONS].sort((a, b) => remainder(b) - remainder(a)).slice(0, missing)) whole[emotion] += 1;
  return whole;
}

function verdict(candidates) {
  if (!candidates.length) return say("small");
  if (candidates.length === 1) return say(`looks.${candidates[0]}`);
  const [a, b] = candidates.map((emotion) => say(`emotions.${emotion}`));
  return say("hard", { a, b });
}

export function model(trace) {
  if (!trace.model) return null;
  const words = [say(`engines.${trace.engine}`), trace.model].join(" · ");
  return element("p", { className: "model quiet" }, `${say("model")}: `, element("b", {}, words));
}
