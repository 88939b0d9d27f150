"""Measure how smoothly the page moves: `python frame_times.py`, with 4096 x 4096 pixels and 3,000 outlines."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from served import Server, chromium

from defectkit import Image, Instances, write_labels
from defectkit.geometry.drawing import ellipse_ring

SIDE, N_DEFECTS, SEED = 4096, 3000, 0
MOVE = """
async ([dx, dy, factor, n]) => {
  const { view } = window.defectkit, drawn = [], frames = [];
  const draw = view.draw.bind(view);
  view.draw = () => {
    const begun = performance.now();
    draw();
    view.context.getImageData(0, 0, 1, 1);  // waits until it is drawn
    drawn.push(performance.now() - begun);
  };
  let last = performance.now();
  for (let k = 0; k < n; k++) {
    const back = k % 40 < 20 ? 1 : -1;
    if (dx || dy) view.panBy(dx * back, dy * back);
    if (factor !== 1) view.zoomBy(back > 0 ? factor : 1 / factor);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  view.draw = draw;
  return [frames.slice(3), drawn];
}
"""


def scene(folder: Path) -> None:
    """Write an image of 16 bits, and labels of ellipses of 8 to 60 pixels."""
    draw = np.random.default_rng(SEED)
    pixels = draw.normal(30000, 3000, (SIDE, SIDE)).clip(0, 65535).astype(np.uint16)
    tifffile.imwrite(folder / "large.tif", pixels)
    centers, axes = draw.uniform(40, SIDE - 40, (N_DEFECTS, 2)), draw.uniform(4, 30, (N_DEFECTS, 2))
    angles, kinds = draw.uniform(0, np.pi, N_DEFECTS), draw.choice(["bdot", "loop_111", "loop_100"], N_DEFECTS)
    rings = [ellipse_ring(c, a, float(t)) for c, a, t in zip(centers, axes, angles, strict=True)]
    labels = Instances.from_polygons(rings, types=kinds.tolist(), shape=(SIDE, SIDE))
    image = Image.from_array("large", pixels)
    write_labels({"large": labels}, folder / "labels.json", format="coco", images=[image])


def row(name: str, values: list[float]) -> str:
    """Return the median, 95th percentile and largest of times in ms."""
    return f"{name:<32}" + "".join(f"{v:8.1f}" for v in (*np.percentile(values, (50, 95)), max(values)))


def measure(page: Any) -> None:
    """Print the table."""
    print(f"{'ms':<32}{'median':>8}{'95 %':>8}{'most':>8}")
    steps = {
        "all visible, panning": (8, 5, 1.0),
        "all visible, zooming": (0, 0, 1.06),
        "at one to one, panning": (12, 8, 1.0),
    }
    for name, (dx, dy, factor) in steps.items():
        page.evaluate("window.defectkit.view.viewer.viewport.goHome(true)")
        if name.startswith("at one"):
            page.evaluate(
                "(() => { const port = window.defectkit.view.viewer.viewport;"
                " port.zoomTo(port.imageToViewportZoom(1), null, true); })()"
            )
        page.wait_for_timeout(2500)
        frames, drawn = page.evaluate(MOVE, [dx, dy, factor, 120])
        print(row(f"{name}, frames", frames))
        print(row(f"{name}, outlines", drawn))


def main() -> None:
    """Serve the scene, open it and move."""
    from playwright.sync_api import sync_playwright

    program = chromium()
    if program is None:
        sys.exit("there is no chromium: apt-get install chromium, or name it by DEFECTKIT_CHROMIUM")
    with tempfile.TemporaryDirectory(prefix="defectkit-frames-") as name, sync_playwright() as driver:
        folder = Path(name)
        scene(folder)
        server = Server(folder)
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        try:
            page = browser.new_page(viewport={"width": 1400, "height": 900})
            page.goto(server.address)
            page.wait_for_selector('#stage[data-image="large"]', timeout=120_000)
            page.fill("#labels-source", "labels.json")
            page.click("#labels-start")
            page.wait_for_selector(f'#stage[data-defects="{N_DEFECTS}"]', timeout=120_000)
            page.wait_for_timeout(3000)
            measure(page)
        finally:
            browser.close()
            server.end()


if __name__ == "__main__":
    main()
