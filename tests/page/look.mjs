// Opens every page in headless Chromium: does all of it work, for everybody, and fast enough?
//
//     node tests/page/look.mjs [--program PATH] [--shots DIR] [--keep DIR]
//
// Filters, sorts, copies, follows a link to a failure; looks for errors on the console and for
// requests that leave the file; at 1280 and 380 pixels, light, dark and in print, where nothing may
// be wider than the page, and axe-core must find nothing. With --shots, pictures go to DIR; with
// --keep, the pages stay in DIR. Ends with 1 if something is not as it should be, and with 77, which
// CI takes for "skipped", where there is no Chromium.

import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

import {
  LOOKS,
  barriers,
  cut,
  executable,
  interactive,
  open,
  overflow,
  size,
  withBrowser,
  withFolder,
} from "./browser.mjs";
import { makePages } from "./make.mjs";

/** A page of more bytes is slow to send and to open. */
const MOST_BYTES = 2_000_000;

/** A page takes no longer than this until it can be used, in milliseconds. */
const MOST_WAITING = 1_000;

/** All files of a report folder are written in so many seconds. */
const MOST_WRITING = 2;

const { values: options } = parseArgs({
  options: {
    program: { type: "string", default: "target/release/robustness-check" },
    shots: { type: "string" },
    keep: { type: "string" },
  },
});

const wrong = [];
const expect = (holds, problem) => {
  if (!holds) {
    wrong.push(problem);
  }
};

if (!executable()) {
  console.log("skipped: no Chromium found; Debian's package is called chromium");
  process.exit(77);
}

const look = async (folder) => {
  const pages = makePages(resolve(options.program), folder);
  await withBrowser(async (browser) => {
    for (const made of pages) {
      const found = [];
      await everyLook(browser, made, found);
      await printed(browser, made, found);
      await used(browser, made, found);
      const facts = [`${Math.round(size(made.file) / 1000)} kB`, `${found.length} problems`];
      if (made.seconds !== undefined) {
        facts.push(`all files written in ${made.seconds.toFixed(2)} s`);
      }
      facts.push(`used after ${Math.round(made.waited)} ms`);
      console.log(`${made.name}: ${facts.join(", ")}`);
      wrong.push(...found.map((problem) => `${made.name}: ${problem}`));
    }
  });
};

/** Whether nothing is broken, too wide, or in anybody's way, however the page is looked at. */
async function everyLook(browser, made, found) {
  expect(size(made.file) <= MOST_BYTES, `${made.name}: ${size(made.file)} bytes`);
  for (const [name, how] of Object.entries(LOOKS)) {
    const page = await open(browser, made.file, how, found);
    const waited = await interactive(page);
    made.waited = Math.min(made.waited ?? waited, waited);
    const wider = await overflow(page);
    if (wider > 0) {
      found.push(`${name}: ${wider} pixels too wide`);
    }
    if (name === "desktop" && !made.hostile) {
      found.push(...(await cut(page)).map((label) => `${name}: a table is cut: ${label}`));
    }
    if (options.shots) {
      const path = join(options.shots, `${made.name}-${name}.png`);
      await page.screenshot({ path, fullPage: true });
    }
    // A page of many cards takes minutes to look through, and shows what one of few does.
    if (!made.large) {
      found.push(...(await barriers(page)).map((barrier) => `${name}: ${barrier}`));
    }
    await page.context().close();
  }

  // The machine may have been busy with something else once, or twice.
  if (made.waited > MOST_WAITING) {
    found.push(`${Math.round(made.waited)} ms until it can be used`);
  }
}

/** Whether the page becomes sheets of paper without what only a screen can do. */
async function printed(browser, made, found) {
  const page = await open(browser, made.file, LOOKS.desktop, found);
  await page.emulateMedia({ media: "print" });
  for (const selector of ["nav", "#filter", ".replay button"]) {
    const shown = page.locator(selector).first();
    if ((await page.locator(selector).count()) > 0 && (await shown.isVisible())) {
      found.push(`print: ${selector} is on paper`);
    }
  }
  const folded = await page.evaluate(() =>
    Array.from(document.querySelectorAll("details"))
      .filter((details) => details.lastElementChild.getBoundingClientRect().height === 0)
      .map((details) => details.querySelector("summary").textContent),
  );
  found.push(...folded.map((summary) => `print: ${summary} stays folded`));
  const path = options.shots && join(options.shots, `${made.name}-print.pdf`);
  const pdf = await page.pdf({ path, format: "A4", preferCSSPageSize: true });
  if (pdf.length < 10_000) {
    found.push(`print: a file of ${pdf.length} bytes`);
  }
  await page.context().close();
}

/** Whether what can be clicked does what it says. */
async function used(browser, made, found) {
  if (made.seconds > MOST_WRITING) {
    found.push(`${made.seconds} s until all files were written`);
  }
  const page = await open(browser, made.file, LOOKS.desktop, found);
  if (made.sorted) {
    await sorts(page, made.sorted, found);
  }
  if (made.cards) {
    await filters(page, found);
    await copies(page, found);
    const ids = await page.locator(".failure").evaluateAll((cards) => cards.map((card) => card.id));
    await follows(browser, made, ids.at(-1), found);
  }
  await page.context().close();
}

async function sorts(page, column, found) {
  const table = page.locator("table.sortable", { has: page.locator("th", { hasText: column }) });
  const one = table.first();
  await one.evaluate((table) => {
    for (let parent = table; parent; parent = parent.parentElement) {
      parent.open = true;
    }
  });

  const heads = await one.locator("thead th").count();
  for (let column = 0; column < heads; column += 1) {
    const head = one.locator("thead th").nth(column);
    if ((await head.locator("button").count()) === 0) {
      continue;
    }
    for (const order of ["descending", "ascending"]) {
      await head.locator("button").click();
      const sorted = await one.evaluate(
        (table, [column, order]) => {
          const cells = Array.from(table.tBodies[0].rows, (row) => row.cells[column]);
          const keys = cells.map((cell) =>
            cell.classList.contains("number")
              ? Number.parseFloat(cell.dataset.key ?? cell.textContent.replace(/[,+<]/g, ""))
              : cell.textContent,
          );
          const known = keys.filter((key) => !Number.isNaN(key));
          const says = table.tHead.rows[0].cells[column].getAttribute("aria-sort");
          const ordered = known.every(
            (key, i) =>
              i === 0 || (order === "descending" ? known[i - 1] >= key : known[i - 1] <= key),
          );
          return ordered && says === order;
        },
        [column, order],
      );
      if (!sorted) {
        found.push(
          `column ${column} of the table with ${await head.textContent()} is not ${order}`,
        );
      }
    }
  }
}

async function filters(page, found) {
  const cards = page.locator(".failure");
  const visible = page.locator(".failure:not([hidden])");
  const all = await cards.count();
  const pair = await cards.first().evaluate((card) => {
    const chip = card.querySelector(".chips span").firstChild.textContent;
    const swap = chip.replace(/ \([\d.]+\).*$/, "").trim();
    return { swap, speaker: card.dataset.speaker, errors: Number(card.dataset.errors) };
  });

  const tell = async (what, expected) => {
    const [shown, told] = [await visible.count(), await page.locator("#count").textContent()];
    if (!expected(shown) || told !== `${shown} of ${all} shown`) {
      found.push(`${what}: ${shown} of ${all} cards are there, and the page says ${told}`);
    }
  };
  await tell("no filter", (shown) => shown === all);

  const words = page.getByLabel("Words or utterance");
  await words.fill(pair.swap.toUpperCase());
  await tell(`the pair ${pair.swap}`, (shown) => shown >= 1);
  await words.fill("no such words anywhere");
  await tell("no such words", (shown) => shown === 0);
  await words.fill("");

  const speaker = page.getByLabel("Speaker");
  if ((await speaker.count()) > 0) {
    await speaker.selectOption({ value: pair.speaker });
    await tell("a speaker", (shown) => shown >= 1 && shown <= all);
    await speaker.selectOption({ value: "" });
  }

  const errors = page.getByLabel("Errors more (minimal), at least");
  await errors.fill("1000");
  await tell("a thousand errors", (shown) => shown === 0);
  await errors.fill(String(pair.errors));
  await tell("errors of the first card", (shown) => shown >= 1);
  await errors.fill("1");
  await tell("no filter again", (shown) => shown === all);
}

async function copies(page, found) {
  const replay = page.locator(".failure .replay").first();
  await replay.getByRole("button").click();
  const line = await replay.locator("code").textContent();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  if (copied !== line || !line.startsWith("robustness-check replay ")) {
    found.push(`the button copies ${copied} instead of ${line}`);
  }
}

async function follows(browser, made, id, found) {
  const page = await open(browser, made.file, LOOKS.desktop, found, `#${id}`);
  const card = page.locator(`[id="${id}"]`);
  const reached = async () =>
    (await card.isVisible()) &&
    (await card.evaluate((card) => {
      const box = card.getBoundingClientRect();
      return document.activeElement === card && box.top >= 0 && box.top < innerHeight;
    }));
  if (!(await reached())) {
    found.push(`the link to ${id} does not lead to it`);
  }

  // Also where the filter had hidden it.
  await page.evaluate(() => {
    location.hash = "";
  });
  await page.getByLabel("Words or utterance").fill("no such words anywhere");
  await page.evaluate((id) => {
    location.hash = id;
  }, id);
  await page.waitForTimeout(200);
  if (!(await reached())) {
    found.push(`the link to ${id} does not lead to it where it was filtered out`);
  }
  await page.context().close();
}

if (options.shots) {
  mkdirSync(options.shots, { recursive: true });
}
if (options.keep) {
  await look(resolve(options.keep));
} else {
  await withFolder(look);
}
for (const problem of wrong) {
  console.log(`FAIL  ${problem}`);
}
console.log(wrong.length === 0 ? "all is well" : `${wrong.length} problems`);
process.exitCode = wrong.length === 0 ? 0 : 1;
