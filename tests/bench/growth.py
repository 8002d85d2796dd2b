"""How the time and memory of a check grow: with utterances, with hypotheses, with words, with the lexicon.

    cargo build --release
    python tests/bench/growth.py --plot reports/growth.svg

Lists are generated: sentences of the bundled lists, joined and cut to length, in which every hypothesis
has a few words swapped for others. Each check is a process of its own, of the suite `perturb-n` with its
five draws; the model is `first-pass` unless --model says otherwise, so that what is measured is all that
is not a model. Lexicons are parts of CMUdict, or CMUdict with more words whose phones are CMUdict's in
which one is changed. --only and --keep measure in several runs. Prints a table by what grows: the median seconds of the rounds, the most memory, and
the slope of the logarithms from the second size on: 1 is a straight line, 2 a square.
"""

import argparse
import json
import math
import multiprocessing
import os
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZES = {
    "utterances": [1_000, 3_000, 10_000, 30_000, 100_000],
    "hypotheses": [5, 10, 20, 50, 100],
    "words": [5, 10, 20, 40, 60],
    "pronunciations": [10_000, 30_000, 100_000, 300_000, 1_000_000],
}
USUAL = {"utterances": 2_000, "hypotheses": 10, "words": 10}
SPEAKERS = 50


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "target/release/robustness-check"))
    parser.add_argument("--model", default="first-pass")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(SIZES), help=f"some of {','.join(SIZES)}")
    parser.add_argument("--keep", help="JSON file of what was measured: read where it is there, and written")
    parser.add_argument("--plot", help="SVG file to write")
    return parser.parse_args()


def sentences():
    """The references of the bundled lists, as one long row of words."""
    with open(ROOT / "fixtures/nbest/test.jsonl", encoding="utf-8") as lists:
        return [word for line in lists for word in json.loads(line)["ref"].split()]


def write_lists(path, utterances, hypotheses, length):
    words = sentences()
    draw = random.Random(1)
    with open(path, "w", encoding="utf-8") as out:
        for number in range(utterances):
            start = draw.randrange(len(words))
            reference = [words[(start + place) % len(words)] for place in range(length)]

            # Hypotheses of a list differ: the first is nearest to the reference.
            texts = []
            for rank in range(hypotheses):
                text = list(reference)
                for _ in range(draw.randint(0, 1 + rank * length // (4 * hypotheses))):
                    text[draw.randrange(length)] = draw.choice(words)
                texts.append(" ".join(text))
            hyps = [{"text": text, "score": -rank - draw.random()} for rank, text in enumerate(texts)]
            record = {"id": f"u{number}", "speaker": f"s{number % SPEAKERS}", "ref": " ".join(reference), "hyps": hyps}
            out.write(json.dumps(record) + "\n")


def write_lexicon(path, size):
    """A part of CMUdict; past its end, new words whose phones are those of an old one but for one phone."""
    packed = ROOT / "fixtures/lexicon/cmudict.dict.zst"
    text = subprocess.run(["zstd", "-dcq", packed], check=True, capture_output=True, text=True).stdout
    entries = [line.split("#")[0].split() for line in text.splitlines() if line and not line.startswith(";;;")]
    phones = sorted({phone for entry in entries for phone in entry[1:]})

    draw = random.Random(2)
    lines = [" ".join(entry) for entry in draw.sample(entries, min(size, len(entries)))]
    while len(lines) < size:
        old = draw.choice(entries)
        new = list(old[1:])
        new[draw.randrange(len(new))] = draw.choice(phones)
        lines.append(f"{old[0].split('(')[0]}x{len(lines)} {' '.join(new)}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run(options, folder, lists, lexicon):
    """Seconds and the most MiB of one check."""
    command = [options.binary, "--model", options.model, "--suite", "perturb-n", "--nbest", str(lists)]
    command += ["--out", str(folder / "report"), "--jobs", str(options.threads), "--quiet"]
    if lexicon:
        command += ["--lexicon", str(lexicon), "--lexicon-only"]

    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    complaint = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - start

    # 1 and 3 are verdicts.
    if child.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(command)}\n{complaint.decode()}")
    return seconds, usage.ru_maxrss / 1024


def elsewhere(write, *what):
    """Writes in a process of its own: the most memory of a process counts from that of the one that started it."""
    writer = multiprocessing.Process(target=write, args=what)
    writer.start()
    writer.join()
    if writer.exitcode != 0:
        sys.exit(f"{what[0]} was not written")


def measured(options, folder, grown, sizes):
    """For each size its median seconds and most MiB; the rounds go over all sizes in turn."""
    lists, lexicon = {}, {}
    for size in sizes:
        shape = USUAL | ({grown: size} if grown in USUAL else {})
        key = tuple(shape.values())
        lists[size] = folder / f"lists-{'-'.join(map(str, key))}.jsonl"
        if not lists[size].exists():
            elsewhere(write_lists, lists[size], *key)
        if grown == "pronunciations":
            lexicon[size] = folder / f"lexicon-{size}.dict"
            elsewhere(write_lexicon, lexicon[size], size)

    runs = {size: [] for size in sizes}
    for _ in range(options.rounds):
        for size in sizes:
            runs[size].append(run(options, folder, lists[size], lexicon.get(size)))
    return [
        (size, statistics.median(seconds for seconds, _ in runs[size]), max(mib for _, mib in runs[size]))
        for size in sizes
    ]


def slope(rows, column):
    """Of the line through the logarithms, least squares, without the first size, which start-up dominates."""
    points = [(math.log(row[0]), math.log(row[column])) for row in rows[1:]]
    mean_x = statistics.mean(x for x, _ in points)
    mean_y = statistics.mean(y for _, y in points)
    over = sum((x - mean_x) * (y - mean_y) for x, y in points)
    return over / sum((x - mean_x) ** 2 for x, _ in points)


def short(size):
    return f"{size // 1_000_000}M" if size >= 1_000_000 else f"{size // 1000}k" if size >= 1000 else str(size)


def panel(rows, column, left, top, title, unit):
    """A chart with logarithmic axes; the dotted line is straight growth from the last size back."""
    width, height = 170, 110
    xs = [math.log10(row[0]) for row in rows]
    straight = [math.log10(rows[-1][column] * row[0] / rows[-1][0]) for row in rows]
    ys = [math.log10(row[column]) for row in rows]
    low = math.floor(min(ys))
    high = max(math.ceil(max(ys)), low + 1)

    def x(value):
        return left + (value - xs[0]) / (xs[-1] - xs[0]) * width

    def y(value):
        return top + height - (value - low) / (high - low) * height

    def line(values, style):
        points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in zip(xs, values) if b >= low)
        return f'<polyline points="{points}" class="{style}"/>'

    parts = [f'<text x="{left}" y="{top - 10}" class="title">{title}</text>']
    parts.append(f'<rect x="{left}" y="{top}" width="{width}" height="{height}" class="frame"/>')
    for power in range(low, high + 1):
        value = 10**power
        label = f"{value:,} {unit}" if power >= 0 else f"{value:.{-power}f} {unit}"
        parts.append(f'<text x="{left - 5}" y="{y(power) + 3:.1f}" class="end">{label}</text>')
        parts.append(f'<line x1="{left}" x2="{left + width}" y1="{y(power):.1f}" y2="{y(power):.1f}" class="grid"/>')
    for value, row in zip(xs, rows):
        parts.append(f'<text x="{x(value):.1f}" y="{top + height + 13}" class="middle">{short(row[0])}</text>')
    parts.append(line(straight, "straight"))
    parts.append(line(ys, "measured"))
    parts += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="2.5"/>' for a, b in zip(xs, ys)]
    return "\n".join(parts)


def plot(path, results):
    style = (
        "text{font:11px sans-serif;fill:#333}.title{font-weight:bold}.end{text-anchor:end}.middle{text-anchor:middle}"
        ".frame{fill:none;stroke:#999}.grid{stroke:#ddd}.measured{fill:none;stroke:#2563a8;stroke-width:2}"
        ".straight{fill:none;stroke:#888;stroke-dasharray:2 3}circle{fill:#2563a8}"
    )
    parts = []
    for place, (grown, rows) in enumerate(results.items()):
        left = 70 + place * 245
        parts.append(panel(rows, 1, left, 40, f"seconds by {grown}", "s"))
        parts.append(panel(rows, 2, left, 210, f"memory by {grown}", "MiB"))
    parts.append('<text x="70" y="366">Both axes are logarithmic; along the dotted line cost grows as what is counted.</text>')
    body = "\n".join(parts)
    path.write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1000 380" role="img">\n'
        "<title>Time and memory of a check by utterances, hypotheses, words and pronunciations</title>\n"
        f'<style>{style}</style>\n<rect width="1000" height="380" fill="#fff"/>\n{body}\n</svg>\n',
        encoding="utf-8",
    )


def main():
    options = arguments()
    kept = pathlib.Path(options.keep) if options.keep else None
    results = json.loads(kept.read_text()) if kept and kept.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        for name in options.only.split(","):
            results[name] = measured(options, pathlib.Path(folder), name, SIZES[name])
    results = {name: results[name] for name in SIZES if name in results}
    if kept:
        kept.write_text(json.dumps(results))

    for name, rows in results.items():
        print(f"\n| {name} | seconds | MiB |\n|---:|---:|---:|")
        for size, seconds, mib in rows:
            print(f"| {size:,} | {seconds:.2f} | {mib:,.0f} |")
        print(f"slope from {rows[1][0]:,} on: seconds {slope(rows, 1):.2f}, memory {slope(rows, 2):.2f}")
    if options.plot:
        plot(pathlib.Path(options.plot), results)


if __name__ == "__main__":
    main()
