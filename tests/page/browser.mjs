// A headless Chromium, and pages in it that may ask nothing of a network.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** How a page is looked at. */
export const LOOKS = {
  desktop: { viewport: { width: 1280, height: 900 }, colorScheme: "light" },
  dark: { viewport: { width: 1280, height: 900 }, colorScheme: "dark" },
  narrow: { viewport: { width: 380, height: 800 }, colorScheme: "light", hasTouch: true },
};

/** Where Chromium is; undefined where there is none. */
export function executable() {
  const paths = (process.env.PATH ?? "").split(":");
  return NAMES.flatMap((name) => paths.map((path) => join(path, name))).find(existsSync);
}

/** Opens a browser with a profile of its own, hands it to `use`, and takes both away. */
export async function withBrowser(use) {
  const browser = await chromium.launch({ executablePath: executable(), args: FLAGS });
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/**
 * A page of `file`. What its console says, and each request for anything but the file, is added to
 * `wrong`.
 */
export async function open(browser, file, look, wrong, hash = "") {
  const context = await browser.newContext({ ...look, reducedMotion: "reduce" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const url = pathToFileURL(file).href;
  page.on("console", (message) => wrong.push(`the console says: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`the script fails: ${error.message}`));
  page.on("request", (request) => {
    const asked = request.url().split("#")[0];
    if (asked !== url && asked !== "data:,") {
      wrong.push(`it asks for ${asked.slice(0, 200)}`);
    }
  });

  await page.goto(url + hash, { waitUntil: "load" });
  return page;
}

/** What axe-core finds that keeps people from using the page. */
export async function barriers(page) {
  await page.evaluate(AXE);
  const violations = await page.evaluate(async () => (await axe.run()).violations);
  return violations.map(({ impact, id, nodes }) => {
    const where = nodes.map((node) => node.html.slice(0, 160));
    return `${impact}: ${id} in ${nodes.length} places, such as ${where[0]}`;
  });
}

/** By how many pixels the page is wider than the window. */
export function overflow(page) {
  return page.evaluate(() => {
    const root = document.documentElement;
    return root.scrollWidth - root.clientWidth;
  });
}

/** The tables that are wider than their place, once all of them are unfolded, by their labels. */
export function cut(page) {
  return page.evaluate(() => {
    const folded = Array.from(document.querySelectorAll("details:not([open])"));
    for (const details of folded) {
      details.open = true;
    }
    const places = Array.from(document.querySelectorAll(".scroll"));
    const wide = places.filter((place) => place.scrollWidth > place.clientWidth);
    const labels = wide.map((place) => place.getAttribute("aria-label"));
    for (const details of folded) {
      details.open = false;
    }
    return labels;
  });
}

/** Milliseconds from the start of loading until the script has run and the page can be used. */
export function interactive(page) {
  return page.evaluate(() => {
    const [entry] = performance.getEntriesByType("navigation");
    return entry.domContentLoadedEventEnd - entry.startTime;
  });
}

/** A folder that is gone when `use` is done. */
export async function withFolder(use) {
  const folder = mkdtempSync(join(tmpdir(), "pages-"));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs the program in `folder`; its exit code and what it said. */
export function run(program, words, folder) {
  const done = spawnSync(program, words, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 28 });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** The size of a file in bytes. */
export const size = (file) => statSync(file).size;
