// Defects: the outlines of one image in cells of the plane, so that only what is visible is drawn.
import { addTo, holds, thinned } from "./rings.js";

const CELL = 512;
const TOLERANCES = [0, 0.8, 2.5]; // pixels of the image

export class Defects {
  constructor(shapes = []) {
    this.byId = new Map();
    this.cells = new Map();
    this.groupOf = (shape) => shape.type;
    this.add(shapes);
  }

  get size() { return this.byId.size; }

  add(shapes) {
    for (const shape of shapes) {
      this.remove([shape.id]);
      this.byId.set(shape.id, shape);
      const [top, left, bottom, right] = shape.box;
      const key = `${Math.floor((top + bottom) / 2 / CELL)} ${Math.floor((left + right) / 2 / CELL)}`;
      if (!this.cells.has(key)) this.cells.set(key, { shapes: new Map(), box: [Infinity, Infinity, -Infinity, -Infinity], paths: [] });
      const cell = this.cells.get(key);
      cell.shapes.set(shape.id, shape);
      cell.paths = [];
      cell.box = [Math.min(cell.box[0], top), Math.min(cell.box[1], left), Math.max(cell.box[2], bottom), Math.max(cell.box[3], right)];
      shape.cell = key;
    }
  }

  remove(ids) {
    for (const id of ids) {
      const shape = this.byId.get(id);
      if (!shape) continue;
      const cell = this.cells.get(shape.cell);
      cell.shapes.delete(id);
      cell.paths = [];
      this.byId.delete(id);
    }
  }

  regroup(groupOf) {
    this.groupOf = groupOf;
    for (const cell of this.cells.values()) cell.paths = [];
  }

  *visible(box) {
    for (const cell of this.cells.values()) {
      const [top, left, bottom, right] = cell.box;
      if (cell.shapes.size && bottom >= box[0] && right >= box[1] && top <= box[2] && left <= box[3]) yield cell;
    }
  }

  // Paths of a cell by group, at the detail that a scale (pixels of the screen per pixel of the image) needs.
  paths(cell, scale) {
    const detail = scale >= 2.5 ? 0 : scale >= 0.6 ? 1 : 2;
    if (!cell.paths[detail]) {
      const groups = new Map();
      for (const shape of cell.shapes.values()) {
        const group = this.groupOf(shape);
        if (!groups.has(group)) groups.set(group, new Path2D());
        for (const ring of shape.rings) addTo(groups.get(group), thinned(ring, TOLERANCES[detail]));
      }
      cell.paths[detail] = groups;
    }
    return cell.paths[detail];
  }

  // The smallest defect at a place, or null.
  at(row, col) {
    let found = null;
    for (const cell of this.visible([row, col, row, col])) {
      for (const shape of cell.shapes.values()) {
        const [top, left, bottom, right] = shape.box;
        if (row < top || row > bottom || col < left || col > right || (found && shape.area >= found.area)) continue;
        if (holds(shape.rings, row, col)) found = shape;
      }
    }
    return found;
  }

  // All defects from the top down.
  inOrder() {
    return [...this.byId.values()].sort((a, b) => a.box[0] - b.box[0] || a.box[1] - b.box[1] || a.id - b.id);
  }
}
