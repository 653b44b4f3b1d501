// The weights of one unit, to read and to edit.

import { element, find } from "./dom.js";
import { nameOf, unitName } from "./labels.js";

export class Inspector {
  // `on` has the functions `set(layer, unit, source or null, value)` and `mark(layer, unit)`, or `mark()` for none.
  constructor(on) {
    this.on = on;
    this.form = find("inspector");
    this.title = find("inspector-title");
    this.numbers = find("inspector-numbers");
    find("inspector-close").addEventListener("click", () => this.close(true));
    this.form.addEventListener("submit", (event) => event.preventDefault());
    this.form.addEventListener("keydown", (event) => event.key === "Escape" && this.close(true));
  }

  // Opens the unit, or closes it if it is open; `source` is the weight to begin with.
  toggle(layer, unit, source, settings, state) {
    if (this.isAt(layer, unit) && source === undefined) return this.close();
    this.place = { layer, unit };
    const before = layer === 0 ? settings.features.map(nameOf) : this.#unitsBefore(layer, settings);
    this.inputs = [this.#input("Bias", null), ...before.map((name, number) => this.#input(`From ${name}`, number))];
    this.title.textContent = unitName(layer, unit, settings.layers.length + 1);
    this.numbers.replaceChildren(...this.inputs.map(({ label }) => label));
    this.form.hidden = false;
    this.on.mark(layer, unit);
    this.update(state);
    if (source !== undefined) this.inputs[source + 1].field.focus();
  }

  isAt(layer, unit) {
    return !this.form.hidden && this.place.layer === layer && this.place.unit === unit;
  }

  close(focus = false) {
    if (this.form.hidden) return;
    this.form.hidden = true;
    this.on.mark();
    const { layer, unit } = this.place;
    if (focus) document.querySelector(`[data-key="unit-${layer}-${unit}"]`)?.focus({ preventScroll: true });
  }

  #unitsBefore(layer, settings) {
    return Array.from({ length: settings.layers[layer - 1] }, (_, unit) => `unit ${unit + 1}`);
  }

  #input(text, source) {
    const field = element("input", { type: "number", step: "0.1", required: true });
    field.addEventListener("change", () => {
      const { layer, unit } = this.place;
      if (field.validity.valueMissing || field.validity.badInput) return;
      this.on.set(layer, unit, source, field.valueAsNumber);
    });
    return { field, source, label: element("label", {}, element("span", { textContent: text }), field) };
  }

  // Shows a state of the training, but leaves the number that is being typed.
  update(state) {
    if (this.form.hidden) return;
    const { layer, unit } = this.place;
    for (const { field, source } of this.inputs) {
      const value = source === null ? state.biases[layer][unit] : state.weights[layer][unit][source];
      if (field !== document.activeElement) field.value = value === null ? "" : value.toFixed(3);
    }
  }
}
