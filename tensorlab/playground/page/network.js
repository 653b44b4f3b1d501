// The network: a column of units for the features and for each layer, and a line for each weight.

import { colorOf } from "./colors.js";
import { element, find } from "./dom.js";
import { counted, nameOf, short, unitName } from "./labels.js";
import { drawSmall } from "./plot.js";
import { levelsOf } from "./server.js";

const SVG = "http://www.w3.org/2000/svg";

export class Network {
  // `on` has the functions `feature(name)`, `units(layer, change)`, `point(response or null)` and
  // `edit(layer, unit, source)`.
  constructor(choices, on) {
    this.choices = choices;
    this.on = on;
    this.net = find("net");
    this.columns = find("columns");
    this.svg = find("links");
    this.tooltip = find("tooltip");
    this.links = [];
    this.featureLevels = Object.fromEntries(
      Object.entries(choices.feature_maps).map(([name, picture]) => [name, levelsOf(picture)]),
    );
    new ResizeObserver(() => this.#place()).observe(this.net);
  }

  // Makes all columns and lines anew.
  build(settings) {
    const focused = document.activeElement?.dataset?.key;
    this.settings = settings;
    const sizes = [...settings.layers, 1];
    this.inputs = new Map(this.choices.features.map((name) => [name, this.#feature(name)]));
    this.units = sizes.map((size, layer) => Array.from({ length: size }, (_, unit) => this.#unit(layer, unit)));
    this.columns.replaceChildren(
      this.#column("inputs", [element("span", { textContent: "Features" })], [...this.inputs.values()]),
      ...this.units.map((units, layer) => this.#column("", this.#heading(layer), units)),
    );
    this.#buildLinks(sizes);
    this.#place();
    if (focused) this.columns.querySelector(`[data-key="${focused}"]`)?.focus({ preventScroll: true });
  }

  #column(name, heading, units) {
    return element("div", { className: `column ${name}` }, element("div", { className: "top" }, ...heading), ...units);
  }

  #heading(layer) {
    const { layers } = this.settings;
    if (layer === layers.length) return [element("span", { textContent: "Output" })];
    const button = (text, change, label, disabled) =>
      element("button", {
        type: "button",
        className: "small",
        textContent: text,
        disabled,
        data: { key: `units-${layer}-${text}` },
        aria: { label: `${label} hidden layer ${layer + 1}` },
        onclick: () => this.on.units(layer, change),
      });
    const size = layers[layer];
    return [
      element("span", { textContent: counted(size, "unit") }),
      element(
        "div",
        {},
        button("−", -1, "Remove a unit from", size <= 1),
        button("+", 1, "Add a unit to", size >= this.choices.most_units),
      ),
    ];
  }

  #feature(name) {
    const canvas = element("canvas");
    const made = element(
      "button",
      {
        type: "button",
        className: "unit",
        title: `Let the network see ${nameOf(name)}, or not`,
        data: { key: `feature-${name}` },
        aria: { pressed: this.settings.features.includes(name), label: `Feature ${nameOf(name)}` },
        onclick: () => this.on.feature(name),
      },
      element("span", { textContent: nameOf(name) }),
      canvas,
    );
    this.#pointing(made, () => ({
      title: `Feature ${nameOf(name)}`,
      levels: this.featureLevels[name],
      scale: this.choices.feature_maps[name].scale,
    }));
    drawSmall(canvas, this.featureLevels[name]);
    return made;
  }

  #unit(layer, unit) {
    const bias = element("span", { className: "bias" });
    const made = element(
      "button",
      {
        type: "button",
        className: "unit",
        data: { key: `unit-${layer}-${unit}` },
        aria: { expanded: false, controls: "inspector" },
        onclick: () => this.on.edit(layer, unit),
      },
      element("canvas"),
      bias,
    );
    made.bias = bias;
    this.#pointing(made, () => this.response(layer, unit));
    return made;
  }

  // What a unit responds, to be drawn large.
  response(layer, unit) {
    const picture = this.state.units[layer]?.[unit];
    return (
      picture && {
        title: `${unitName(layer, unit, this.units.length)}, bias ${short(this.state.biases[layer][unit])}`,
        levels: levelsOf(picture),
        scale: picture.scale,
      }
    );
  }

  #pointing(unit, response) {
    const show = () => this.on.point(response);
    const hide = () => this.on.point(null);
    unit.addEventListener("pointerenter", show);
    unit.addEventListener("pointerleave", hide);
    unit.addEventListener("focus", show); // a touch ends the pointing before the focus comes
    unit.addEventListener("blur", hide);
  }

  #buildLinks(sizes) {
    const features = this.choices.features.filter((name) => this.settings.features.includes(name));
    const sources = [features.map((name) => this.inputs.get(name)), ...this.units];
    this.svg.replaceChildren();
    this.links = sizes.flatMap((size, layer) =>
      Array.from({ length: size }, (_, unit) => unit).flatMap((unit) =>
        sources[layer].map((from, source) => this.#link({ layer, unit, source, from, to: this.units[layer][unit] })),
      ),
    );
    this.svg.append(...this.links.map(({ line }) => line), ...this.links.map(({ hit }) => hit));
  }

  #link(link) {
    const path = (name) => {
      const made = document.createElementNS(SVG, "path");
      made.classList.add(name);
      return made;
    };
    Object.assign(link, { line: path("line"), hit: path("hit") });
    link.hit.addEventListener("pointermove", ({ clientX, clientY }) => this.#showWeight(link, clientX, clientY));
    link.hit.addEventListener("pointerleave", () => {
      this.tooltip.hidden = true;
    });
    link.hit.addEventListener("click", () => this.on.edit(link.layer, link.unit, link.source));
    return link;
  }

  #showWeight({ layer, unit, source }, x, y) {
    this.tooltip.textContent = `Weight ${short(this.state.weights[layer][unit][source])}`;
    this.tooltip.hidden = false;
    const { offsetWidth, offsetHeight } = this.tooltip;
    this.tooltip.style.left = `${Math.min(x + 12, innerWidth - offsetWidth - 8)}px`;
    this.tooltip.style.top = `${Math.max(y - offsetHeight - 8, 4)}px`;
  }

  // Lays the lines between the units, wherever they are.
  #place() {
    const origin = this.net.getBoundingClientRect();
    const box = (unit) => unit.querySelector("canvas").getBoundingClientRect();
    const boxes = new Map();
    for (const { from, to, line, hit } of this.links) {
      for (const unit of [from, to]) if (!boxes.has(unit)) boxes.set(unit, box(unit));
      const [start, end] = [boxes.get(from), boxes.get(to)];
      const [x1, x2] = [start.right - origin.left + 2, end.left - origin.left - 2];
      const [y1, y2] = [start, end].map(({ top, height }) => top + height / 2 - origin.top);
      const middle = (x1 + x2) / 2;
      const path = `M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}`;
      line.setAttribute("d", path);
      hit.setAttribute("d", path);
    }
  }

  // Shows a state of the training.
  update(state) {
    this.state = state;
    this.units.forEach((units, layer) =>
      units.forEach((unit, number) => {
        drawSmall(unit.querySelector("canvas"), levelsOf(state.units[layer][number]));
        const bias = state.biases[layer][number];
        unit.bias.style.background = colorOf(bias);
        unit.setAttribute("aria-label", `${unitName(layer, number, this.units.length)}, bias ${short(bias)}: edit`);
      }),
    );
    for (const { layer, unit, source, line } of this.links) {
      const weight = state.weights[layer][unit][source] ?? 0;
      line.setAttribute("class", `line ${weight < 0 ? "negative" : "positive"}`);
      line.setAttribute("stroke-width", (0.6 + 1.7 * Math.min(Math.abs(weight), 5)).toFixed(2));
      line.setAttribute("stroke-opacity", (0.35 + 0.6 * Math.min(Math.abs(weight), 1)).toFixed(2));
    }
  }

  // Marks the unit that is edited, if there is one.
  mark(layer, unit) {
    this.units.flat().forEach((each) => each.setAttribute("aria-expanded", "false"));
    if (layer !== undefined) this.units[layer][unit].setAttribute("aria-expanded", "true");
  }

  redraw() {
    this.inputs.forEach((unit, name) => drawSmall(unit.querySelector("canvas"), this.featureLevels[name]));
    this.update(this.state);
  }
}
