// Sample photographs to click: large in an empty chat, small above the composer later.

import { toast } from "./alerts.js";
import { sendFiles } from "./connection.js";
import { button, element } from "./dom.js";
import { say } from "./texts.js";

const ALBUM = 3;

export function offer(names) {
  for (const box of document.querySelectorAll("[data-samples]")) {
    const photos = names.map((name) => sample([name], say("sample", { name: nameOf(name) })));
    const album = sample(names.slice(0, ALBUM), say("sampleAlbum"));
    album.classList.add("stack");
    album.append(element("span", { "aria-hidden": "true" }, say("album")));
    box.replaceChildren(...photos, album);
  }
}

const nameOf = (file) => say(`sampleNames.${file.replace(/\.\w+$/, "")}`);

function sample(names, label) {
  const images = names.map((name) => element("img", { src: `/samples/small/${name}`, alt: "", width: 88, height: 88 }));
  return button("sample", { "aria-label": label, title: label }, () => send(names), ...images);
}

async function send(names) {
  try {
    await sendFiles(await Promise.all(names.map(fetched)));
  } catch {
    toast(say("notSent"));
  }
}

async function fetched(name) {
  const photo = await (await fetch(`/samples/${name}`)).blob();
  return new File([photo], name, { type: photo.type });
}
