/** The element with this id; the page always has it. */
export const byId = (id) => document.getElementById(id);

/** Makes an element. Text goes in as text nodes only, so that no data is ever read as HTML. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** Writes text only when it changed: a live region is read aloud once. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** A function that draws only when its data differ from the last time: focus and selection survive. */
export function whenChanged(draw) {
  let last;
  return (data, ...more) => {
    const now = JSON.stringify(data);
    if (now === last) return;
    last = now;
    draw(data, ...more);
  };
}
