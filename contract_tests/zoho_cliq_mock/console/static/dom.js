// Building elements. Text goes in as text nodes only, so that nothing of a server's or a user's can become markup.

/** Return an element. `on` has listeners, `data` data attributes; a false or missing attribute is left out. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "value" || name === "checked" || name === "disabled" || name === "hidden") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

function add(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) add(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

export function button(label, click, attributes = {}) {
  return h("button", { type: "button", ...attributes, on: { click, ...attributes.on } }, label);
}

/** Return a link for an address of the web; for any other address its text. */
export function link(address, label = address) {
  let scheme = "";
  try {
    scheme = new URL(address).protocol;
  } catch {
    // no address at all
  }
  if (scheme !== "http:" && scheme !== "https:") return h("span", {}, label);
  return h("a", { href: address, target: "_blank", rel: "noopener noreferrer" }, label);
}

const ADDRESS = /https?:\/\/[^\s<>"']+/g;

/** Return the parts of a text, with its web addresses as links. */
export function linked(text) {
  const parts = [];
  let end = 0;
  for (const found of text.matchAll(ADDRESS)) {
    parts.push(text.slice(end, found.index), link(found[0]));
    end = found.index + found[0].length;
  }
  return [...parts, text.slice(end)];
}

/** Return a picture whose data is in the address itself; any other picture as a link, as nothing is loaded from elsewhere. */
export function picture(address, label = "") {
  if (typeof address === "string" && /^data:image\/[a-z+.-]+[;,]/.test(address)) {
    return h("img", { src: address, alt: label, loading: "lazy" });
  }
  return link(shown(address), label || shown(address));
}

const KINDS = { iVBOR: "png", "/9j/": "jpeg", R0lG: "gif", UklG: "webp", PHN2: "svg+xml", PD94: "svg+xml" };

/** Return an action's icon: its image, else its first letter. */
export function icon(action) {
  const kind = Object.entries(KINDS).find(([start]) => action.image?.startsWith(start))?.[1];
  if (kind) return h("img", { class: "icon", alt: "", src: `data:image/${kind};base64,${action.image}` });
  return h("span", { class: "icon", "aria-hidden": "true" }, [...action.name][0] ?? "");
}

/** Return any value as a text for people. */
export function shown(value) {
  return typeof value === "string" ? value : (JSON.stringify(value) ?? "");
}

/** Make the children of `parent` stand for `items`, in their order; elements of unchanged items stay as they are. */
export function reconcile(parent, items, make) {
  const before = parent.known ?? new Map();
  const after = new Map();
  let place = parent.firstElementChild;
  for (const item of items) {
    const known = before.get(item.id);
    const element = known && known.item === item ? known.element : make(item, known?.element);
    after.set(item.id, { item, element });
    if (element === place) place = place.nextElementSibling;
    else parent.insertBefore(element, place);
  }
  const kept = new Set([...after.values()].map((each) => each.element));
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove();
  parent.known = after;
}

/** Say something to those who do not see it. */
export function announce(text) {
  document.getElementById("status").textContent = text;
}
