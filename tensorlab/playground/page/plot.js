// Responses over the plane: small pictures of units, the large one, and the data sets to choose from.

import { prepared } from "./canvas.js";
import { MIDDLE, colorOf, palette } from "./colors.js";

const FINE = 256; // pixels of the large picture along each axis
const MARGIN = { left: 26, bottom: 18, top: 6, right: 8 };

// Points as they are drawn: with values from -1 to 1, also where they have classes, 0 and 1.
export const drawable = (points, byClass) => (byClass ? points.map(([x, y, label]) => [x, y, 2 * label - 1]) : points);

// Draws a response on a canvas of its own size; the browser scales it.
export function drawSmall(canvas, levels) {
  const side = Math.sqrt(levels.length);
  if (canvas.width !== side) Object.assign(canvas, { width: side, height: side });
  const image = new ImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  const { table } = palette();
  for (let at = 0; at < pixels.length; at++) pixels[at] = table[levels[at]];
  canvas.getContext("2d").putImageData(image, 0, 0);
}

// Returns a larger picture, interpolated; with `discretize` it has two colours.
function enlarged(levels, discretize) {
  const side = Math.sqrt(levels.length);
  const image = new ImageData(FINE, FINE);
  const pixels = new Uint32Array(image.data.buffer);
  const { table } = palette();
  const places = Array.from({ length: FINE }, (_, at) => {
    const place = Math.max(0, Math.min(side - 1, ((at + 0.5) * side) / FINE - 0.5));
    const first = Math.min(side - 2, Math.floor(place));
    return [first, place - first];
  });
  for (let y = 0; y < FINE; y++) {
    const [row, down] = places[y];
    for (let x = 0; x < FINE; x++) {
      const [column, right] = places[x];
      const at = row * side + column;
      const upper = levels[at] * (1 - right) + levels[at + 1] * right;
      const lower = levels[at + side] * (1 - right) + levels[at + side + 1] * right;
      const level = upper * (1 - down) + lower * down;
      pixels[y * FINE + x] = table[discretize ? (level > MIDDLE ? 2 * MIDDLE : 0) : Math.round(level)];
    }
  }
  return image;
}

const buffer = document.createElement("canvas");
Object.assign(buffer, { width: FINE, height: FINE });

// Draws a response with axes and points. `groups` are [points, outline] pairs; a point is [x, y, value from -1 to 1].
export function drawLarge(canvas, levels, groups, { extent, discretize, byClass }) {
  const { context, width, height } = prepared(canvas);
  const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
  const toX = (x) => MARGIN.left + (w * (x + extent)) / (2 * extent);
  const toY = (y) => MARGIN.top + (h * (extent - y)) / (2 * extent);
  buffer.getContext("2d").putImageData(enlarged(levels, discretize), 0, 0);
  context.imageSmoothingQuality = "high";
  context.save();
  context.beginPath();
  context.roundRect(MARGIN.left, MARGIN.top, w, h, 8);
  context.clip();
  context.globalAlpha = 0.85; // lighter than the points
  context.drawImage(buffer, MARGIN.left, MARGIN.top, w, h);
  context.globalAlpha = 1;
  for (const [points, outline] of groups) {
    for (const [x, y, value] of points) drawPoint(context, toX(x), toY(y), value, byClass, outline);
  }
  context.restore();
  drawTicks(context, extent, toX, toY, height);
}

function drawTicks(context, extent, toX, toY, height) {
  context.fillStyle = palette().soft;
  const step = extent / 2;
  for (let value = -extent; value <= extent; value += step) {
    const text = String(value).replace("-", "−");
    context.textAlign = "right";
    context.textBaseline = "middle";
    context.fillText(text, MARGIN.left - 6, Math.min(toY(value), toY(-extent) - 5));
    context.textAlign = value === extent ? "right" : "center";
    context.textBaseline = "bottom";
    context.fillText(text, toX(value) + (value === extent ? 3 : 0), height - 1);
  }
}

// Points of the two classes differ in shape as well as in colour.
function drawPoint(context, x, y, value, byClass, outline, radius = 3.4) {
  context.beginPath();
  if (byClass && value < 0) {
    const side = 1.6 * radius;
    context.rect(x - side / 2, y - side / 2, side, side);
  } else {
    context.arc(x, y, radius, 0, 2 * Math.PI);
  }
  context.fillStyle = colorOf(value);
  context.fill();
  context.lineWidth = 1;
  context.strokeStyle = outline;
  context.stroke();
}

// Draws a data set to choose from.
export function drawSet(canvas, points, extent, byClass) {
  const { context, width, height } = prepared(canvas);
  for (const [x, y, value] of points) {
    const [left, top] = [(width * (x + extent)) / (2 * extent), (height * (extent - y)) / (2 * extent)];
    context.fillStyle = colorOf(value);
    context.beginPath();
    if (byClass && value < 0) context.rect(left - 1.4, top - 1.4, 2.8, 2.8);
    else context.arc(left, top, 1.6, 0, 2 * Math.PI);
    context.fill();
  }
}
