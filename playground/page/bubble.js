// One message, or one album, as a bubble: quote, photos, words, buttons, and what is known of it.

import { rowsOf, shownRatio } from "./album.js";
import { button, element, icon, style } from "./dom.js";
import { language, milliseconds, say } from "./texts.js";

const LINK = /((?<![\w/])\/[a-z0-9_]+\b(?!\/)|https?:\/\/[^\s]+[^\s.,:;!?)])/;

/**
 * The list item of the messages of one bubble.
 *
 * `can` holds what its parts do: open(message), reply(message), inspect(message), send(command),
 * press(message, data, button), goTo(id), nameOf(message).
 */
export function bubble(messages, can) {
  const [first] = messages;
  const mine = !first.from.is_bot;
  const photos = messages.filter((message) => message.photo);
  const said = messages.find((message) => message.text ?? message.caption);
  const words = said && (said.text ?? said.caption);
  const item = element("li", { className: "message", tabIndex: -1, data: { id: first.message_id } });
  item.classList.toggle("mine", mine);
  if (photos.length === 1) style(item, "--shape", photos[0].photo.at(-1).width / photos[0].photo.at(-1).height);
  item.classList.toggle("bare", !words && photos.length === messages.length);
  const box = element("div", { className: "bubble" });
  box.append(element("span", { className: "hidden" }, `${can.nameOf(first)}: `));
  if (first.reply_to_message) box.append(quoteButton(first.reply_to_message, can));
  if (photos.length) box.append(grid(photos, can));
  if (photos.length) item.classList.add("picture");
  for (const { document } of messages) if (document) box.append(fileLine(document));
  const meta = metaLine(first, mine, can);
  if (words) box.append(element("p", { className: "words" }, ...linked(words, can), meta));
  else box.append(meta);
  item.append(box, replyButton(first, can));
  if (first.reply_markup?.inline_keyboard) item.append(keyboard(first, can));
  return item;
}

/** What a quote shows: who said it, what, and its photo, small. */
export function quoted(message, name) {
  const photo = message.photo?.[0];
  const words = message.text ?? message.caption ?? (photo ? say("photo") : (message.document?.file_name ?? say("file")));
  return [
    photo && element("img", { src: `/files/${photo.file_id}`, alt: "", width: 36, height: 36 }),
    element("span", { className: "lines" }, element("b", {}, name), element("span", {}, words)),
  ];
}

function quoteButton(message, can) {
  const name = can.nameOf(message);
  const content = quoted(message, name);
  return button("quote", { data: { label: "original" } }, () => can.goTo(message.message_id), ...content);
}

function grid(messages, can) {
  const ratios = messages.map(({ photo }) => photo.at(-1).width / photo.at(-1).height);
  const box = element("div", { className: messages.length > 1 ? "photos album" : "photos" });
  if (messages.length === 1) {
    style(box, "--ratio", Math.max(0.3, ratios[0]));
    box.append(openable(messages[0], can));
    return box;
  }
  const shown = ratios.map(shownRatio);
  let start = 0;
  for (const count of rowsOf(shown)) {
    const row = element("div", { className: "row" });
    for (let index = start; index < start + count; index++) {
      const photo = openable(messages[index], can);
      style(photo, "--ratio", shown[index]);
      row.append(photo);
    }
    box.append(row);
    start += count;
  }
  return box;
}

function openable(message, can) {
  const size = message.photo.at(-1);
  const words = say(message.from.is_bot ? "theirs" : "yours");
  const image = element("img", { src: `/files/${size.file_id}`, width: size.width, height: size.height, alt: words });
  return button("open", { data: { tip: "open" } }, () => can.open(message), image);
}

function fileLine({ file_name: name, file_size: size }) {
  const lines = element("span", { className: "lines" }, element("b", {}, name ?? say("file")));
  if (size !== undefined) lines.append(element("span", {}, fileSize(size)));
  return element("p", { className: "file" }, element("span", { className: "sign" }, icon("file")), lines);
}

function fileSize(bytes) {
  const [unit, by] = bytes < 1000 ? ["byte", 1] : bytes < 1e6 ? ["kilobyte", 1000] : ["megabyte", 1e6];
  // "Short" is the whole word for bytes, in English.
  const as = { style: "unit", unit, unitDisplay: by > 1 ? "short" : "narrow", maximumSignificantDigits: 3 };
  return new Intl.NumberFormat(language(), as).format(bytes / by);
}

function metaLine(message, mine, can) {
  const sent = new Date(message.date * 1000);
  const clock = sent.toLocaleTimeString(language(), { timeStyle: "short" });
  const meta = element("span", { className: "meta" });
  if (!mine) meta.append(button("inspect", { hidden: true }, () => can.inspect(message)));
  meta.append(element("time", { dateTime: sent.toISOString() }, clock));
  if (mine) meta.append(button("ticks", { data: { state: "sent" } }, () => can.inspect(message)));
  return meta;
}

/** Show on a bubble what happened: ticks on the person's, milliseconds on the bot's. */
export function mark(item, trace) {
  const ticks = item.querySelector(".ticks");
  if (ticks) {
    const state = trace?.state === "failed" ? "failed" : !trace || trace.state === "delivering" ? "sent" : "taken";
    ticks.dataset.state = state;
    ticks.replaceChildren(icon(state));
    ticks.ariaLabel = `${say(`delivery.${state}`)}. ${say("inspect")}`;
    ticks.title = say(`delivery.${state}`);
    return;
  }
  const inspect = item.querySelector(".inspect");
  inspect.hidden = trace?.total == null;
  if (trace?.total == null) return;
  inspect.textContent = milliseconds(trace.total);
  inspect.ariaLabel = `${inspect.textContent}. ${say("inspect")}`;
  inspect.title = say("inspect");
}

function replyButton(message, can) {
  return button("round small reply", { data: { label: "reply" } }, () => can.reply(message), icon("reply"));
}

function keyboard(message, can) {
  const rows = message.reply_markup.inline_keyboard.map((keys) => {
    const row = element("div", { className: "keys" });
    for (const key of keys) {
      if (key.url) row.append(element("a", { href: key.url, target: "_blank", rel: "noopener noreferrer" }, key.text));
      else row.append(button("key", {}, ({ currentTarget }) => can.press(message, key.callback_data, currentTarget), key.text));
    }
    return row;
  });
  return element("div", { className: "keyboard" }, ...rows);
}

function linked(words, can) {
  return words.split(LINK).map((part, index) => {
    if (index % 2 === 0) return part;
    if (part.startsWith("/")) return button("link", {}, () => can.send(part), part);
    return element("a", { className: "link", href: part, target: "_blank", rel: "noopener noreferrer" }, part);
  });
}
