#!/usr/bin/env bash
# Builds the wheel, installs it into a new virtual environment, and uses it as somebody would who has
# nothing else: no repository, an empty home, no variable of the environment.
#   tests/install/wheel.sh [FOLDER FOR THE WHEEL]
# The binary is the one of `cargo build --release`: nothing is compiled twice.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
wheels=${1:-target/wheels}

fail() { echo "wheel: $*" >&2; exit 1; }

cargo build --release --locked
.ci/share "${CARGO_TARGET_DIR:-target}/release/robustness-check" packaging/wheel/data

maturin=target/maturin/bin/maturin
if ! [ -x "$maturin" ]; then
    python3 -m venv target/maturin
    target/maturin/bin/pip install --quiet --disable-pip-version-check 'maturin==1.16.0'
fi
rm -rf "$wheels"
"$maturin" build --release --out "$wheels"
wheel=$(echo "$wheels"/*.whl)
echo "built $(basename "$wheel"), $(du -h "$wheel" | cut -f1)"

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check --no-index "$root/$wheel"
mkdir "$place/home" "$place/work"
cd "$place/work"

bare() { env -i HOME="$place/home" PATH="$place/venv/bin:/usr/bin:/bin" LANG=C.UTF-8 "$@"; }

# The demo: its verdict is an exit code, and 2 would be an error.
code=0
bare robustness-check --model demo --suite perturb-n --draws 2 --max-failures 3 > check.txt || code=$?
[ "$code" != 2 ] && [ "$code" -lt 4 ] || fail "the demo ended with $code"
[ -s robustness-report/report.html ] || fail "there is no report"
tail -n 3 check.txt

# A failure, replayed: it fails again.
failure=$(find robustness-report/failures -name '*.json' | sort | head -n 1)
[ -n "$failure" ] || fail "no failure was saved"
code=0
bare robustness-check replay "$failure" > replay.txt || code=$?
[ "$code" = 1 ] || fail "replaying $failure ended with $code: $(cat replay.txt)"

# What is installed beside the binary.
page=$place/venv/share/man/man1/robustness-check.1
if command -v man > /dev/null; then
    bare env MANPATH="$place/venv/share/man" MANPAGER=cat man robustness-check > page.txt
elif command -v groff > /dev/null; then
    groff -man -Tutf8 "$page" > page.txt
else
    fail "neither man nor groff is installed, so the man page cannot be shown"
fi
grep -q -- '--suite' page.txt || fail "the man page does not name --suite"

[ -s "$place/venv/share/man/man1/robustness-check-nbest-stat.1" ] || fail "nbest stat has no man page"

completions=$place/venv/share/bash-completion/completions/robustness-check
bare bash -c "source '$completions' && complete -p robustness-check" > /dev/null \
    || fail "bash does not take the completions"
for file in zsh/site-functions/_robustness-check fish/vendor_completions.d/robustness-check.fish; do
    [ -s "$place/venv/share/$file" ] || fail "$file is missing"
done

info=$(echo "$place"/venv/lib/python3*/site-packages/mondegreen-*.dist-info)
for licence in LICENSE-APACHE LICENSE-MIT LICENSE-CMUDICT LICENSE-POCKETSPHINX LICENSE-SCOWL; do
    find "$info" -name "$licence" | grep -q . || fail "$licence is missing"
done
[ -z "$(ls -A "$place/home")" ] || fail "something was written into the home: $(ls -A "$place/home")"
echo "installed, run, replayed and read"
