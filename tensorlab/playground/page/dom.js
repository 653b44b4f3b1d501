// Elements of the page.

export const find = (id) => document.getElementById(id);

// Makes an element; `data` and `aria` are attributes with these prefixes, the others are properties.
export function element(tag, { data = {}, aria = {}, ...properties } = {}, ...children) {
  const made = Object.assign(document.createElement(tag), properties);
  Object.assign(made.dataset, data);
  for (const [name, value] of Object.entries(aria)) made.setAttribute(`aria-${name}`, value);
  made.append(...children);
  return made;
}
