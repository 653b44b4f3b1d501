// What the page calls things, and how it writes numbers.

const NAMES = {
  classification: "Classification",
  regression: "Regression",
  circle: "Circle",
  xor: "XOR",
  gauss: "Gauss",
  spiral: "Spiral",
  moons: "Moons",
  checkerboard: "Squares",
  plane: "Plane",
  saddle: "Saddle",
  waves: "Waves",
  x1: "x₁",
  x2: "x₂",
  x1_squared: "x₁²",
  x2_squared: "x₂²",
  x1x2: "x₁x₂",
  sin_x1: "sin x₁",
  sin_x2: "sin x₂",
  tanh: "Tanh",
  relu: "ReLU",
  sigmoid: "Sigmoid",
  gelu: "GELU",
  linear: "Linear",
  sgd: "SGD",
  momentum: "Momentum",
  adagrad: "Adagrad",
  rmsprop: "RMSprop",
  adam: "Adam",
  none: "None",
  l1: "L1",
  l2: "L2",
};

export const nameOf = (value) => NAMES[value] ?? String(value);

export const percent = (part) => `${Math.round(100 * part)}%`;

// A number with three digits after the point, or fewer if it is large; a dash for what is not finite.
export function short(value, digits = 3) {
  if (value === null || value === undefined) return "–";
  const text = Math.abs(value) >= 1000 ? value.toExponential(1) : value.toFixed(Math.abs(value) >= 100 ? 1 : digits);
  return text.replace("-", "−");
}

export const counted = (count, noun) => `${count} ${noun}${count === 1 ? "" : "s"}`;

// The name of a unit: layers count from 0, and the last of `layers` is the output.
export function unitName(layer, unit, layers) {
  return layer === layers - 1 ? "Output" : `Hidden layer ${layer + 1}, unit ${unit + 1}`;
}
