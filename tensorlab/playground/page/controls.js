// The settings: in the controls, and in the address of the page.

import { element, find } from "./dom.js";
import { nameOf, percent } from "./labels.js";
import { drawSet, drawable } from "./plot.js";

const LEARNING_RATES = [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10];
const REGULARIZATION_RATES = [0, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1];
const WRITTEN = { noise: percent, train_ratio: percent, batch_size: String };
const RATE_OF_PENALTY = 0.003; // where a penalty is chosen and its rate is still 0

export class Controls {
  // `change` takes the settings that the user has changed.
  constructor(choices, change) {
    this.choices = choices;
    this.change = change;
    this.sets = {}; // the data set that was last chosen for each problem
    for (const name of ["problem", "activation", "optimizer", "regularization"]) this.#select(name, choices[name]);
    this.#select("learning_rate", LEARNING_RATES, Number);
    this.#select("regularization_rate", REGULARIZATION_RATES, Number);
    Object.keys(WRITTEN).forEach((name) => this.#slider(name));
    find("seed").addEventListener("click", () => change({ seed: Math.floor(Math.random() * 2 ** 32) }));
    find("layer-add").addEventListener("click", () => this.#layers((layers) => [...layers, layers.at(-1) ?? 4]));
    find("layer-remove").addEventListener("click", () => this.#layers((layers) => layers.slice(0, -1)));
  }

  #select(name, values, read = String) {
    const select = find(name);
    select.append(...values.map((value) => element("option", { value, textContent: nameOf(value) })));
    select.addEventListener("change", () => this.change(this.#changed(name, read(select.value))));
  }

  // The change of a setting, and of those that go with it.
  #changed(name, value) {
    if (name === "problem") return { problem: value, dataset: this.sets[value] ?? this.choices.dataset[value][0] };
    if (name === "regularization" && value !== "none" && this.settings.regularization_rate === 0)
      return { regularization: value, regularization_rate: RATE_OF_PENALTY };
    return { [name]: value };
  }

  #slider(name) {
    const slider = find(name);
    slider.addEventListener("input", () => {
      find(`${name}-value`).textContent = WRITTEN[name](slider.valueAsNumber);
      this.change({ [name]: slider.valueAsNumber });
    });
  }

  #layers(changed) {
    this.change({ layers: changed(this.settings.layers) });
  }

  show(settings) {
    const hasProblem = this.settings?.problem === settings.problem;
    this.settings = settings;
    this.sets[settings.problem] = settings.dataset;
    if (!hasProblem) this.#buildSets();
    find("dataset").querySelector(`[value="${settings.dataset}"]`).checked = true;
    for (const name of ["problem", "activation", "optimizer", "regularization"]) find(name).value = settings[name];
    for (const name of ["learning_rate", "regularization_rate"]) this.#showNumber(find(name), settings[name]);
    find("regularization_rate").disabled = settings.regularization === "none";
    for (const [name, written] of Object.entries(WRITTEN)) {
      if (document.activeElement !== find(name)) find(name).value = settings[name];
      find(`${name}-value`).textContent = written(settings[name]);
    }
    const count = settings.layers.length;
    find("layer-count").textContent = count === 1 ? "1 hidden layer" : `${count} hidden layers`;
    find("layer-add").disabled = count >= this.choices.most_layers;
    find("layer-remove").disabled = count === 0;
  }

  #showNumber(select, value) {
    if (![...select.options].some((option) => Number(option.value) === value))
      select.append(element("option", { value, textContent: value }));
    select.value = value;
  }

  #buildSets() {
    const { problem } = this.settings;
    const onchange = ({ target }) => this.change({ dataset: target.value });
    const canvasOf = (name) => element("canvas", { data: { name }, aria: { hidden: true } });
    this.canvases = this.choices.dataset[problem].map(canvasOf);
    const labels = this.canvases.map((canvas) => {
      const { name } = canvas.dataset;
      const input = element("input", { type: "radio", name: "dataset", value: name, onchange });
      return element("label", { className: "set" }, input, canvas, nameOf(name));
    });
    find("dataset").replaceChildren(...labels);
    this.redraw();
  }

  redraw() {
    const { problem } = this.settings;
    const byClass = problem === "classification";
    for (const canvas of this.canvases) {
      const points = drawable(this.choices.previews[problem][canvas.dataset.name], byClass);
      drawSet(canvas, points, this.choices.extent, byClass);
    }
  }
}

// -- the address: after its "#" are the settings, so that it can be shared ------------------------------------------

export function toHash(settings) {
  return `#${Object.entries(settings)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&")
    .replaceAll("%2C", ",")}`;
}

// The settings in an address, each of the type of its default; the server checks them.
export function fromHash(hash, defaults) {
  const settings = { ...defaults };
  for (const [name, text] of new URLSearchParams(hash.slice(1))) {
    const kind = defaults[name];
    const entries = text === "" ? [] : text.split(",");
    if (Array.isArray(kind)) settings[name] = typeof kind[0] === "number" ? entries.map(Number) : entries;
    else settings[name] = typeof kind === "number" ? Number(text) : text;
  }
  return settings;
}
