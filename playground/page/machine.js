// What can be changed on the machine behind the chat: its engine, and faults to see how the bot bears them.

import { chooseEngine, setFault } from "./connection.js";
import { button, byId, element } from "./dom.js";
import { say } from "./texts.js";

const ENGINES = ["litert", "tensorflow"];
const FAULTS = ["slow", "flood", "no_bundle"];
let state = { engine: { now: "litert", tensorflow: "ready", switching: false, note: "" }, faults: {} };

export function take(news) {
  state = news;
  render();
}

export function render() {
  const focused = document.activeElement?.id;
  byId("engine").replaceChildren(...ENGINES.map(engine), ...installation());
  byId("faults").replaceChildren(...FAULTS.map(fault));
  if (focused) document.getElementById(focused)?.focus();
  const on = FAULTS.filter((name) => state.faults[name]);
  byId("panel-toggle").classList.toggle("warned", on.length > 0);
  byId("panel-toggle").title = on.length ? `${say("faultOn")}: ${on.map((name) => say(`fault.${name}`)).join(", ")}` : say("panel");
}

function engine(name) {
  const { now, tensorflow, switching } = state.engine;
  const input = element("input", { type: "radio", name: "engine", id: `engine-${name}`, checked: now === name });
  input.disabled = switching || (name === "tensorflow" && tensorflow !== "ready");
  input.setAttribute("aria-describedby", `engine-hint-${name}`);
  input.addEventListener("change", async () => (await chooseEngine(name, false)) || render());
  return option(input, say(`engines.${name}`), say(`engineHints.${name}`), `engine-hint-${name}`);
}

function installation() {
  const { tensorflow, switching, note } = state.engine;
  const parts = [];
  if (tensorflow === "installing") parts.push(busy(say("installing")));
  else if (switching) parts.push(busy(say("switching")));
  else if (tensorflow === "missing" || tensorflow === "failed") {
    const failed = tensorflow === "failed";
    const offer = say(failed ? "installFailed" : "missing");
    const install = () => chooseEngine("tensorflow", true);
    parts.push(element("p", { className: "offer", role: "status" }, offer));
    parts.push(button("wide", { id: "install" }, install, say(failed ? "again" : "install")));
  }
  if (note) parts.push(element("p", { className: "quiet noted", lang: "en" }, note));
  return parts;
}

const busy = (words) =>
  element("div", { className: "progress", role: "progressbar", "aria-label": words }, element("i"), element("p", {}, words));

function fault(name) {
  const input = element("input", { type: "checkbox", role: "switch", id: `fault-${name}`, checked: Boolean(state.faults[name]) });
  input.setAttribute("aria-describedby", `fault-hint-${name}`);
  input.addEventListener("change", async () => (await setFault(name, input.checked)) || render());
  return option(input, say(`fault.${name}`), say(`expect.${name}`), `fault-hint-${name}`);
}

const option = (input, name, hint, hintId) =>
  element("div", { className: "option" },
    element("label", {}, input, element("b", {}, name)),
    element("p", { className: "quiet", id: hintId }, hint));
