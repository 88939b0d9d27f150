// View: OpenSeadragon shows the image in tiles; a canvas above it shows the outlines.
// Outlines are drawn once into a layer that is larger than the window, and the layer is moved and scaled with the image;
// it is drawn anew when the movement ends, or leaves it.

const HALO = "rgba(0, 0, 0, 0.75)";
const MARGIN = 0.25; // of the window, that the layer reaches beyond it on each side
const MOST_STRETCH = 3; // how far the layer is scaled before it is drawn anew

export class View {
  constructor(stage, layer) {
    this.stage = stage;
    this.canvas = layer;
    this.context = layer.getContext("2d");
    this.layer = { canvas: document.createElement("canvas"), box: null, scale: 0 };
    this.moving = false;
    this.image = null;
    this.defects = null;
    this.preview = null;
    this.misses = [];
    this.selected = new Set();
    this.styles = new Map();
    this.sketch = null;
    this.showOutlines = true;
    this.viewer = OpenSeadragon({
      element: document.getElementById("viewer"),
      drawer: "canvas",
      showNavigationControl: false,
      animationTime: 0.25,
      maxZoomPixelRatio: 16,
      minZoomImageRatio: 0.8,
      visibilityRatio: 0.3,
      imageSmoothingEnabled: true,
      gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: false },
      gestureSettingsTouch: { clickToZoom: false, dblClickToZoom: false },
      tabIndex: -1,
      zoomPerScroll: 1.25,
    });
    this.viewer.innerTracker.keyDownHandler = null;
    this.viewer.innerTracker.keyHandler = null;
    this.viewer.canvas.removeAttribute("tabindex");
    this.viewer.addHandler("animation-start", () => { this.moving = true; });
    this.viewer.addHandler("animation-finish", () => { this.moving = false; this.draw(); });
    for (const name of ["update-viewport", "open"]) this.viewer.addHandler(name, () => this.draw());
    new ResizeObserver(() => this.redraw()).observe(stage);
  }

  open(key, image) {
    this.image = image;
    const top = image.levels - 1;
    return new Promise((resolve) => {
      this.viewer.addOnceHandler("open", resolve);
      this.viewer.open({
        width: image.width, height: image.height, tileSize: image.tile, tileOverlap: 0, minLevel: 0, maxLevel: top,
        getTileUrl: (level, x, y) => `/api/images/${key}/tiles/${level}/${x}_${y}.png`,
      });
    });
  }

  close() { this.image = null; this.defects = null; this.viewer.close(); this.draw(); }

  get scale() { return this.viewer.viewport.getContainerSize().x / (this.viewer.viewport.getBoundsNoRotate(true).width * this.image.width); }

  // Top, left, bottom, right of what is visible, in pixels of the image.
  get box() {
    const { x, y, width, height } = this.viewer.viewport.getBoundsNoRotate(true);
    const w = this.image.width;
    return [y * w, x * w, (y + height) * w, (x + width) * w];
  }

  toImage(point) {
    const [top, left] = this.box;
    return [top + point.y / this.scale, left + point.x / this.scale];
  }

  centerOn([row, col]) { this.viewer.viewport.panTo(new OpenSeadragon.Point(col / this.image.width, row / this.image.width)); }
  zoomBy(factor) { this.viewer.viewport.zoomBy(factor); this.viewer.viewport.applyConstraints(); }
  panBy(dx, dy) { this.viewer.viewport.panBy(this.viewer.viewport.deltaPointsFromPixels(new OpenSeadragon.Point(dx, dy))); this.viewer.viewport.applyConstraints(); }
  showAll() { this.viewer.viewport.goHome(); }

  // Draw all anew: to be called when defects, their groups or their colors changed.
  redraw() {
    this.layer.box = null;
    this.draw();
  }

  draw() {
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.stage.clientWidth * ratio), height = Math.round(this.stage.clientHeight * ratio);
    if (this.canvas.width !== width || this.canvas.height !== height) { this.canvas.width = width; this.canvas.height = height; }
    const context = this.context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    if (!this.image || !this.viewer.isOpen()) return;
    const scale = this.scale * ratio, box = this.box, px = ratio / scale;
    context.setTransform(scale, 0, 0, scale, -box[1] * scale, -box[0] * scale);
    context.lineJoin = "round";
    if (this.showOutlines && this.defects) {
      if (!this.layerHolds(box, scale)) this.drawLayer(box, scale, ratio);
      const [top, left, bottom, right] = this.layer.box;
      context.drawImage(this.layer.canvas, left, top, right - left, bottom - top);
    }
    if (this.preview) this.drawPreview(px);
    if (this.defects) this.drawShapes(context, [...this.selected].map((id) => this.defects.byId.get(id)).filter(Boolean), "#ffffff", px, [], 3);
    if (this.sketch) this.drawSketch(px);
  }

  layerHolds(box, scale) {
    const layer = this.layer;
    if (!layer.box) return false;
    const holds = layer.box[0] <= box[0] && layer.box[1] <= box[1] && layer.box[2] >= box[2] && layer.box[3] >= box[3];
    const whole = layer.box[0] <= 0 && layer.box[1] <= 0 && layer.box[2] >= this.image.height && layer.box[3] >= this.image.width;
    const stretch = Math.max(scale / layer.scale, layer.scale / scale);
    return (holds || whole) && stretch < (this.moving ? MOST_STRETCH : 1 + 1e-6);
  }

  drawLayer(box, scale, ratio) {
    const dy = (box[2] - box[0]) * MARGIN, dx = (box[3] - box[1]) * MARGIN, px = ratio / scale;
    const canvas = this.layer.canvas;
    const width = Math.ceil((box[3] - box[1] + 2 * dx) * scale), height = Math.ceil((box[2] - box[0] + 2 * dy) * scale);
    const top = box[0] - dy, left = box[1] - dx, reach = [top, left, top + height / scale, left + width / scale];
    if (canvas.width !== width || canvas.height !== height) { canvas.width = width; canvas.height = height; }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, width, height);
    context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
    context.lineJoin = "bevel";
    const cells = [...this.defects.visible(reach)].map((cell) => this.defects.paths(cell, scale / ratio));
    const thin = scale / ratio < 0.35 ? 0.7 : 1;
    context.strokeStyle = HALO;
    context.lineWidth = 4 * thin * px;
    for (const groups of cells) for (const path of groups.values()) context.stroke(path);
    context.lineWidth = 2 * thin * px;
    for (const groups of cells) for (const [group, path] of groups) {
      const style = this.styles.get(group) ?? { color: "#2ca02c", dash: [] };
      context.strokeStyle = style.color;
      context.setLineDash(style.dash.map((d) => d * px));
      context.stroke(path);
    }
    context.setLineDash([]);
    this.drawShapes(context, this.misses, "#56b4e9", px, [2, 3]);
    this.layer.box = reach;
    this.layer.scale = scale;
  }

  drawShapes(context, shapes, color, px, dash, width = 2) {
    for (const [style, w, d] of [[HALO, width + 2, []], [color, width, dash]]) {
      context.strokeStyle = style;
      context.lineWidth = w * px;
      context.setLineDash(d.map((v) => v * px * 2));
      for (const shape of shapes) for (const ring of shape.rings) { context.beginPath(); trace(context, ring); context.closePath(); context.stroke(); }
    }
    context.setLineDash([]);
  }

  drawPreview(px) {
    const [top, left, bottom, right] = this.preview.box;
    const context = this.context;
    context.save();
    context.strokeStyle = "#ffffff";
    context.setLineDash([6 * px, 6 * px]);
    context.lineWidth = px;
    context.strokeRect(left, top, right - left, bottom - top);
    context.translate(left, top);
    this.drawShapes(context, this.preview.defects, "#ff5cff", px, [3, 2]);
    context.restore();
  }

  drawSketch(px) {
    const context = this.context;
    const { points, closed, cross } = this.sketch;
    for (const [style, w] of [[HALO, 4], ["#ffffff", 1.5]]) {
      context.strokeStyle = style;
      context.lineWidth = w * px;
      if (points.length > 1) { context.beginPath(); trace(context, points.flat()); if (closed) context.closePath(); context.stroke(); }
      for (const [row, col] of this.sketch.marks ?? []) { context.beginPath(); context.arc(col, row, 3 * px, 0, 7); context.stroke(); }
      if (cross) {
        context.beginPath();
        context.moveTo(cross[1] - 10 * px, cross[0]); context.lineTo(cross[1] + 10 * px, cross[0]);
        context.moveTo(cross[1], cross[0] - 10 * px); context.lineTo(cross[1], cross[0] + 10 * px);
        context.stroke();
      }
    }
  }
}

function trace(context, ring) {
  context.moveTo(ring[1], ring[0]);
  for (let k = 2; k < ring.length; k += 2) context.lineTo(ring[k + 1], ring[k]);
}
