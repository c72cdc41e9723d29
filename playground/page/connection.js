// The way to the playground and back: what the person does goes out, what happens in the chat comes in.

import { notice, toast } from "./alerts.js";
import { language, say } from "./texts.js";

const PATIENCE = 1000; // milliseconds between two attempts to come back
const SETTLED = 300; // milliseconds without news after which what was replayed is over

/** Open the stream of events, from the chat's beginning; open it again whenever it breaks. */
export function connect({ begin, take, settle }) {
  let timer;
  const settling = () => {
    clearTimeout(timer);
    timer = setTimeout(settle, SETTLED);
  };
  const open = (again) => {
    const source = new EventSource("/events");
    let live = false;
    source.addEventListener("open", () => {
      begin();
      notice("");
      if (again) toast(say("back"));
      settling();
      live = true;
    });
    source.addEventListener("message", ({ data }) => {
      take(JSON.parse(data));
      settling();
    });
    source.addEventListener("error", () => {
      source.close();
      if (live) clearTimeout(timer);
      notice(say("gone"));
      setTimeout(open, PATIENCE, true);
    });
  };
  open(false);
}

export async function about() {
  try {
    return await (await fetch(`/about?language=${language()}`)).json();
  } catch {
    notice(say("gone"));
    return null;
  }
}

const json = (path, body) =>
  post(path, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });

export const sendText = (text, replyTo) => json("/text", { text, language: language(), ...(replyTo && { reply_to: replyTo }) });
export const press = (messageId, data) => json("/press", { message_id: messageId, data, language: language() });
export const chooseEngine = (engine, install) => json("/engine", { engine, install });
export const setFault = (name, on) => json("/faults", { [name]: on });

/** Send files, as one message or one album. */
export function sendFiles(files, caption, replyTo) {
  const body = new FormData();
  body.append("language", language());
  if (caption) body.append("caption", caption);
  if (replyTo) body.append("reply_to", replyTo);
  for (const file of files) body.append("file", file);
  return post("/file", { body });
}

/** True if the playground took it; if not, the person has been told why. */
async function post(path, options) {
  try {
    const answer = await fetch(path, { method: "POST", ...options });
    if (answer.ok) return true;
    const { error } = await answer.json();
    toast(error);
  } catch {
    toast(say("notSent"));
  }
  return false;
}
