// Canvases whose pixels are those of the screen.

const font = `11px ${getComputedStyle(document.documentElement).fontFamily}`;

// Returns a context that measures in CSS pixels, and the size of the canvas in them.
export function prepared(canvas) {
  const scale = window.devicePixelRatio || 1;
  const { clientWidth: width, clientHeight: height } = canvas;
  const [columns, rows] = [Math.round(width * scale), Math.round(height * scale)];
  if (canvas.width !== columns || canvas.height !== rows) Object.assign(canvas, { width: columns, height: rows });
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = font;
  return { context, width, height };
}
