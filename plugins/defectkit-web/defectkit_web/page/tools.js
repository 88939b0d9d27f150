// Tools: what a pointer or the keyboard draws on the image becomes points, and points an edit.

export const TOOLS = { v: "select", p: "polygon", e: "ellipse", l: "lasso", c: "cut", b: "bar" };
const NEEDED = { polygon: 3, lasso: 3, ellipse: 3, cut: 2, bar: 2 };
const HINTS = {
  polygon: "Polygon: click the corners; Enter or a double click finishes",
  ellipse: "Ellipse: drag along the long axis, then click its width",
  lasso: "Lasso: drag around the defect",
  cut: "Split: drag a line across the defect",
  bar: "Scale bar: drag from one end of the bar to the other",
};

export class Tools {
  constructor(view, { onFinish, onSelect, onChange }) {
    Object.assign(this, { view, onFinish, onSelect, onChange });
    this.tool = "select";
    this.points = [];
    this.pointer = null;
    this.cross = null;
    this.dragging = false;
    const viewer = view.viewer;
    viewer.addHandler("canvas-press", (event) => this.press(event));
    viewer.addHandler("canvas-drag", (event) => this.drag(event));
    viewer.addHandler("canvas-drag-end", (event) => { if (this.tool !== "select") event.preventDefaultAction = true; });
    viewer.addHandler("canvas-release", (event) => this.release(event));
    viewer.addHandler("canvas-click", (event) => this.click(event));
    viewer.addHandler("canvas-double-click", () => { if (this.tool === "polygon") this.finish(); });
    view.stage.addEventListener("pointermove", (event) => this.move(event));
  }

  get hint() { return HINTS[this.tool] ?? ""; }

  choose(tool) {
    this.tool = tool;
    this.cancel();
    this.onChange();
  }

  cancel() {
    this.points = [];
    this.pointer = null;
    this.cross = null;
    this.dragging = false;
    this.show();
  }

  press(event) {
    if (!this.view.image || this.tool === "select" || this.tool === "polygon") return;
    if (this.tool === "ellipse" && this.points.length === 2) return;
    this.points = [this.view.toImage(event.position)];
    this.dragging = true;
    this.cross = null;
  }

  drag(event) {
    if (this.tool === "select") return;
    event.preventDefaultAction = true;
    if (!this.dragging) return;
    const here = this.view.toImage(event.position);
    if (this.tool === "lasso" || this.tool === "cut") {
      const last = this.points.at(-1);
      if (Math.hypot(here[0] - last[0], here[1] - last[1]) * this.view.scale >= 1.5) this.points.push(here);
    } else {
      this.points[1] = here;
    }
    this.show();
  }

  release(event) {
    if (!this.dragging) return;
    this.dragging = false;
    const here = this.view.toImage(event.position), first = this.points[0];
    if (Math.hypot(here[0] - first[0], here[1] - first[1]) * this.view.scale < 3 && this.points.length < 3) { this.points = []; this.show(); return; }
    if (this.tool === "ellipse" || this.tool === "bar") this.points = [first, here];
    if (this.tool === "cut") this.points.push(here);
    if (this.tool !== "ellipse") this.finish();
    this.show();
  }

  click(event) {
    if (!this.view.image || !event.quick) return;
    const here = this.view.toImage(event.position);
    if (this.tool === "select") {
      this.onSelect(this.view.defects?.at(...here) ?? null, event.originalEvent.shiftKey);
    } else if (this.tool === "polygon") {
      this.points.push(here);
      this.show();
    } else if (this.tool === "ellipse" && this.points.length === 2 && !this.dragging) {
      this.points.push(here);
      this.finish();
    }
  }

  move(event) {
    if (!this.points.length || this.dragging || !this.view.image) return;
    const frame = this.view.stage.getBoundingClientRect();
    this.pointer = this.view.toImage({ x: event.clientX - frame.left, y: event.clientY - frame.top });
    this.show();
  }

  // A key on the image; returns whether it was one of a drawing tool.
  key(event) {
    if (this.tool === "select") return false;
    const step = (event.shiftKey ? 10 : 1) / Math.min(1, this.view.scale);
    const moves = { ArrowUp: [-step, 0], ArrowDown: [step, 0], ArrowLeft: [0, -step], ArrowRight: [0, step] };
    if (event.key in moves) {
      const [top, left, bottom, right] = this.view.box;
      const from = this.cross ?? [(top + bottom) / 2, (left + right) / 2];
      this.cross = [from[0] + moves[event.key][0], from[1] + moves[event.key][1]];
      if (this.cross[0] < top || this.cross[0] > bottom || this.cross[1] < left || this.cross[1] > right) this.view.centerOn(this.cross);
      this.show();
    } else if (event.key === "Enter") {
      if (!this.cross) { if (this.points.length >= NEEDED[this.tool]) this.finish(); return true; }
      this.points.push(this.cross);
      const full = this.tool === "ellipse" || this.tool === "bar";
      if (full && this.points.length === NEEDED[this.tool]) this.finish(); else this.show();
    } else if (event.key.toLowerCase() === "f") {
      this.finish();
    } else if (event.key === "Backspace") {
      this.points.pop();
      this.show();
    } else {
      return false;
    }
    return true;
  }

  finish() {
    const points = this.points.filter((p, k, all) => k === 0 || p[0] !== all[k - 1][0] || p[1] !== all[k - 1][1]);
    if (points.length < NEEDED[this.tool]) { this.cancel(); return; }
    const tool = this.tool, cross = this.cross;
    this.cancel();
    this.cross = cross;
    this.onFinish(tool, points);
    this.show();
  }

  show() {
    const loose = this.pointer && !this.dragging ? [this.pointer] : this.cross ? [this.cross] : [];
    let points = this.points.length ? [...this.points, ...loose] : [];
    let closed = this.tool === "polygon" || this.tool === "lasso";
    if (this.tool === "ellipse" && points.length === 3) { points = ellipsePoints(points); closed = true; }
    this.view.sketch = points.length || this.cross ? { points, closed, cross: this.cross, marks: this.points.length < 60 ? this.points : [] } : null;
    this.view.draw();
  }
}

// An ellipse by the two ends of its long axis and a point that says how wide it is.
export function ellipseOf([a, b, c]) {
  const center = [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];
  const along = [b[0] - a[0], b[1] - a[1]], length = Math.hypot(...along);
  const across = Math.abs((c[0] - center[0]) * along[1] - (c[1] - center[1]) * along[0]) / length;
  return { center, semi_axes: [length / 2, Math.max(across, 0.5)], angle_rad: Math.atan2(along[1], along[0]) };
}

function ellipsePoints(points) {
  const { center, semi_axes: [a, b], angle_rad: angle } = ellipseOf(points);
  const cos = Math.cos(angle), sin = Math.sin(angle);
  return Array.from({ length: 48 }, (_, k) => {
    const t = 2 * Math.PI * k / 48, r = a * Math.cos(t), c = b * Math.sin(t);
    return [center[0] + r * cos - c * sin, center[1] + r * sin + c * cos];
  });
}
