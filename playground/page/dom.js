// Nodes: found by id, made with their properties, drawn from the page's icons.

export const byId = (id) => document.getElementById(id);

/** A node; what is written with a dash, and `role`, is an attribute, `data` its data set. */
export function element(tag, { data = {}, ...properties } = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  Object.assign(made.dataset, data);
  made.append(...children.filter((child) => child != null && child !== false));
  return made;
}

export function icon(name, className = "") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export function button(className, properties, onClick, ...children) {
  const made = element("button", { type: "button", className, ...properties }, ...children);
  made.addEventListener("click", onClick);
  return made;
}

/** A custom property of a node's style: the one way to hand CSS a number under the page's policy. */
export const style = (node, name, value) => node.style.setProperty(name, value);
