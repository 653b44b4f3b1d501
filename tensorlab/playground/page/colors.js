// The colours of the style sheet, for what is drawn on canvases.

export const MIDDLE = 127; // the level of zero; levels go from 0 to 254

let colors;
const listeners = [];

function rgb(name) {
  const text = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
}

const mixed = (from, to, part) => from.map((value, channel) => value + (to[channel] - value) * part);

function read() {
  const [negative, neutral, positive] = ["--negative", "--neutral", "--positive"].map(rgb);
  const table = new Uint32Array(2 * MIDDLE + 1); // colours of levels, in the order of an ImageData's bytes
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let level = 0; level < table.length; level++) {
    const part = (level - MIDDLE) / MIDDLE;
    bytes.set([...mixed(neutral, part < 0 ? negative : positive, Math.abs(part)), 255], 4 * level);
  }
  const named = (name) => `rgb(${rgb(name).join(" ")})`;
  return { table, ink: named("--ink"), soft: named("--soft"), line: named("--line"), outline: named("--outline") };
}

export const palette = () => (colors ??= read());

// The colour of a value from -1 to 1.
export function colorOf(value) {
  const level = Math.round(MIDDLE + MIDDLE * Math.max(-1, Math.min(1, value ?? 0)));
  return `rgb(${new Uint8ClampedArray(palette().table.buffer, 4 * level, 3).join(" ")})`;
}

export function whenColorsChange(listener) {
  listeners.push(listener);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  colors = undefined;
  listeners.forEach((listener) => listener());
});
