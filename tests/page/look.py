#!/usr/bin/env python3
"""Opens report.html in headless Chromium: does everything work, and how does it look?

    tests/page/look.py REPORT.html [--chromium PATH] [--shots DIR] [--axe axe.min.js]

Filters, sorts, copies, follows a link to a failure, and looks for errors on the console, at 1280 and at 380 pixels;
nothing may be wider than the page. With --shots, pictures of the page go to DIR: on a desk, dark, 380 pixels wide, and
as it is printed. With --axe, the script of axe-core looks for what keeps people from using the page, light and dark.

Only the standard library of Python is needed. Where there is no Chromium it says so and ends with 77, which CI takes for
"skipped"; 0 if all is well, 1 if something is not.
"""

import argparse
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]

DARK = "--blink-settings=preferredColorScheme=0"

# Runs in the page; what it finds goes into the document, which Chromium prints.
PROBE = """
<script>
addEventListener("load", () => setTimeout(async () => {
  const found = {};
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const cards = all(".failure");
  const shown = () => cards.filter((card) => !card.hidden).length;
  found.cards = cards.length;
  found.wider = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  found.small = all("button, summary, #filter input").filter((target) => {
    const box = target.getBoundingClientRect();
    return box.height > 0 && box.height < 18;
  }).length;

  const form = document.getElementById("filter");
  if (form) {
    found.visible = !form.hidden;
    const set = (name, value) => {
      form.elements[name].value = value;
      form.dispatchEvent(new Event("input", { bubbles: true }));
    };
    set("words", "no such words anywhere");
    found.none = shown();
    found.told = document.getElementById("count").textContent;
    const word = cards[0].dataset.words.split(" ")[0];
    set("words", word.toUpperCase());
    found.some = shown();
    set("words", "no such words anywhere");
    location.hash = cards[cards.length - 1].id;
    await new Promise((resolve) => setTimeout(resolve, 200));
    found.followed = !cards[cards.length - 1].hidden && document.activeElement === cards[cards.length - 1];
    found.again = shown();

    const button = cards[0].querySelector("button");
    button.click();
    for (let turn = 0; turn < 20 && button.textContent === "Copy"; turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    found.copied = button.textContent;
  }

  const table = document.querySelector("table.sortable");
  if (table) {
    const column = Array.from(table.tHead.rows[0].cells).findIndex((head) => head.textContent === "lists");
    if (column >= 0) {
      const read = () => Array.from(table.tBodies[0].rows, (row) => Number(row.cells[column].textContent.replace(/,/g, "")));
      table.tHead.rows[0].cells[column].querySelector("button").click();
      const down = read();
      table.tHead.rows[0].cells[column].querySelector("button").click();
      const up = read();
      found.sorted = down.every((value, i) => i === 0 || down[i - 1] >= value)
        && up.every((value, i) => i === 0 || up[i - 1] <= value);
    }
  }

  const result = document.createElement("pre");
  result.id = "found";
  result.textContent = JSON.stringify(found);
  parent.document.body.append(result);
}, 100));
</script>
"""


def chromium(named):
    for name in [named] if named else NAMES:
        path = shutil.which(name)
        if path:
            return path
    print("skipped: no Chromium found (looked for " + ", ".join([named] if named else NAMES) + ")")
    sys.exit(77)


def run(browser, arguments):
    fixed = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    with tempfile.TemporaryDirectory() as profile:
        return subprocess.run(
            [browser, *fixed, f"--user-data-dir={profile}", *arguments],
            capture_output=True,
            text=True,
            timeout=120,
        )


def probe(browser, page, width):
    with tempfile.TemporaryDirectory() as folder:
        inner = pathlib.Path(folder) / "page.html"
        text = page.replace("</body>", PROBE + "</body>")
        # Chromium's windows are no narrower than 500 pixels: a frame is.
        if width < 500:
            text = f'<body style="margin:0"><iframe width="{width}" height="900" srcdoc="{html.escape(text)}"></iframe></body>'
        inner.write_text(text, encoding="utf-8")
        arguments = [f"--window-size={width},900", "--virtual-time-budget=4000", "--enable-logging=stderr", "--dump-dom"]
        done = run(browser, [*arguments, inner.as_uri()])
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.S)
    found = json.loads(html.unescape(match.group(1))) if match else None
    console = [line for line in done.stderr.splitlines() if ":CONSOLE" in line]
    return found, console


def problems(found, console, width):
    wrong = [f"the console says {line}" for line in console]
    if found is None:
        return [*wrong, "the page did not get as far as its end"]
    if found["wider"] > 0:
        wrong.append(f"the page is {found['wider']} pixels wider than {width}")
    if found["small"]:
        wrong.append(f"{found['small']} buttons are too small to touch")
    if found["cards"]:
        expected = {"visible": True, "none": 0, "followed": True, "again": found["cards"]}
        wrong += [f"{key}: {found.get(key)}, expected {value}" for key, value in expected.items() if found.get(key) != value]
        if not 1 <= found["some"] <= found["cards"]:
            wrong.append(f"the filter finds {found['some']} cards")
        if found["copied"] not in ["Copied", "Selected"]:
            wrong.append(f"the copy button says {found['copied']}")
    if found.get("sorted") is False:
        wrong.append("the table is not sorted")
    return wrong


AXE = """
<script>
addEventListener("load", () => axe.run().then((found) => {
  const result = document.createElement("pre");
  result.id = "axe";
  result.textContent = JSON.stringify(found.violations.map((one) => `${one.impact}: ${one.id} in ${one.nodes[0].html.slice(0, 200)}`));
  document.body.append(result);
}));
</script>
"""


def accessibility(browser, page, script):
    script = script.read_text(encoding="utf-8").replace("</script", "<\\/script")
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        inner = pathlib.Path(folder) / "page.html"
        inner.write_text(page.replace("</body>", f"<script>{script}</script>{AXE}</body>"), encoding="utf-8")
        for name, more in [("light", []), ("dark", [DARK])]:
            done = run(browser, ["--window-size=1280,900", "--virtual-time-budget=60000", *more, "--dump-dom", inner.as_uri()])
            match = re.search(r'<pre id="axe">(.*?)</pre>', done.stdout, re.S)
            found = json.loads(html.unescape(match.group(1))) if match else ["axe did not end"]
            wrong += [f"{name}: {one}" for one in found]
    return wrong


def shots(browser, page, folder):
    folder.mkdir(parents=True, exist_ok=True)
    uri = page.resolve().as_uri()
    frame = folder / "frame.html"
    frame.write_text(f'<body style="margin:0"><iframe src="{uri}" width="380" height="6000" style="border:0"></iframe>')
    for name, size, more, source in [
        ("desk", "1280,4000", [], uri),
        ("dark", "1280,4000", [DARK], uri),
        ("narrow", "500,6000", [], frame.resolve().as_uri()),
    ]:
        run(browser, [f"--window-size={size}", *more, f"--screenshot={folder / name}.png", source])
    run(browser, [f"--print-to-pdf={folder / 'print.pdf'}", "--no-pdf-header-footer", uri])
    frame.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--chromium")
    parser.add_argument("--shots", type=pathlib.Path)
    parser.add_argument("--axe", type=pathlib.Path)
    arguments = parser.parse_args()
    browser = chromium(arguments.chromium)
    page = arguments.page.read_text(encoding="utf-8")

    wrong = []
    for width in [1280, 380]:
        found, console = probe(browser, page, width)
        print(f"{width} pixels: {json.dumps(found)}")
        wrong += [f"at {width} pixels, {problem}" for problem in problems(found, console, width)]
    if arguments.axe:
        wrong += accessibility(browser, page, arguments.axe)
    if arguments.shots:
        shots(browser, arguments.page, arguments.shots)

    for problem in wrong:
        print("FAIL  " + problem)
    print("all is well" if not wrong else f"{len(wrong)} problems")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
