// The losses of all epochs.

import { prepared } from "./canvas.js";
import { palette } from "./colors.js";
import { short } from "./labels.js";

const MARGIN = { left: 40, right: 4, top: 6, bottom: 17 };
const MOST = 1200; // epochs that are kept: beyond, every other one is forgotten

export class LossChart {
  constructor(canvas) {
    this.canvas = canvas;
    this.clear();
  }

  clear() {
    this.rows = []; // [epoch, training loss, test loss], with null for what is not finite
    this.every = 1; // epochs from one row to the next
    this.end = undefined; // the last epoch, whether it is kept or not
  }

  add(rows) {
    for (const row of rows) {
      this.end = row;
      if (row[0] % this.every === 0) this.rows.push(row);
      if (this.rows.length > MOST) {
        this.every *= 2;
        this.rows = this.rows.filter(([epoch]) => epoch % this.every === 0);
      }
    }
  }

  draw() {
    const { context, width, height } = prepared(this.canvas);
    const rows = this.end && this.end !== this.rows.at(-1) ? [...this.rows, this.end] : this.rows;
    const highest = rounded(rows.reduce((most, row) => Math.max(most, row[1] ?? 0, row[2] ?? 0), 1e-6));
    const last = Math.max(10, this.end?.[0] ?? 0);
    const [w, h] = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
    const toX = (epoch) => MARGIN.left + (w * epoch) / last;
    const toY = (loss) => MARGIN.top + h * (1 - loss / highest);
    this.#drawAxes(context, highest, last, toX, toY, height);
    const { ink, soft } = palette();
    drawLine(context, rows, 1, toX, toY, soft, [2, 2]);
    drawLine(context, rows, 2, toX, toY, ink, []);
  }

  #drawAxes(context, highest, last, toX, toY, height) {
    const { line, soft } = palette();
    context.strokeStyle = line;
    context.lineWidth = 1;
    context.fillStyle = soft;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const loss of [0, highest / 2, highest]) {
      const y = Math.round(toY(loss)) + 0.5;
      context.beginPath();
      context.moveTo(toX(0), y);
      context.lineTo(toX(last), y);
      context.stroke();
      context.fillText(short(loss, highest < 0.1 ? 3 : 2), MARGIN.left - 6, y);
    }
    context.textBaseline = "bottom";
    context.textAlign = "left";
    context.fillText("0", toX(0), height);
    context.textAlign = "right";
    context.fillText(`epoch ${last.toLocaleString("en")}`, toX(last), height);
  }
}

// The smallest of 1, 1.5, 2, 3, 4, 6, 8, 10, ... times a power of ten that is not below a value.
function rounded(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * [1, 1.5, 2, 3, 4, 6, 8, 10].find((step) => step * power >= value * 0.9999);
}

function drawLine(context, rows, column, toX, toY, color, dashes) {
  context.strokeStyle = color;
  context.lineWidth = 1.75;
  context.lineJoin = "round";
  context.setLineDash(dashes);
  context.beginPath();
  for (const row of rows) if (row[column] !== null) context.lineTo(toX(row[0]), toY(row[column]));
  context.stroke();
  context.setLineDash([]);
}
