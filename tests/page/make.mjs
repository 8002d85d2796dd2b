// The pages that are looked at, made by the program from lists and models of this repository.

import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { run } from "./browser.mjs";

const REPOSITORY = resolve(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../..");
const DEMO = join(REPOSITORY, "fixtures/checkpoints/demo");
const LISTS = join(REPOSITORY, "fixtures/nbest/test.jsonl");

/** Names that mean something to a browser, a terminal, Markdown, a shell or the log of a CI run. */
const HOSTILE = [
  '<script>alert(1)</script>"><img src=x onerror=alert(2)>',
  "\u001b[2J\u202e|a|b|`c`\n'\"&amp;--></style>",
  "x".repeat(10_000),
  "${{ github.token }}'; rm -rf / #",
  "::error::not ours",
];

const bundled = () =>
  readFileSync(LISTS, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

const write = (file, lists) =>
  writeFileSync(file, lists.map((list) => JSON.stringify(list) + "\n").join(""));

/** `times` times the bundled lists, by other speakers and with other scores: no copies. */
function many(times) {
  const copies = Array.from({ length: times }, (_, copy) => copy);
  return copies.flatMap((copy) =>
    bundled().map((list) => ({
      ...list,
      id: `${list.id}-${copy}`,
      speaker: `${list.speaker}-${copy}`,
      hyps: list.hyps.map((hypothesis) => ({ ...hypothesis, score: hypothesis.score - copy })),
    })),
  );
}

/** The bundled lists under names that are none, with words that are none. */
function hostile() {
  return bundled().map((list, index) => {
    const name = HOSTILE[index % HOSTILE.length];
    const speaker = HOSTILE[Math.floor(index / 20) % HOSTILE.length];
    const ref = index % 3 === 0 ? `${list.ref} <b>& ${"y".repeat(3_000)}` : list.ref;
    return { ...list, id: `${name}${index}`, speaker, ref };
  });
}

/** Multiplies the second factors of an adapter's updates, which are 32-bit numbers, by `share`. */
function weaken(file, share) {
  const bytes = readFileSync(file);
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const tensors = JSON.parse(bytes.toString("utf8", 8, start));
  for (const [tensor, { dtype, data_offsets: ends }] of Object.entries(tensors)) {
    if (!tensor.includes("lora_B")) continue;
    if (dtype !== "F32") throw new Error(`${tensor} is ${dtype}`);
    for (let at = start + ends[0]; at < start + ends[1]; at += 4) {
      bytes.writeFloatLE(bytes.readFloatLE(at) * share, at);
    }
  }
  writeFileSync(file, bytes);
}

/** A copy of the demo checkpoint that hears less of its adapter, as another seed might. */
function otherSeed(folder, name, share) {
  const to = join(folder, name);
  cpSync(DEMO, to, { recursive: true });
  cpSync(join(REPOSITORY, "fixtures/checkpoints/demo-base"), join(folder, "demo-base"), {
    recursive: true,
  });
  const change = (name, by) => {
    const file = join(to, name);
    writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, "utf8")), ...by }));
  };
  weaken(join(to, "adapter_model.safetensors"), share);
  change("rescorer.json", { seed: Math.round(100 * share) });
  const parameters = { model: 1_100_000, trainable: 30_000, stored: 30_000 };
  const cost = { format_version: 1, steps: 599, seconds: 170 * share, seconds_per_step: 0.2 };
  const place = { device: "cpu", threads: 2, peak_memory_bytes: 120_000_000 };
  writeFileSync(join(to, "training.json"), JSON.stringify({ ...cost, ...place, parameters }));
  return name;
}

/** Seconds between two steps that the program tells of. */
function secondsBetween(err, first, last) {
  const at = (step) => {
    const line = err.split("\n").find((line) => line.endsWith(`] ${step}`));
    if (!line) {
      throw new Error(`the program did not say ${step}:\n${err}`);
    }
    return Number.parseFloat(line.slice(1));
  };
  return at(last) - at(first);
}

/** Makes a page with the program; it must end with one of `codes`. */
function made(program, folder, words, codes = [0]) {
  const done = run(program, words, folder);
  if (!codes.includes(done.code)) {
    throw new Error(`robustness-check ${words.join(" ")} ended with ${done.code}:\n${done.err}`);
  }
  return done;
}

/** Makes all pages in `folder`, with what is known of each. */
export function makePages(program, folder) {
  const check = (out, ...more) => {
    const words = ["--verbose", "--model", DEMO, "--out", out, ...more];
    const done = made(program, folder, words, [0, 1, 3]);
    return secondsBetween(done.err, "assembled the report", "wrote every report");
  };
  mkdirSync(folder, { recursive: true });
  write(join(folder, "many.jsonl"), many(5));
  write(join(folder, "hostile.jsonl"), hostile());

  const onDemo = ["--nbest", LISTS];
  check("some", ...onDemo, "--suite", "perturb-n", "--suite", "perturb-1", "--max-failures", "25");
  const invariants = ["--suite", "severity", "--suite", "invariants", "--draws", "1"];
  check("ladder", ...onDemo, ...invariants, "--max-failures", "2");
  check("bad <b>names", "--nbest", "hostile.jsonl", "--suite", "perturb-n", "--draws", "2");
  check("full", ...onDemo, "--suite", "perturb-n", "--max-failures", "all");
  const seconds = check("many", "--nbest", "many.jsonl", "--suite", "perturb-n", "--draws", "5");

  const seeds = [1, 0.6, 0.8].map((share, seed) => otherSeed(folder, `seed-${seed}`, share));
  const models = ["first-pass", ...seeds.map((seed) => `lora=${seed}`), `<b>|"x'&amp;=${DEMO}`];
  const suites = ["perturb-1", "perturb-n", "severity"].flatMap((suite) => ["--suite", suite]);
  const named = models.flatMap((model) => ["--model", model]);
  const compared = [...named, ...suites, "--draws", "1", "--out", "compared"];
  made(program, folder, ["compare", ...onDemo, ...compared]);
  const ranks = made(program, folder, ["ranks", "seed-0", "seed-1", "--format", "html"]);
  writeFileSync(join(folder, "ranks.html"), ranks.out);

  const file = (...parts) => join(folder, ...parts);
  return [
    { name: "report", file: file("some", "report.html"), cards: true, sorted: "swap" },
    { name: "ladder", file: file("ladder", "report.html") },
    { name: "hostile", file: file("bad <b>names", "report.html"), cards: true, hostile: true },
    { name: "full", file: file("full", "report.html"), cards: true, large: true },
    { name: "many", file: file("many", "report.html"), cards: true, seconds },
    { name: "comparison", file: file("compared", "comparison.html"), sorted: "model" },
    { name: "ranks", file: file("ranks.html") },
  ];
}
