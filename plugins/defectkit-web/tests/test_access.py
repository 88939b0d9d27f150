"""Whether people with a keyboard, a screen reader or little light can use the page: axe-core's rules, in a browser."""

from __future__ import annotations

from typing import Any

import pytest
from served import Server

SIZES = {"wide": {"width": 1400, "height": 900}, "narrow": {"width": 400, "height": 800}}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_violation(browser: Any, server: Server, scheme: str, size: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    context = browser.new_context(viewport=SIZES[size], color_scheme=scheme)
    page = context.new_page()
    page.goto(server.address)
    page.wait_for_selector('#stage[data-image="one"]')
    page.fill("#labels-source", "truth.json")
    page.click("#labels-start")
    page.wait_for_selector('#stage[data-defects="17"]')
    page.click("#labels-truth")
    page.locator("#comparison", has_text="17 hits").wait_for()
    for opened in ("", "#help-button"):
        if opened:
            page.click(opened)
        found = axe.Axe().run(page)
        faults = [f"{each['id']}: {node['target']}" for each in found.response["violations"] for node in each["nodes"]]
        assert faults == []
        passed = {each["id"] for each in found.response["passes"]}
        assert {"button-name", "color-contrast"} <= passed
    context.close()


def test_every_control_can_be_reached_and_has_a_name(browser: Any, server: Server) -> None:
    context = browser.new_context(viewport=SIZES["wide"])
    page = context.new_page()
    page.goto(server.address)
    page.wait_for_selector('#stage[data-image="one"]')
    wanted = page.evaluate(
        "[...document.querySelectorAll('main button, main input, main select, main a, header button, #tools button')]"
        ".filter(e => !e.disabled && e.offsetParent && !(e.type === 'radio' && !e.checked)).length"
    )
    names: set[str] = set()
    reached = 0
    for _ in range(3 * wanted):
        page.keyboard.press("Tab")
        where = page.evaluate(
            "(() => { const e = document.activeElement; if (e.dataset.seen || e === document.body) return null;"
            " e.dataset.seen = '1'; const name = (e.labels?.[0]?.textContent || e.ariaLabel || e.textContent).trim();"
            " return [e.tagName, name, getComputedStyle(e).outlineStyle]; })()"
        )
        if where is None:
            continue
        kind, name, outline = where
        assert name, kind
        names.add(name)
        reached += kind in ("BUTTON", "INPUT", "SELECT", "A")
        assert outline != "none" or name == "Add images", name
    assert reached >= wanted
    assert {"Polygon", "Undo", "Find in this image", "Save as a new version"} & names
    context.close()
