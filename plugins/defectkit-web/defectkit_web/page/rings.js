// Rings: outlines in pixels of the image, thinned for the screen, and asked whether they hold a point.

// Points of a ring along the edges of pixels, thinned so that none lies farther than the tolerance from the line.
export function thinned(ring, tolerance) {
  const n = ring.length / 2;
  if (tolerance === 0 || n <= 6) return ring;
  const kept = new Uint8Array(n);
  let far = 0, most = -1;
  for (let k = 1; k < n; k++) {
    const d = (ring[2 * k] - ring[0]) ** 2 + (ring[2 * k + 1] - ring[1]) ** 2;
    if (d > most) { most = d; far = k; }
  }
  kept[0] = kept[far] = 1;
  const todo = [[0, far], [far, n]];
  while (todo.length) {
    const [a, b] = todo.pop();
    const r0 = ring[2 * a], c0 = ring[2 * a + 1], r1 = ring[2 * (b % n)], c1 = ring[2 * (b % n) + 1];
    const dr = r1 - r0, dc = c1 - c0, length = Math.hypot(dr, dc) || 1;
    let worst = tolerance, at = -1;
    for (let k = a + 1; k < b; k++) {
      const d = Math.abs((ring[2 * k] - r0) * dc - (ring[2 * k + 1] - c0) * dr) / length;
      if (d > worst) { worst = d; at = k; }
    }
    if (at >= 0) { kept[at] = 1; todo.push([a, at], [at, b]); }
  }
  const out = [];
  for (let k = 0; k < n; k++) if (kept[k]) out.push(ring[2 * k], ring[2 * k + 1]);
  return out;
}

export function addTo(path, ring) {
  path.moveTo(ring[1], ring[0]);
  for (let k = 2; k < ring.length; k += 2) path.lineTo(ring[k + 1], ring[k]);
  path.closePath();
}

export function holds(rings, row, col) {
  let inside = false;
  for (const ring of rings) {
    const n = ring.length;
    for (let k = 0, j = n - 2; k < n; j = k, k += 2) {
      const r0 = ring[k], c0 = ring[k + 1], r1 = ring[j], c1 = ring[j + 1];
      if ((r0 > row) !== (r1 > row) && col < (c1 - c0) * (row - r0) / (r1 - r0) + c0) inside = !inside;
    }
  }
  return inside;
}
